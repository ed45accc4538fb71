/**
 * A pack: keys and digests of some rows of one segment, as bytes. A segment's packs apply one after another, the later one says what is
 * true of a row; the first is what was loaded, the others what has changed since. Pure, but for the writer's own buffers.
 *
 *   pack   entry, entry, …; of two entries of one row the later is true
 *   entry  two bytes: is the row gone (the upper bit), how long is its key; the key as key-id.ts packs it; unless gone, eight bytes of digest
 */
import { ByteChunks } from '../byte-chunks.ts'
import type { DigestDigits, KeyId } from '../model.ts'
import { isPlainKey, packKeyId, unpackKeyId } from './key-id.ts'

/** No key of a source is half as long: MySQL's have at most 3,072 bytes, and at most three times as many as UTF-8. */
const mostKeyBytes = 0x7fff
const goneBit = 0x8000

const headBytes = 2
const digestBytes = 8
const digestDigits = 16

/** What a pack says of a row; null: it is gone. */
export interface PackEntry {
  readonly id: KeyId
  readonly digest: bigint | null
}

export const packEntries = (entries: Iterable<PackEntry>): Buffer => {
  const parts: Buffer[] = []
  for (const { id, digest } of entries) {
    const key = packKeyId(id)
    if (key.length > mostKeyBytes) throw new RangeError(`a key of ${key.length} bytes`)
    const entry = Buffer.allocUnsafe(headBytes + key.length + (digest === null ? 0 : digestBytes))
    entry.writeUInt16BE(digest === null ? key.length | goneBit : key.length, 0)
    key.copy(entry, headBytes)
    if (digest !== null) entry.writeBigUInt64BE(digest, headBytes + key.length)
    parts.push(entry)
  }
  return Buffer.concat(parts)
}

/**
 * What the packs before it said (`states`) becomes what is true behind it. `text`: PostgreSQL's hexadecimal text of the pack. Throws a
 * RangeError where it is cut off.
 */
export const applyPack = (states: Map<KeyId, DigestDigits>, text: string): void => {
  const start = 2
  const bytes = Buffer.from(text.slice(start), 'hex')
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.readUInt16BE(at)
    const from = at + headBytes
    const to = from + (head & mostKeyBytes)
    const isGone = (head & goneBit) !== 0
    at = isGone ? to : to + digestBytes
    if (at > bytes.length) throw new RangeError('a pack of row digests is cut off')
    const id = isPlainKey(bytes, from, to)
      ? bytes.toString('utf8', from, to)
      : unpackKeyId(bytes.subarray(from, to))
    if (isGone) states.delete(id)
    // digits of the text itself: nothing is made of a digest that does not differ
    else states.set(id, text.slice(start + 2 * to, start + 2 * to + digestDigits))
  }
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

/** Rows in key order → packs, one a segment, as COPY takes them in binary: number of the table, of the segment, pack. */
export class PackWriter {
  readonly #tableNumber: number
  readonly #chunks = new ByteChunks()
  readonly #pack = new ByteChunks()
  #segment: number | undefined

  /** `tableNumber`: signed, four bytes */
  constructor(tableNumber: number) {
    this.#tableNumber = tableNumber
    this.#chunks.push(binaryHead)
  }

  /** `key`: its first `length` bytes, packed (key-id.ts); the digest's upper and lower half, unsigned */
  add(segment: number, key: Buffer, length: number, high: number, low: number): void {
    if (length > mostKeyBytes) throw new RangeError(`a key of ${length} bytes`)
    if (segment !== this.#segment) this.#close()
    this.#segment = segment
    const pack = this.#pack
    pack.reserve(headBytes + length + digestBytes)
    const { bytes } = pack
    // byte by byte: a Buffer's own methods cost more than so few bytes
    let at = pack.at
    bytes[at] = length >>> 8
    bytes[at + 1] = length
    at += headBytes
    for (let index = 0; index < length; index += 1) bytes[at + index] = key[index] ?? 0
    at = put32(bytes, at + length, high)
    pack.at = put32(bytes, at, low)
  }

  /** All of it, once. */
  take(): readonly Buffer[] {
    this.#close()
    this.#chunks.push(binaryEnd)
    return this.#chunks.take()
  }

  #close(): void {
    if (this.#segment === undefined) return
    const pack = this.#pack.take()
    const head = Buffer.alloc(22)
    head.writeInt16BE(3, 0)
    head.writeInt32BE(4, 2)
    head.writeInt32BE(this.#tableNumber, 6)
    head.writeInt32BE(4, 10)
    head.writeInt32BE(this.#segment, 14)
    head.writeInt32BE(
      pack.reduce((sum, { length }) => sum + length, 0),
      18,
    )
    for (const bytes of [head, ...pack]) this.#chunks.push(bytes)
    this.#segment = undefined
  }
}
