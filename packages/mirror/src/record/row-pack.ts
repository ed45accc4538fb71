/**
 * A pack: keys and digests of some rows of one segment, as bytes. A segment's packs apply one after another, the later one says what is
 * true of a row; the first is what was loaded, the others what has changed since. Pure, but for the writer's own buffers.
 *
 *   pack   entry, entry, …; of two entries of one row the later is true
 *   entry  two bytes: is the row gone (the upper bit), how long is its key; the key as key-id.ts packs it; unless gone, eight bytes of digest
 */
import { ByteChunks } from '../byte-chunks.ts'
import type { DigestDigits, KeyId } from '../model.ts'
import { packKeyId, unpackKeyId } from './key-id.ts'

/** No key of a source is half as long: MySQL's have at most 3,072 bytes, and at most three times as many as UTF-8. */
const mostKeyBytes = 0x7fff
const goneBit = 0x8000

const headBytes = 2
const digestBytes = 8
const digestDigits = 16

/** A pack of twice as many rows as a segment is divided at, with keys of 20 bytes; keys of 3,000 make one of 12 MB. */
const sharedBytes = 262_144

/** What a pack says of a row; null: it is gone. */
export interface PackEntry {
  readonly id: KeyId
  readonly digest: bigint | null
}

export const packEntries = (entries: readonly PackEntry[]): Buffer => {
  const keys = entries.map(({ id }) => packKeyId(id))
  const size = keys.reduce((sum, { length }) => sum + headBytes + length + digestBytes, 0)
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const [index, key] of keys.entries()) {
    const digest = entries[index]?.digest ?? null
    if (key.length > mostKeyBytes) throw new RangeError(`a key of ${key.length} bytes`)
    at = bytes.writeUInt16BE(digest === null ? key.length | goneBit : key.length, at)
    at += key.copy(bytes, at)
    if (digest !== null) at = bytes.writeBigUInt64BE(digest, at)
  }
  return bytes.subarray(0, at)
}

/**
 * What the packs before it said (`states`) becomes what is true behind it. `text`: PostgreSQL's hexadecimal text of the pack. Throws a
 * RangeError where it is cut off.
 */
export const applyPack = (states: Map<KeyId, DigestDigits>, text: string): void => {
  const start = 2
  const bytes = Buffer.from(text.slice(start), 'hex')
  // Pieces of a text keep the whole of it, which is what wide keys must not do.
  const isSmall = bytes.length <= sharedBytes
  // Most keys are ASCII: to make a text of each one's bytes takes three times as long.
  const letters = isSmall ? bytes.toString('latin1') : ''
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.readUInt16BE(at)
    const from = at + headBytes
    const to = from + (head & mostKeyBytes)
    const isGone = (head & goneBit) !== 0
    at = isGone ? to : to + digestBytes
    if (at > bytes.length) throw new RangeError('a pack of row digests is cut off')
    const id =
      isSmall && isAscii(bytes, from, to) ? letters.slice(from, to) : unpackKeyId(bytes.subarray(from, to))
    if (isGone) states.delete(id)
    else if (isSmall) states.set(id, text.slice(start + 2 * to, start + 2 * to + digestDigits))
    else states.set(id, bytes.toString('hex', to, at))
  }
}

/** Then it is its own identity: a packed one begins with a byte beyond. */
const isAscii = (bytes: Buffer, from: number, to: number): boolean => {
  for (let at = from; at < to; at += 1) if ((bytes[at] ?? 0) >= 0x80) return false
  return true
}

/** COPY's binary form: signature, flags, no extension; at the end a count of fields that no row has. */
const binaryHead = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const binaryEnd = Buffer.from([0xff, 0xff])

const put32 = (out: Buffer, at: number, value: number): number => {
  out[at] = value >>> 24
  out[at + 1] = value >>> 16
  out[at + 2] = value >>> 8
  out[at + 3] = value
  return at + 4
}

/** Before each pack: three fields, of four bytes the first two, and how long the third is. */
const rowHead = Buffer.from([0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0])
const tableAt = 6
const segmentAt = 14
const lengthAt = 18

/** Rows in key order → packs, one a segment, as COPY takes them in binary: number of the table, of the segment, pack. */
export class PackWriter {
  readonly #tableNumber: number
  readonly #chunks = new ByteChunks()
  #segment: number | undefined
  /** where the head of the pack that is being written stands */
  #head: Buffer = rowHead
  #headAt = 0
  #length = 0

  /** `tableNumber`: signed, four bytes */
  constructor(tableNumber: number) {
    this.#tableNumber = tableNumber
    this.#chunks.push(binaryHead)
  }

  /** `key`: its first `length` bytes, packed (key-id.ts); the digest's upper and lower half, unsigned */
  add(segment: number, key: Buffer, length: number, high: number, low: number): void {
    if (length > mostKeyBytes) throw new RangeError(`a key of ${length} bytes`)
    if (segment !== this.#segment) this.#begin(segment)
    const chunks = this.#chunks
    const size = headBytes + length + digestBytes
    chunks.reserve(size)
    const { bytes } = chunks
    // byte by byte: a Buffer's own methods cost more than so few bytes
    let at = chunks.at
    bytes[at] = length >>> 8
    bytes[at + 1] = length
    at += headBytes
    for (let index = 0; index < length; index += 1) bytes[at + index] = key[index] ?? 0
    at = put32(bytes, at + length, high)
    chunks.at = put32(bytes, at, low)
    this.#length += size
  }

  /** All of it, once. */
  take(): readonly Buffer[] {
    this.#close()
    this.#chunks.push(binaryEnd)
    return this.#chunks.take()
  }

  #begin(segment: number): void {
    this.#close()
    const chunks = this.#chunks
    chunks.reserve(rowHead.length)
    this.#segment = segment
    this.#head = chunks.bytes
    this.#headAt = chunks.at
    chunks.push(rowHead)
    this.#head.writeInt32BE(this.#tableNumber, this.#headAt + tableAt)
    this.#head.writeInt32BE(segment, this.#headAt + segmentAt)
  }

  /** How long a pack is, is known at its end only. */
  #close(): void {
    if (this.#segment === undefined) return
    this.#head.writeInt32BE(this.#length, this.#headAt + lengthAt)
    this.#segment = undefined
    this.#length = 0
  }
}
