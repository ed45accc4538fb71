/**
 * Bytes that are written one after another and sent in pieces of a size that PostgreSQL takes fastest. The writer asks for room
 * once, writes into `bytes` from `at` on, and moves `at`.
 */
const chunkBytes = 256 * 1_024

export class ByteChunks {
  bytes: Buffer = Buffer.alloc(0)
  at = 0
  #full: Buffer[] = []

  /** What is written next stands together. Moves `bytes` where there is not enough room left, together with what stands from `keep` on. */
  reserve(room: number, keep = this.at): void {
    if (this.bytes.length - this.at >= room) return
    const kept = this.bytes.subarray(keep, this.at)
    if (keep > 0) this.#full.push(this.bytes.subarray(0, keep))
    this.bytes = Buffer.allocUnsafe(Math.max(chunkBytes, kept.length + room))
    kept.copy(this.bytes)
    this.at = kept.length
  }

  /** Bytes of their own, behind all that was written. */
  push(bytes: Buffer): void {
    if (bytes.length < chunkBytes / 4) {
      this.reserve(bytes.length)
      this.at += bytes.copy(this.bytes, this.at)
      return
    }
    if (this.at > 0) this.#full.push(this.bytes.subarray(0, this.at))
    this.#full.push(bytes)
    this.bytes = this.bytes.subarray(this.at)
    this.at = 0
  }

  /** All that was written, in its order; begins anew. */
  take(): readonly Buffer[] {
    const taken = this.at > 0 ? [...this.#full, this.bytes.subarray(0, this.at)] : this.#full
    this.#full = []
    this.bytes = this.bytes.subarray(this.at)
    this.at = 0
    return taken
  }
}
