/**
 * What the process holds of the machine. The engine keeps a few megabytes at a time, but V8 lets garbage lie as long as the machine
 * has room: 400 MiB for work of which 96 would do (tests/memory.db.test.ts). Node takes a limit only from its command line,
 * which is not ours wherever the engine is a library; so garbage is collected here, between two statements, when it is worth it.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The mirror promises 256 MiB. Between two looks some 60 MiB may come. */
const tidyAbove = 160 * 2 ** 20

/** A collection takes 10 to 30 ms: a tenth of the time at most. */
const restMs = 200

let collect: (() => void) | undefined
let lastAt = 0

/** To be called wherever a few megabytes have been done with. */
export const tidyMemory = (): void => {
  const now = performance.now()
  if (now - lastAt < restMs || process.memoryUsage.rss() < tidyAbove) return
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    const found: unknown = runInNewContext('gc')
    collect = typeof found === 'function' ? (found as () => void) : () => undefined
  }
  collect()
  lastAt = performance.now()
}
