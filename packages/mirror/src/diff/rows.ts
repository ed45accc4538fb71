/** Rows as the source lists them × rows as they are recorded, a segment at a time, by their digests. Pure. */
import { type DigestDigits, type KeyId, ownKeyId } from '../model.ts'

/** What is recorded of one segment, held against the source's rows as these arrive. */
export class SegmentComparison {
  readonly #left: Map<KeyId, DigestDigits>

  /** `recorded` is used up */
  constructor(recorded: Map<KeyId, DigestDigits>) {
    this.#left = recorded
  }

  /** What is recorded of a row that is in the source; undefined: nothing, so that it is new, or it was met already. */
  meet(id: KeyId): DigestDigits | undefined {
    const before = this.#left.get(id)
    if (before !== undefined) this.#left.delete(id)
    return before
  }

  /** Those that were never met: in the mirror, no longer in the source. They are kept for as long as the cycle lasts, `recorded` is not. */
  get gone(): readonly (readonly [KeyId, bigint])[] {
    return [...this.#left].map(([id, digits]) => [ownKeyId(id), BigInt(`0x${digits}`)])
  }
}
