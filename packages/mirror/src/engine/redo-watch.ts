/**
 * When a position of the redo log may stand for a snapshot (source/redo.ts): a commit moves it a moment before its rows are visible, so
 * that it must have stood still for much longer than that moment when the snapshot is opened.
 */
import { sameToken } from '../source/token.ts'

/** As for the hints; the moment itself was not to be caught in 12,000 looks. */
const settlingMs = 5_000

/** Asked in the same cycle, as a rule; who polls seldom asks anew. */
const momentMs = 1_000

export class RedoWatch {
  #token: string | undefined
  #since = 0
  #askedAt = Number.NEGATIVE_INFINITY

  /** To be called before the snapshot is opened. Undefined: it moved lately, or nothing is told. */
  settled(token: string | undefined, now: number): string | undefined {
    this.#askedAt = now
    if (!sameToken(token, this.#token)) {
      this.#token = token
      this.#since = now
    }
    return now - this.#since >= settlingMs ? token : undefined
  }

  /** It was asked a moment ago, and had moved: whatever it says now, it has not stood still for long enough. */
  isUnsettled(now: number): boolean {
    return now - this.#askedAt < momentMs && now - this.#since < settlingMs - momentMs
  }
}
