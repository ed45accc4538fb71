/**
 * Reads of the same thing by several at the same time, made once. A read is begun only after everybody who is given its answer
 * had asked: who asks while one is under way waits for the next. So nobody is told what was true before the question, whatever
 * process changed it, and nothing is kept; that is what a cache could not promise.
 */
export interface Shared {
  run<T>(key: string, read: () => Promise<T>): Promise<T>
}

interface Under {
  /** what is under way; never rejects */
  running: Promise<unknown>
  /** who asked meanwhile */
  next: Promise<unknown> | undefined
}

export const createShared = (): Shared => {
  const reads = new Map<string, Under>()
  const begin = <T>(key: string, read: () => Promise<T>): Promise<T> => {
    const answer = read()
    const mine: Under = { running: Promise.resolve(), next: undefined }
    const forget = () => {
      // the next one, if there is any, has put itself in this place
      if (reads.get(key) === mine && mine.next === undefined) reads.delete(key)
    }
    mine.running = answer.then(forget, forget)
    reads.set(key, mine)
    return answer
  }
  return {
    run: <T>(key: string, read: () => Promise<T>): Promise<T> => {
      const under = reads.get(key)
      if (under === undefined) return begin(key, read)
      // one key stands for one kind of answer
      under.next ??= under.running.then(() => begin(key, read))
      return under.next as Promise<T>
    },
  }
}
