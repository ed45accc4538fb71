/** Rows as the ledger tells them: canonical values, exact bytes in hex, redacted values as marks. */
import type { PostgresRow } from '../postgres.ts'
import type { CanonicalKey, MirrorRow } from '../model.ts'
import { redactedMark } from '../record/ledger.ts'
import type { SourceTable } from '../source/tables.ts'
import type { RowImage } from '../types.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export interface Redaction {
  readonly key: Buffer
  /** TABLE.COLUMN, lower case */
  readonly columns: ReadonlySet<string>
}

const isRedacted = (redaction: Redaction, table: string, column: string): boolean =>
  redaction.columns.has(`${table}.${column}`.toLowerCase())

export const imageOfSource = (table: SourceTable, row: MirrorRow, redaction: Redaction): RowImage => {
  const image: Mutable<RowImage> = {}
  for (const [index, column] of table.columns.entries()) {
    const exact = row.exact.get(index)
    const value =
      exact === undefined ? (row.canonical[index] ?? null) : { exact: exact.bytes.toString('hex') }
    image[column.name] = redact(redaction, table.name, column.name, value)
  }
  return image
}

export const imageOfMirror = (
  table: SourceTable,
  row: PostgresRow,
  exact: ReadonlyMap<string, Buffer> | undefined,
  redaction: Redaction,
): RowImage => {
  const image: Mutable<RowImage> = {}
  for (const [index, column] of table.columns.entries()) {
    const bytes = exact?.get(column.name)
    const shown = row[index] ?? null
    const plain = shown === null ? null : column.codec.decode(shown)
    const value = bytes === undefined ? plain : { exact: bytes.toString('hex') }
    image[column.name] = redact(redaction, table.name, column.name, value)
  }
  return image
}

const redact = (
  redaction: Redaction,
  table: string,
  column: string,
  value: RowImage[string],
): string | null | { readonly exact: string } => {
  if (value === undefined || value === null) return null
  if (!isRedacted(redaction, table, column)) return value
  return redactedMark(redaction.key, typeof value === 'string' ? value : value.exact)
}

export const redactKey = (table: SourceTable, key: CanonicalKey, redaction: Redaction): CanonicalKey =>
  key.map((part, position) => {
    const column = table.columns[table.key[position] ?? -1]
    return column !== undefined && isRedacted(redaction, table.name, column.name)
      ? redactedMark(redaction.key, part)
      : part
  })

export const imagesEqual = (a: RowImage, b: RowImage): boolean => JSON.stringify(a) === JSON.stringify(b)
