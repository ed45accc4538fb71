/** What apply needs to know of a mirrored table: names and types in PostgreSQL, in the source's column order. */
import { quotePostgres } from '../names.ts'

export interface TargetColumn {
  readonly name: string
  readonly type: string
}

export interface TargetTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly TargetColumn[]
  /** positions in `columns`, in key order */
  readonly key: readonly number[]
}

export const tableName = (table: TargetTable): string =>
  `${quotePostgres(table.schema)}.${quotePostgres(table.name)}`

export const columnList = (table: TargetTable): string =>
  table.columns.map((column) => quotePostgres(column.name)).join(', ')

/**
 * Text keys are compared byte by byte, as they must be to tell 'a' from 'A' and 'a ' from 'a', and so that no new
 * version of a locale can corrupt their index.
 */
const collation = (table: TargetTable, index: number): string =>
  table.key.includes(index) && table.columns[index]?.type === 'text' ? ' COLLATE "C"' : ''

/** `expression`, text, as a value of the column. */
export const castTo = (table: TargetTable, index: number, expression: string): string =>
  `${expression}::${table.columns[index]?.type}${collation(table, index)}`

export const columnDefinitions = (table: TargetTable): string =>
  table.columns
    .map(
      (column, index) =>
        `${quotePostgres(column.name)} ${column.type}${collation(table, index)}${table.key.includes(index) ? ' NOT NULL' : ''}`,
    )
    .join(', ')

const element = (value: string | null): string => {
  if (value === null) return 'NULL'
  return /["\\]/.test(value) ? `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : `"${value}"`
}

/** Values row by row → one array of text a column, written as unnest takes it: the driver takes twice as long over it. */
export const toColumns = (rows: readonly (readonly (string | null)[])[], width: number): string[] =>
  Array.from({ length: width }, (_, index) => `{${rows.map((row) => element(row[index] ?? null)).join(',')}}`)

/** `unnest($1::text[], …) AS r(c0, …)` over as many parameters. */
export const unnest = (width: number): string => {
  const parameters = Array.from({ length: width }, (_, index) => `$${index + 1}::text[]`)
  const names = Array.from({ length: width }, (_, index) => `c${index}`)
  return `unnest(${parameters.join(', ')}) AS r(${names.join(', ')})`
}

/** Joins the table (as `t`) to a list of keys given as parameters. */
export const joinKeys = (table: TargetTable): string => {
  const conditions = table.key.map(
    (column, position) =>
      `t.${quotePostgres(table.columns[column]?.name ?? '')} = ${castTo(table, column, `r.c${position}`)}`,
  )
  return `${unnest(table.key.length)} JOIN ${tableName(table)} AS t ON ${conditions.join(' AND ')}`
}
