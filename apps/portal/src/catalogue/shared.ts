/**
 * Reads of the same thing by several at the same time, made once. A read is begun only after everybody who is given its answer
 * had asked: who asks while one is under way waits for the next. So nobody is told what was true before the question, whatever
 * process changed it, and nothing is kept; that is what a cache could not promise.
 */
import { doneOrLate } from './late.ts'

export interface Shared {
  /** @param key what is read: one key stands for one kind of answer */
  run<T>(key: string, read: () => Promise<T>): Promise<T>
}

interface Under {
  readonly running: Promise<unknown>
  /** who asked meanwhile */
  next: Promise<unknown> | undefined
}

/** A page may take half a second of a busy server; twice as long says that its link is dead. */
const usualLateMs = 1_000

/** @param lateMs a read that hangs holds up those who asked meanwhile for so long: then theirs begins beside it */
export const createShared = (lateMs = usualLateMs): Shared => {
  const reads = new Map<string, Under>()
  const begin = <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const running = read()
    const mine: Under = { running, next: undefined }
    const forget = () => {
      // the next one, if there is any, puts itself in this place, or has done so
      if (reads.get(key) === mine && mine.next === undefined) reads.delete(key)
    }
    running.then(forget, forget)
    reads.set(key, mine)
    return running
  }
  return {
    run: <T>(key: string, read: () => Promise<T>): Promise<T> => {
      const under = reads.get(key)
      if (under === undefined) return begin(key, read)
      under.next ??= doneOrLate(under.running, lateMs).then(() => begin(key, read))
      return under.next as Promise<T>
    },
  }
}
