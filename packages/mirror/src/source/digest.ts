/**
 * The digests that MySQL computes: sound, exact and cheap (facts: digests).
 *
 * A row's text is each value in column order. A number or time is written as it is; text and bytes carry their
 * length before them, so that ('a', 'b,c') and ('a,b', 'c') differ; NULL is `~`, which no value's text can be. The
 * row's digest is the first 64 bits of its SHA-256; a segment's is the count and the sum of its rows' digests,
 * which no reordering changes and which, unlike a XOR of checksums, two equal edits do not cancel.
 */
import { isLarge } from '../codec/index.ts'
import { quoteMysql } from '../names.ts'
import type { SourceColumn } from './tables.ts'

/**
 * CONCAT yields NULL beyond max_allowed_packet (1 MiB is the lowest that servers are run with); the widest columns
 * are hashed by themselves until the rest stays below half of it.
 */
const rowTextLimit = 524_288

/** What a column adds to the row's text at most. */
const widthOf = (column: SourceColumn): number =>
  column.codec.selfDelimiting ? 64 : (column.octets ?? 0) + 12

export const hashedApart = (columns: readonly SourceColumn[]): ReadonlySet<SourceColumn> => {
  const apart = new Set(columns.filter((column) => isLarge(column)))
  let rest = columns.filter((column) => !apart.has(column)).reduce((sum, column) => sum + widthOf(column), 0)
  const widest = [...columns].sort((a, b) => widthOf(b) - widthOf(a))
  for (const column of widest) {
    if (rest <= rowTextLimit) break
    if (apart.has(column) || column.codec.selfDelimiting) continue
    apart.add(column)
    rest -= widthOf(column)
  }
  return apart
}

const term = (column: SourceColumn, apart: boolean): string => {
  const name = quoteMysql(column.name)
  const value = column.codec.digest(name)
  const orNull = (expression: string): string => (column.nullable ? `IFNULL(${expression},'~')` : expression)
  // Of the bare column: a copy of it, as CAST makes one, is NULL beyond max_allowed_packet. Both servers hash what is stored.
  if (apart) return orNull(`SHA2(${name},256)`)
  if (column.codec.selfDelimiting) return orNull(value)
  return orNull(`CONCAT(LENGTH(${name}),':',${value})`)
}

/** 16 hexadecimal digits for a row: cheaper for the source than the number where only rows are read. */
export const rowDigestDigits = (columns: readonly SourceColumn[]): string => {
  const apart = hashedApart(columns)
  const parts = columns.map((column) => term(column, apart.has(column)))
  return `LEFT(SHA2(CONCAT(${parts.join(",',',")}),256),16)`
}

/** The same as an unsigned 64-bit number. */
export const rowDigest = (columns: readonly SourceColumn[]): string =>
  `CAST(CONV(${rowDigestDigits(columns)},16,10) AS UNSIGNED)`

/**
 * What of each column decides how its values are read and enter the digest, whatever its name is and whether or not it may be
 * NULL: the row's text says `~` for NULL and nothing else.
 */
export const readingOf = (columns: readonly SourceColumn[]): readonly string[] => {
  const apart = hashedApart(columns)
  return columns.map((column) => {
    const anonymous = { ...column, name: '?', nullable: false }
    return `${column.codec.read('?')} ${term(anonymous, apart.has(column))}`
  })
}
