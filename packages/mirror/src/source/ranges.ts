/**
 * SQL for parts of a table. Keys are ordered and compared by the server that owns them, never here: a boundary is a
 * key that the server returned, written back as a literal.
 */
import type { KeyBytes } from '../model.ts'
import { quoteMysql } from '../names.ts'
import { rowDigestDigits } from './digest.ts'
import type { SourceColumn, SourceTable } from './tables.ts'

/** From `low`, included, to `high`, left out; null is without end. */
export interface KeyRange {
  readonly low: KeyBytes | null
  readonly high: KeyBytes | null
}

const keyColumns = (table: SourceTable): string[] =>
  table.key.map((index) => quoteMysql(table.columns[index]?.name ?? ''))

const keyLiterals = (table: SourceTable, key: KeyBytes): string[] =>
  table.key.map((index, position) => {
    const bytes = key[position]
    const literal = table.columns[index]?.codec.literal
    if (bytes === undefined || literal === undefined) throw new Error(`no key literal for ${table.name}`)
    return literal(bytes)
  })

/**
 * (a, b) ≥ (x, y) written out, since neither server uses an index for a comparison of rows:
 * a > x OR (a = x AND b ≥ y), with a ≥ x before it to start the range scan.
 */
const compareKey = (
  table: SourceTable,
  key: KeyBytes,
  strict: '>' | '<',
  last: '>' | '>=' | '<' | '<=',
): string => {
  const columns = keyColumns(table)
  const literals = keyLiterals(table, key)
  const alternatives = columns.map((column, index) => {
    const equal = columns.slice(0, index).map((before, at) => `${before} = ${literals[at]}`)
    const operator = index === columns.length - 1 ? last : strict
    return [...equal, `${column} ${operator} ${literals[index]}`].join(' AND ')
  })
  if (alternatives.length === 1) return alternatives[0] ?? ''
  return `(${columns[0]} ${strict}= ${literals[0]} AND (${alternatives.map((part) => `(${part})`).join(' OR ')}))`
}

const inRange = (table: SourceTable, range: KeyRange): string => {
  const parts: string[] = []
  if (range.low !== null) parts.push(compareKey(table, range.low, '>', '>='))
  if (range.high !== null) parts.push(compareKey(table, range.high, '<', '<'))
  return parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`
}

const from = (table: SourceTable): string =>
  table.keyIndex === null
    ? ` FROM ${quoteMysql(table.name)}`
    : ` FROM ${quoteMysql(table.name)} FORCE INDEX (${quoteMysql(table.keyIndex)})`

const orderByKey = (table: SourceTable): string =>
  table.key.length === 0 ? '' : ` ORDER BY ${keyColumns(table).join(', ')}`

/**
 * Under the name that no column can have: the driver gives up on a field that is called `__proto__`, and never answers. An alias of any
 * other name could be another column's, which ORDER BY would take for it.
 */
const unnamed = ({ codec, name }: SourceColumn): string => `${codec.read(quoteMysql(name))} AS ''`

const readKey = (table: SourceTable): string =>
  table.key
    .map((index) => {
      const column = table.columns[index]
      return column === undefined ? '' : unnamed(column)
    })
    .join(', ')

export const readRow = (table: SourceTable, digest = table.digest): string =>
  `${digest}, ${table.columns.map(unnamed).join(', ')}`

/**
 * One row a range: position, rows, sum of digests. COUNT of the digest itself would compute it twice; that it is
 * never NULL is seen to by digest.ts and by readers of whole rows.
 */
export const segmentDigestsSql = (table: SourceTable, ranges: readonly KeyRange[]): string =>
  ranges
    .map(
      (range, index) =>
        `SELECT ${index}, COUNT(*), SUM(${table.digest})${from(table)}${inRange(table, range)}`,
    )
    .join(' UNION ALL ')

/** digest, key columns … of the next `limit` rows of the range, in key order; null: from its beginning */
export const keysSql = (
  table: SourceTable,
  range: KeyRange,
  after: KeyBytes | null,
  limit: number,
  digest = table.digest,
): string => {
  const parts: string[] = []
  if (after !== null) parts.push(compareKey(table, after, '>', '>'))
  else if (range.low !== null) parts.push(compareKey(table, range.low, '>', '>='))
  if (range.high !== null) parts.push(compareKey(table, range.high, '<', '<'))
  const where = parts.length === 0 ? '' : ` WHERE ${parts.join(' AND ')}`
  return `SELECT ${digest}, ${readKey(table)}${from(table)}${where}${orderByKey(table)} LIMIT ${limit}`
}

/** digest, columns … of the next `limit` rows in key order */
export const pieceSql = (
  table: SourceTable,
  after: KeyBytes | null,
  limit: number,
  digest = table.digest,
): string => {
  const where = after === null ? '' : ` WHERE ${compareKey(table, after, '>', '>')}`
  return `SELECT ${readRow(table, digest)}${from(table)}${where}${orderByKey(table)} LIMIT ${limit}`
}

/** The same with the digest in hexadecimal digits. */
export const loadSql = (table: SourceTable, after: KeyBytes | null, limit: number): string =>
  pieceSql(table, after, limit, rowDigestDigits(table.columns))

/** digest, columns … of the rows with these keys */
export const rowsByKeySql = (table: SourceTable, keys: readonly KeyBytes[]): string => {
  const columns = keyColumns(table)
  const literals = keys.map((key) => keyLiterals(table, key))
  const where =
    columns.length === 1
      ? `${columns[0]} IN (${literals.map(([literal]) => literal).join(', ')})`
      : literals
          .map((key) => `(${columns.map((column, index) => `${column} = ${key[index]}`).join(' AND ')})`)
          .join(' OR ')
  return `SELECT ${readRow(table)}${from(table)} WHERE ${where}`
}

/** rows and sum of digests of the first `limit` rows in key order: what a scan does, on a part of known size */
export const sampleSql = (table: SourceTable, limit: number): string =>
  `SELECT COUNT(*), SUM(d) FROM (SELECT ${table.digest} AS d${from(table)}${orderByKey(table)} LIMIT ${limit}) AS sample`

/** digest, columns … of some rows, if there are any, for which the expression is more than this */
export const rowsBeyondSql = (table: SourceTable, expression: string, most: number, limit: number): string =>
  `SELECT ${readRow(table)}${from(table)} WHERE ${expression} > ${most} LIMIT ${limit}`

/** how many rows there are, counted up to `limit`: statistics may lie */
export const countUpToSql = (table: SourceTable, limit: number): string =>
  `SELECT COUNT(*) FROM (SELECT 1${from(table)} LIMIT ${limit}) AS counted`
