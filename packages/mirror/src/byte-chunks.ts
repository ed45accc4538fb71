/**
 * Bytes that are written one after another and sent in pieces of a size that PostgreSQL takes fastest. The writer asks for room
 * once, writes into `bytes` from `at` on, and moves `at`.
 *
 * Memory outside of V8's heap makes V8 look through the whole heap every so many megabytes of it: a third of a load's processor time in
 * Node. So pieces that have been sent come back (`reuse`), and are written again (0076).
 */
const chunkBytes = 256 * 1_024

/** What is kept for whoever writes next: two answers of the source, as text and as packs. */
const mostFree = 24
const free: ArrayBuffer[] = []

const newChunk = (bytes: number): Buffer => {
  const chunk = bytes > chunkBytes ? undefined : free.pop()
  // of its own, and not part of what Node shares out: only so can it come back whole
  return chunk === undefined ? Buffer.allocUnsafeSlow(Math.max(chunkBytes, bytes)) : Buffer.from(chunk)
}

/** Nobody reads these pieces any more, which `take` gave, all of them. */
export const reuse = (pieces: readonly Buffer[]): void => {
  for (const { buffer, byteOffset } of pieces) {
    // the first piece of each chunk stands for it
    const isWhole = byteOffset === 0 && buffer.byteLength === chunkBytes
    if (isWhole && buffer instanceof ArrayBuffer && free.length < mostFree) free.push(buffer)
  }
}

export class ByteChunks {
  bytes: Buffer = Buffer.alloc(0)
  at = 0
  #full: Buffer[] = []

  /** What is written next stands together. Moves `bytes` where there is not enough room left, together with what stands from `keep` on. */
  reserve(room: number, keep = this.at): void {
    if (this.bytes.length - this.at >= room) return
    const kept = this.bytes.subarray(keep, this.at)
    if (keep > 0) this.#full.push(this.bytes.subarray(0, keep))
    this.bytes = newChunk(kept.length + room)
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

  /** All that was written, in its order, which is the taker's own; begins anew. */
  take(): readonly Buffer[] {
    const taken = this.at > 0 ? [...this.#full, this.bytes.subarray(0, this.at)] : this.#full
    this.#full = []
    this.bytes = Buffer.alloc(0)
    this.at = 0
    return taken
  }
}
