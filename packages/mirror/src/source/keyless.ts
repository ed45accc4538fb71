/**
 * SQL for a table without a key. Nothing there tells two equal rows apart, and no index leads through it: every statement reads
 * the whole table. So it is taken as a multiset of row digests, in slices by the digest's remainder, which bound what is held
 * here at once.
 */
import { quoteMysql } from '../names.ts'
import type { SourceRow } from './connection.ts'
import { isStatementLimit, tooSlow } from './errors.ts'
import { readRow } from './ranges.ts'
import type { SourceTable } from './tables.ts'

/** One of `count` parts of the rows, by their digests. */
export interface Slice {
  readonly count: number
  readonly index: number
}

const ofSlice = (table: SourceTable, { count, index }: Slice): string =>
  count === 1 ? '' : ` WHERE MOD(${table.digest}, ${count}) = ${index}`

const from = (table: SourceTable): string => ` FROM ${quoteMysql(table.name)}`

/** Throws MIRROR_2011 where the server ends the statement at its limit: there is no smaller one that reads less. */
export const readKeyless = async (
  from: { read(sql: string): Promise<SourceRow[]> },
  table: SourceTable,
  sql: string,
): Promise<SourceRow[]> => {
  try {
    return await from.read(sql)
  } catch (error) {
    throw isStatementLimit(error) ? tooSlow(table, error) : error
  }
}

/** 0, rows, sum of digests: the whole table as its only segment */
export const wholeDigestSql = (table: SourceTable): string =>
  `SELECT 0, COUNT(*), SUM(${table.digest})${from(table)}`

/** digest, rows that have it */
export const digestCountsSql = (table: SourceTable, slice: Slice): string =>
  `SELECT d, COUNT(*) FROM (SELECT ${table.digest} AS d${from(table)}${ofSlice(table, slice)}) AS r GROUP BY d`

/** digest, columns … of all rows of the slice */
export const sliceRowsSql = (table: SourceTable, slice: Slice): string =>
  `SELECT ${readRow(table)}${from(table)}${ofSlice(table, slice)}`

/** digest, columns … of all rows with these digests */
export const rowsByDigestSql = (table: SourceTable, digests: readonly bigint[]): string =>
  `SELECT ${readRow(table)}${from(table)} WHERE ${table.digest} IN (${digests.join(', ')})`
