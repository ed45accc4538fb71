/**
 * Rows and sum of their digests as the source sums them (digest.ts), made here of the digits that it sent. Exact: in halves below 2^53, for
 * two million rows and more.
 */
import { halfDigest } from './row-view.ts'

const upperHalf = 2n ** 32n

export class DigestSum {
  #rows = 0
  #high = 0
  #low = 0

  /** A row's digest: 16 hexadecimal digits that begin at `from`. */
  add(digits: Buffer, from: number): void {
    this.#rows += 1
    this.#high += halfDigest(digits, from)
    this.#low += halfDigest(digits, from + 8)
  }

  get rows(): number {
    return this.#rows
  }

  get digest(): bigint {
    return BigInt(this.#high) * upperHalf + BigInt(this.#low)
  }
}
