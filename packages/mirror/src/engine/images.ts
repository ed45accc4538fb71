/** Rows as the ledger tells them: canonical values, exact bytes in hex, redacted values as marks. */
import type { PostgresRow } from '../postgres.ts'
import type { CanonicalKey, MirrorRow } from '../model.ts'
import { canonicalKey, canonicalOf } from '../prove/keys.ts'
import type { ExactRow } from '../record/exact-row.ts'
import { redactedMark } from '../record/ledger.ts'
import type { SourceColumn, SourceTable } from '../source/tables.ts'
import type { RowImage } from '../types.ts'

type Value = string | null | { readonly exact: string }

export interface Redaction {
  readonly key: Buffer
  /** TABLE.COLUMN, lower case */
  readonly columns: ReadonlySet<string>
}

/** By table: asked for each value of each row. */
const redactedOf = new WeakMap<Redaction, WeakMap<SourceTable, ReadonlySet<string>>>()

const isRedacted = (redaction: Redaction, table: SourceTable, column: string): boolean => {
  if (redaction.columns.size === 0) return false
  let tables = redactedOf.get(redaction)
  if (tables === undefined) redactedOf.set(redaction, (tables = new WeakMap()))
  let names = tables.get(table)
  if (names === undefined) {
    const hidden = table.columns.filter(({ name }) =>
      redaction.columns.has(`${table.name}.${name}`.toLowerCase()),
    )
    tables.set(table, (names = new Set(hidden.map(({ name }) => name))))
  }
  return names.has(column)
}

/** A column may be called `__proto__`, which an assignment does not take for a name. */
const imageOf = (
  table: SourceTable,
  redaction: Redaction,
  valueOf: (column: SourceColumn, index: number) => Value,
): RowImage =>
  Object.fromEntries(
    table.columns.map((column, index) => [
      column.name,
      redact(redaction, table, column.name, valueOf(column, index)),
    ]),
  )

export const imageOfSource = (table: SourceTable, row: MirrorRow, redaction: Redaction): RowImage => {
  // computed when it is asked for
  const { canonical } = row
  return imageOf(table, redaction, (_, index) => {
    const exact = row.exact.get(index)
    return exact === undefined ? (canonical[index] ?? null) : { exact: exact.bytes.toString('hex') }
  })
}

export const imageOfMirror = (
  table: SourceTable,
  row: PostgresRow,
  exact: ReadonlyMap<string, Buffer> | undefined,
  redaction: Redaction,
): RowImage =>
  imageOf(table, redaction, (column, index) => {
    const bytes = exact?.get(column.name)
    const shown = row[index] ?? null
    const plain = shown === null ? null : column.codec.decode(shown)
    return bytes === undefined ? plain : { exact: bytes.toString('hex') }
  })

/**
 * A row that was kept whole. Somebody may have changed it there: bytes that are no value of their column any more are
 * told as bytes.
 */
export const imageOfExactRow = (
  table: SourceTable,
  row: ExactRow,
  redaction: Redaction,
): { readonly key: CanonicalKey; readonly image: RowImage } => {
  const image = imageOf(table, redaction, (column) => {
    const bytes = row.values[row.columns.indexOf(column.name)] ?? null
    return bytes && tell(column, bytes)
  })
  return { key: canonicalKey(table, row.key), image }
}

const tell = (column: SourceColumn, bytes: Buffer): string | { readonly exact: string } => {
  const canonical = canonicalOf(column, bytes)
  const exact = canonical === undefined ? bytes : column.codec.encode(bytes).exact?.bytes
  return exact === undefined ? (canonical ?? '') : { exact: exact.toString('hex') }
}

const redact = (redaction: Redaction, table: SourceTable, column: string, value: Value): Value => {
  if (value === null) return null
  if (!isRedacted(redaction, table, column)) return value
  return redactedMark(redaction.key, typeof value === 'string' ? value : value.exact)
}

export const redactKey = (table: SourceTable, key: CanonicalKey, redaction: Redaction): CanonicalKey =>
  key.map((part, position) => {
    const column = table.columns[table.key[position] ?? -1]
    return column !== undefined && isRedacted(redaction, table, column.name)
      ? redactedMark(redaction.key, part)
      : part
  })

const valuesEqual = (a: Value, b: Value): boolean =>
  typeof a === 'object' && typeof b === 'object' && a !== null && b !== null ? a.exact === b.exact : a === b

/** Of rows of one table. */
export const imagesEqual = (a: RowImage, b: RowImage): boolean => {
  const columns = Object.keys(a)
  return (
    columns.length === Object.keys(b).length &&
    columns.every((name) => valuesEqual(a[name] ?? null, b[name] ?? null))
  )
}
