/** Rows as the source lists them × rows as they are recorded, a segment at a time, by their digests. Pure. */
import type { KeyId } from '../model.ts'

/** 16 hexadecimal digits: compared as they come from either side, and a number only where they differ. */
export type DigestDigits = string

export type Met = 'equal' | 'changed' | 'inserted'

/** What is recorded of one segment, held against the source's rows as these arrive. */
export class SegmentComparison {
  readonly #left: Map<KeyId, DigestDigits>

  /** `recorded` is used up */
  constructor(recorded: Map<KeyId, DigestDigits>) {
    this.#left = recorded
  }

  /** What is recorded of a row; undefined: nothing, or it was met already. */
  recorded(id: KeyId): DigestDigits | undefined {
    return this.#left.get(id)
  }

  /** inserted: in the source, not in the mirror · changed: in both, with another digest */
  meet(id: KeyId, digest: DigestDigits): Met {
    const before = this.#left.get(id)
    if (before === undefined) return 'inserted'
    this.#left.delete(id)
    return before === digest ? 'equal' : 'changed'
  }

  /** Those that were never met: in the mirror, no longer in the source. */
  get gone(): ReadonlyMap<KeyId, DigestDigits> {
    return this.#left
  }
}
