/**
 * A row's digest, computed here from the copy as the source computes it from the row (digest.ts): what is recorded for a row tells
 * whether the copy still is what was written. Pure.
 *
 * Not every value is printed here as the source prints it for its digest: FLOAT and DOUBLE of unusual size, FLOAT with a
 * number of decimals, ZEROFILL, character sets other than UTF-8 and latin1, INET6. A row that holds one has no digest here,
 * and nothing is said of it.
 */
import { createHash } from 'node:crypto'
import { latin1Bytes } from '../codec/index.ts'
import { hashedApart } from './digest.ts'
import type { SourceColumn } from './tables.ts'

type Exact = ReadonlyMap<string, Buffer> | undefined

const numberOfMember = (bytes: Buffer): Buffer | undefined => {
  const colon = bytes.indexOf(':')
  return colon > 0 ? bytes.subarray(0, colon) : undefined
}

/**
 * Both print the shortest digits; how they write exponents differs. With a number of decimals, as in DOUBLE(12,2), the source
 * prints them all, in FLOAT's product with a double not even those alone.
 */
const usualFloat = ({ dataType, columnType }: SourceColumn, bytes: Buffer): Buffer | undefined => {
  const text = bytes.toString('latin1')
  const size = Math.abs(Number(text))
  if (size !== 0 && (size < 1e-3 || size >= 1e14)) return undefined
  const decimals = /\(\d+,(\d+)\)/.exec(columnType)?.[1]
  if (decimals === undefined) return bytes
  return dataType === 'float' || text.startsWith('-0')
    ? undefined
    : Buffer.from(Number(text).toFixed(Number(decimals)))
}

/** A value's source bytes → what enters the digest; undefined where that is not known here. */
const enters = (column: SourceColumn, bytes: Buffer): Buffer | undefined => {
  if (/zerofill/i.test(column.columnType)) return undefined
  if (column.dataType === 'enum' || column.dataType === 'set') return numberOfMember(bytes)
  if (column.dataType === 'float' || column.dataType === 'double') return usualFloat(column, bytes)
  if (column.dataType === 'inet6') return undefined
  if (column.charset === null || column.charset.startsWith('utf8') || column.dataType === 'json') return bytes
  return column.charset === 'latin1' ? latin1Bytes(bytes) : undefined
}

/** Grows with the widest row that was met; one that is wider than that is put together by itself. */
const usualBytes = 65_536

/** A row's text, put together in place: as a Buffer a part it takes longer than its digest. */
class RowText {
  #bytes = Buffer.allocUnsafe(1_024)
  #at = 0

  clear(): void {
    this.#at = 0
    if (this.#bytes.length > usualBytes) this.#bytes = Buffer.allocUnsafe(usualBytes)
  }

  /** ASCII */
  word(text: string): void {
    this.#reserve(text.length)
    this.#at += this.#bytes.write(text, this.#at, 'latin1')
  }

  value(bytes: Buffer): void {
    this.#reserve(bytes.length)
    this.#at += bytes.copy(this.#bytes, this.#at)
  }

  get digest(): bigint {
    return createHash('sha256').update(this.#bytes.subarray(0, this.#at)).digest().readBigUInt64BE()
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(2 * needed)
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

const putTerm = (text: RowText, column: SourceColumn, apart: boolean, value: Buffer): void => {
  if (apart) return text.word(createHash('sha256').update(value).digest('hex'))
  if (!column.codec.selfDelimiting) text.word(`${value.length}:`)
  text.value(value)
}

/** `row`: PostgreSQL's text of each column; `exact`: what is kept aside for it. undefined: it has no digest here. */
export const digestOfCopy = (
  columns: readonly SourceColumn[],
): ((row: readonly (string | null)[], exact: Exact) => bigint | undefined) => {
  const apart = hashedApart(columns)
  const text = new RowText()
  return (row, exact) => {
    text.clear()
    for (const [index, column] of columns.entries()) {
      const kept = exact?.get(column.name)
      const shown = row[index] ?? null
      if (index > 0) text.word(',')
      if (kept === undefined && shown === null) {
        text.word('~')
        continue
      }
      try {
        const bytes =
          kept === undefined
            ? column.codec.bytes(column.codec.decode(shown ?? ''))
            : column.codec.fromExact(kept)
        const value = enters(column, bytes)
        if (value === undefined) return undefined
        putTerm(text, column, apart.has(column), value)
      } catch {
        // what stands there is no value of this column: not what was written
        return -1n
      }
    }
    return text.digest
  }
}
