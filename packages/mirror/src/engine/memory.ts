/**
 * What the process holds of the machine. The engine keeps a few megabytes at a time, but V8 lets garbage lie as long as the machine
 * has room: 400 MiB for work of which 96 would do (tests/memory.db.test.ts). Node takes a limit only from its command line,
 * which is not ours wherever the engine is a library; so garbage is collected here, between two statements, when it is worth it.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The mirror promises 256 MiB. Between two looks some 130 MiB may come. */
const tidyAbove = 105 * 2 ** 20

/** Collecting takes so much of the time at most, whatever else the process holds: a fifth of it. */
const shareOfTime = 0.2
const shortestRestMs = 50

let collect: (() => void) | undefined
let restUntil = 0

/** To be called wherever a few megabytes have been done with. */
export const tidyMemory = (): void => {
  const now = performance.now()
  if (now < restUntil || process.memoryUsage.rss() < tidyAbove) return
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    const found: unknown = runInNewContext('gc')
    collect = typeof found === 'function' ? (found as () => void) : () => undefined
  }
  const began = performance.now()
  collect()
  const ended = performance.now()
  restUntil = ended + Math.max(shortestRestMs, (ended - began) / shareOfTime)
}
