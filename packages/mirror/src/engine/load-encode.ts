/**
 * Rows as the source sends them → what COPY takes of them, as they arrive: the row in text, its digest and key for the record in
 * binary, and the segment that it falls into. A row goes one of two ways.
 *
 *   plain   its values' texts stand within the source's bytes: copied byte by byte, and nothing of the row is kept
 *   whole   anything else (a zero date, a NUL, a key that PostgreSQL cannot hold): toMirrorRow, as everywhere else
 *
 * Both write the same; a million rows as objects and strings of their own cost six times the processor's time (0044).
 */
import { ByteChunks } from '../byte-chunks.ts'
import { type Codec, fieldRoom, writeCanonical, writeJsonString, writePlain } from '../codec/index.ts'
import type { KeyBytes, MirrorRow } from '../model.ts'
import { copyField } from '../postgres.ts'
import type { ExactRow } from '../record/exact-row.ts'
import { packKeyId, plainKeyBytes } from '../record/key-id.ts'
import type { ExactEntry } from '../record/ledger.ts'
import { PackWriter } from '../record/row-pack.ts'
import { loadingNumber } from '../record/row-state.ts'
import { halfDigest, LastKey, type RowView } from '../source/row-view.ts'
import { sourceKey, toMirrorRow } from '../source/rows.ts'
import type { SourceTable } from '../source/tables.ts'
import { exactEntries, exactRowsOf } from './aside.ts'
import type { SegmentFiller } from './load-rows.ts'

/** Rows beyond it go whole, each by itself. */
const plainRowBytes = 262_144

const tab = 9
const newline = 10
const backslash = 0x5c
const letterN = 0x4e

const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c

/** What one answer of the source has become. */
export interface EncodedRows {
  readonly rows: number
  /** COPY's text of those that stand in the table */
  readonly lines: readonly Buffer[]
  /** COPY's binary form of all digests */
  readonly states: readonly Buffer[]
  readonly exact: readonly ExactEntry[]
  readonly whole: readonly ExactRow[]
  /** of the last row; undefined without rows */
  readonly last: KeyBytes | undefined
}

const keyOf = (table: SourceTable, row: RowView): KeyBytes =>
  // a view of the bytes would keep the whole of what came with them
  table.key.map((index) => Buffer.from(row.field(index + 1) ?? Buffer.alloc(0)))

/** One answer's worth of rows. `filler` goes on from answer to answer. */
export class RowEncoder {
  readonly #table: SourceTable
  readonly #filler: SegmentFiller
  readonly #codecs: readonly Codec[]
  readonly #key: readonly number[]
  readonly #lines = new ByteChunks()
  readonly #states: PackWriter
  readonly #id = Buffer.allocUnsafe(fieldRoom(plainKeyBytes))
  readonly #exact: ExactEntry[] = []
  readonly #whole: ExactRow[] = []
  #rows = 0
  readonly #keyIsPlain: boolean
  readonly #last: LastKey

  constructor(table: SourceTable, tableId: number, filler: SegmentFiller) {
    this.#table = table
    this.#filler = filler
    this.#codecs = table.columns.map(({ codec }) => codec)
    this.#key = table.key
    this.#keyIsPlain = table.key.every((index) => table.columns[index]?.codec.plain !== undefined)
    this.#last = new LastKey(table.key.map((index) => index + 1))
    this.#states = new PackWriter(loadingNumber(tableId))
  }

  /** digest in hexadecimal digits, columns … */
  add(row: RowView): void {
    this.#rows += 1
    this.#last.keep(row)
    if (!this.#addPlain(row)) this.#addWhole(row)
  }

  /** that were added */
  get rows(): number {
    return this.#rows
  }

  take(): EncodedRows {
    return {
      rows: this.#rows,
      lines: this.#lines.take(),
      states: this.#states.take(),
      exact: this.#exact,
      whole: this.#whole,
      last: this.#rows === 0 ? undefined : this.#last.bytes,
    }
  }

  /** False, and nothing is written, where the row must go whole. */
  #addPlain(row: RowView): boolean {
    const codecs = this.#codecs
    const { bytes, starts, ends } = row
    const room = fieldRoom(row.size) + codecs.length * fieldRoom(0)
    if (room > plainRowBytes || (starts[0] ?? -1) < 0) return false
    const idLength = this.#writeId(row)
    if (idLength < 0) return false
    const lines = this.#lines
    lines.reserve(room)
    let start = lines.at
    for (let index = 0; index < codecs.length; index += 1) {
      const codec = codecs[index]
      const from = starts[index + 1] ?? -1
      const to = ends[index + 1] ?? -1
      if (codec === undefined) return false
      if (from < 0) {
        lines.bytes[lines.at] = backslash
        lines.bytes[lines.at + 1] = letterN
        lines.at += 2
      } else {
        const { plain } = codec
        const end = plain === undefined ? -1 : writePlain(plain, bytes, from, to, lines.bytes, lines.at)
        if (end >= 0) lines.at = end
        else {
          const moved = this.#writeEncoded(codec, bytes.subarray(from, to), room, start)
          if (moved < 0) {
            lines.at = start
            return false
          }
          start = moved
        }
      }
      lines.bytes[lines.at] = index === codecs.length - 1 ? newline : tab
      lines.at += 1
    }
    this.#place(this.#id, idLength, row)
    return true
  }

  /** A value that only its codec can tell. Where the row begins from now on; -1 where the value is not exact in place. */
  #writeEncoded(codec: Codec, bytes: Buffer, room: number, start: number): number {
    if (codec.isCut(bytes)) return -1
    const { shown, exact } = codec.encode(bytes)
    if (shown === null || exact !== undefined) return -1
    const field = copyField(shown)
    const lines = this.#lines
    const before = lines.bytes
    // what follows it in the row still has the room that was reserved
    lines.reserve(Buffer.byteLength(field) + room, start)
    lines.at += lines.bytes.write(field, lines.at, 'utf8')
    return lines.bytes === before ? start : 0
  }

  /** The key's identity, as the record keeps it; how long it is, or -1: the row goes whole. */
  #writeId(row: RowView): number {
    const id = this.#id
    const key = this.#key
    const { bytes, starts, ends } = row
    let size = 0
    for (let part = 0; part < key.length; part += 1) {
      const column = (key[part] ?? 0) + 1
      if ((starts[column] ?? -1) < 0) return -1
      size += 3 + (ends[column] ?? 0) - (starts[column] ?? 0)
    }
    // two brackets, and two quotes and a comma a part but one: a byte more than the sum says
    if (size >= plainKeyBytes) return -1
    if (!this.#keyIsPlain) {
      const { id: found, reason } = sourceKey(this.#table, keyOf(this.#table, row))
      return reason === null ? packKeyId(found).copy(id) : -1
    }
    let at = 0
    for (let part = 0; part < key.length; part += 1) {
      const index = key[part] ?? 0
      const plain = this.#codecs[index]?.plain
      if (plain === undefined) return -1
      const from = starts[index + 1] ?? 0
      const to = ends[index + 1] ?? 0
      if (key.length === 1) return writeCanonical(plain, bytes, from, to, id, 0)
      id[at] = part === 0 ? openBracket : comma
      at = writeJsonString(plain, bytes, from, to, id, at + 1)
      if (at < 0) return -1
    }
    id[at] = closeBracket
    return at + 1
  }

  #place(id: Buffer, length: number, row: RowView): void {
    const from = row.starts[0] ?? 0
    const high = halfDigest(row.bytes, from)
    const low = halfDigest(row.bytes, from + 8)
    const filler = this.#filler
    const segment = filler.isFull ? filler.begin(keyOf(this.#table, row)) : filler.current
    filler.add(high, low)
    this.#states.add(segment, id, length, high, low)
  }

  #addWhole(row: RowView): void {
    const table = this.#table
    const [digits = null, ...values] = row.fields()
    const number = digits === null ? null : Buffer.from(BigInt(`0x${digits.toString('latin1')}`).toString())
    const mirrorRow: MirrorRow = toMirrorRow(table, [number, ...values])
    if (mirrorRow.whole === null) {
      this.#lines.push(Buffer.from(`${mirrorRow.shown.map(copyField).join('\t')}\n`, 'utf8'))
      this.#exact.push(...exactEntries(table, [mirrorRow]))
    } else this.#whole.push(...exactRowsOf(table, [mirrorRow]))
    const id = packKeyId(mirrorRow.id)
    this.#place(id, id.length, row)
  }
}
