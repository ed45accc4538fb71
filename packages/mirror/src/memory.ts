/**
 * What the process holds of the machine. The engine keeps a few megabytes at a time, but V8 lets garbage lie as long as the machine
 * has room: 400 MiB for work of which 96 would do (tests/memory.db.test.ts). Node takes a limit only from its command line,
 * which is not ours wherever the engine is a library; so garbage is collected here, between two statements, when it is worth it.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The mirror promises 256 MiB. Between two looks some 130 MiB may come. */
const tidyAbove = 105 * 2 ** 20

/** Collecting takes so much of the time at most, whatever else the process holds: a fifth of it. */
const shareOfTime = 0.2
const shortestRestMs = 50

/** Less than that is not worth the tens of milliseconds that a collection takes. */
const worthwhile = 16 * 2 ** 20
/** What was left when last collected. */
let keptThen = 0

const held = (): number => {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
  return heap + external
}

type Collect = (how?: { readonly type: 'minor' }) => void

let collect: Collect | undefined
let restUntil = 0

/** Where little is made besides the bytes themselves V8 keeps up by itself; a look each so often costs nothing. */
const lookEvery = 16 * 2 ** 20
let passed = 0

/**
 * To be called where so many bytes were passed on as they were: a look at every one of them took two thirds of a load's
 * processor time, for 20 MiB.
 */
export const tidyAfter = (bytes: number): void => {
  passed += bytes
  if (passed < lookEvery) return
  passed = 0
  tidyMemory()
}

/** To be called wherever a few megabytes have been done with. */
export const tidyMemory = (): void => {
  const now = performance.now()
  if (now < restUntil || held() < keptThen + worthwhile || process.memoryUsage.rss() < tidyAbove) return
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    const found: unknown = runInNewContext('gc')
    collect = typeof found === 'function' ? (found as Collect) : () => undefined
  }
  const began = performance.now()
  // What is young and done with goes in a moment; all the rest is looked through only where that was not it.
  collect({ type: 'minor' })
  if (held() < keptThen + worthwhile) return
  collect()
  const ended = performance.now()
  keptThen = held()
  restUntil = ended + Math.max(shortestRestMs, (ended - began) / shareOfTime)
}
