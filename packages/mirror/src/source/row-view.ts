/**
 * One row of an answer as the bytes that came: where each column begins and ends within the driver's packet. Nothing is copied and
 * nothing is made for a value. It is good until the next row comes.
 */
import type { SourceRow } from './connection.ts'

/** The payload of a packet lies between `offset` and `end`. */
export interface RowBytes {
  readonly buffer: Buffer
  readonly offset: number
  readonly end: number
}

/** What the driver hands its commands; good until it reads the next one. */
export interface DriverPacket extends RowBytes {
  isEOF(): boolean
}

const isNull = 0xfb
const twoBytes = 0xfc
const threeBytes = 0xfd
const eightBytes = 0xfe

/** By the character's code: what a hexadecimal digit is worth. */
const digits = Uint8Array.from({ length: 256 }, (_, code) =>
  code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57,
)

const quarterDigest = (text: Buffer, from: number): number =>
  ((digits[text[from] ?? 0] ?? 0) << 12) |
  ((digits[text[from + 1] ?? 0] ?? 0) << 8) |
  ((digits[text[from + 2] ?? 0] ?? 0) << 4) |
  (digits[text[from + 3] ?? 0] ?? 0)

/** Of a digest's 16 hexadecimal digits, the eight that begin there, as a number. */
export const halfDigest = (text: Buffer, from: number): number =>
  quarterDigest(text, from) * 65536 + quarterDigest(text, from + 4)

/** Where the key of the row that came last stands: its bytes are taken only when somebody asks. */
export class LastKey {
  #bytes: Buffer = Buffer.alloc(0)
  readonly #columns: readonly number[]
  readonly #starts: Int32Array
  readonly #ends: Int32Array

  /** `columns`: where the parts of the key stand in a row, in key order */
  constructor(columns: readonly number[]) {
    this.#columns = columns
    this.#starts = new Int32Array(columns.length)
    this.#ends = new Int32Array(columns.length)
  }

  keep(row: RowView): void {
    this.#bytes = row.bytes
    for (let part = 0; part < this.#columns.length; part += 1) {
      const column = this.#columns[part] ?? 0
      this.#starts[part] = row.starts[column] ?? 0
      this.#ends[part] = row.ends[column] ?? 0
    }
  }

  /** Copies: views would keep all that came with them. */
  get bytes(): readonly Buffer[] {
    return Array.from(this.#starts, (start, part) =>
      Buffer.from(this.#bytes.subarray(start, this.#ends[part])),
    )
  }
}

export class RowView {
  bytes: Buffer = Buffer.alloc(0)
  /** by column; -1: the value is NULL */
  starts: Int32Array = new Int32Array(0)
  ends: Int32Array = new Int32Array(0)
  columns = 0
  /** of all values; one for a NULL */
  size = 0

  /** A row of the text protocol: each value after its length. */
  readPacket({ buffer, offset, end }: RowBytes): void {
    let at = offset
    let column = 0
    let size = 0
    while (at < end) {
      if (column >= this.starts.length) this.#grow()
      let length = buffer[at] ?? 0
      at += 1
      if (length === isNull) {
        this.starts[column] = -1
        size += 1
      } else {
        if (length >= twoBytes) {
          const width = length === twoBytes ? 2 : length === threeBytes ? 3 : length === eightBytes ? 6 : 0
          length = buffer.readUIntLE(at, width)
          at += width === 6 ? 8 : width
        }
        this.starts[column] = at
        at += length
        this.ends[column] = at
        size += length
      }
      column += 1
    }
    this.bytes = buffer
    this.columns = column
    this.size = size
  }

  /** The same of a row that the driver has already taken apart. */
  readFields(row: SourceRow): void {
    while (this.starts.length < row.length) this.#grow()
    this.bytes = Buffer.concat(row.map((field) => field ?? Buffer.alloc(0)))
    this.columns = row.length
    let at = 0
    this.size = 0
    for (const [column, field] of row.entries()) {
      this.starts[column] = field === null ? -1 : at
      at += field?.length ?? 0
      this.ends[column] = at
      this.size += field?.length ?? 1
    }
  }

  /** A view of the value's bytes. */
  field(column: number): Buffer | null {
    const start = this.starts[column] ?? -1
    return start < 0 ? null : this.bytes.subarray(start, this.ends[column])
  }

  fields(): SourceRow {
    return Array.from({ length: this.columns }, (_, column) => this.field(column))
  }

  #grow(): void {
    const size = 2 * this.starts.length + 16
    const [starts, ends] = [new Int32Array(size), new Int32Array(size)]
    starts.set(this.starts)
    ends.set(this.ends)
    this.starts = starts
    this.ends = ends
  }
}
