/** Changed rows → one mirrored table, set by set: no statement for a single row. */
import { quotePostgres } from '../names.ts'
import type { CanonicalKey } from '../model.ts'
import type { PostgresRow, Target } from '../postgres.ts'
import { castTo, columnList, joinKeys, tableName, type TargetTable, toColumns, unnest } from './shape.ts'

/** Inserts the rows, or puts them in the place of those with the same key. */
export const upsertRows = async (
  target: Target,
  table: TargetTable,
  rows: readonly (readonly (string | null)[])[],
): Promise<void> => {
  if (rows.length === 0) return
  const values = table.columns.map((_, index) => castTo(table, index, `r.c${index}`))
  const key = table.key.map((index) => quotePostgres(table.columns[index]?.name ?? ''))
  const others = table.columns
    .filter((_, index) => !table.key.includes(index))
    .map((column) => quotePostgres(column.name))
  const action =
    others.length === 0
      ? 'NOTHING'
      : `UPDATE SET ${others.map((column) => `${column} = EXCLUDED.${column}`).join(', ')}`
  await target.run(
    `INSERT INTO ${tableName(table)} (${columnList(table)}) SELECT ${values.join(', ')} FROM ${unnest(table.columns.length)}
     ON CONFLICT (${key.join(', ')}) DO ${action}`,
    toColumns(rows, table.columns.length),
  )
}

/** How many of these rows were not there: one whose key is taken is left as it stands. */
export const insertRows = async (
  target: Target,
  table: TargetTable,
  rows: readonly (readonly (string | null)[])[],
): Promise<number> => {
  if (rows.length === 0) return 0
  const values = table.columns.map((_, index) => castTo(table, index, `r.c${index}`))
  return target.run(
    `INSERT INTO ${tableName(table)} (${columnList(table)}) SELECT ${values.join(', ')} FROM ${unnest(table.columns.length)}
     ON CONFLICT DO NOTHING`,
    toColumns(rows, table.columns.length),
  )
}

/** Positions of the pairs of which PostgreSQL does not print the one, as jsonb, as the other stands there. */
export const otherDocuments = async (
  target: Target,
  pairs: readonly { readonly given: string | null; readonly shown: string | null }[],
): Promise<readonly number[]> => {
  const asked = pairs.map(({ given }) => given)
  if (asked.length === 0) return []
  const printed = await target.rows(
    'SELECT e::jsonb::text FROM unnest($1::text[]) WITH ORDINALITY AS u(e, n) ORDER BY n',
    [asked],
  )
  return pairs.flatMap(({ shown }, at) => ((printed[at]?.[0] ?? null) === shown ? [] : at))
}

export const deleteRows = async (
  target: Target,
  table: TargetTable,
  keys: readonly CanonicalKey[],
): Promise<void> => {
  if (keys.length === 0) return
  const conditions = table.key.map(
    (column, position) =>
      `t.${quotePostgres(table.columns[column]?.name ?? '')} = ${castTo(table, column, `r.c${position}`)}`,
  )
  await target.run(
    `DELETE FROM ${tableName(table)} AS t USING ${unnest(table.key.length)} WHERE ${conditions.join(' AND ')}`,
    toColumns(keys, table.key.length),
  )
}

/** The rows that stand in the mirror under these keys, all columns as PostgreSQL prints them; in no order. */
export const readRows = async (
  target: Target,
  table: TargetTable,
  keys: readonly CanonicalKey[],
): Promise<PostgresRow[]> => {
  if (keys.length === 0) return []
  const columns = table.columns.map((column) => `t.${quotePostgres(column.name)}`)
  return target.rows(
    `SELECT ${columns.join(', ')} FROM ${joinKeys(table)}`,
    toColumns(keys, table.key.length),
  )
}

/** What the rows that stand under these keys weigh as text; those that do not stand there are left out. */
export const readWeights = async (
  target: Target,
  table: TargetTable,
  keys: readonly CanonicalKey[],
): Promise<{ readonly key: CanonicalKey; readonly bytes: number }[]> => {
  if (keys.length === 0) return []
  const given = table.key.map((_, position) => `r.c${position}`)
  const sizes = table.columns.map(
    (column) => `coalesce(octet_length(t.${quotePostgres(column.name)}::text), 0)`,
  )
  const rows = await target.rows(
    `SELECT ${given.join(', ')}, ${sizes.join(' + ')} FROM ${joinKeys(table)}`,
    toColumns(keys, table.key.length),
  )
  return rows.map((row) => ({
    key: row.slice(0, -1).map((part) => part ?? ''),
    bytes: Number(row.at(-1)),
  }))
}
