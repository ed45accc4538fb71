/** Rows into, and out of, a mirrored table that has no key. */
import { quotePostgres } from '../names.ts'
import { copyChunks, copyField, type PostgresRow, type Target } from '../postgres.ts'
import { createLoadSchema } from './load.ts'
import { columnDefinitions, columnList, tableName, type TargetTable } from './shape.ts'

const staging = (tableId: number): string => `mirror_load.${quotePostgres(`staging ${tableId}`)}`

/** PostgreSQL's hash of a row as it prints it; the same for the same row wherever it stands. */
const hashOf = (table: TargetTable, alias: string): string =>
  `hashtextextended(ROW(${table.columns.map(({ name }) => `${alias}.${quotePostgres(name)}`).join(', ')})::text, 0)`

/** Rows wait here, each with its digest, until their hashes are taken and they are moved on. */
export const beginStaging = async (target: Target, table: TargetTable, tableId: number): Promise<void> => {
  await createLoadSchema(target)
  await target.run(`DROP TABLE IF EXISTS ${staging(tableId)}`)
  await target.run(
    `CREATE UNLOGGED TABLE ${staging(tableId)} ("digest of the row" bigint, ${columnDefinitions(table)})`,
  )
}

/** `rows`: a signed digest, then the columns. They go into `into`, and their numbers to mirror.keyless_row. */
export const stageRows = async (
  target: Target,
  table: TargetTable,
  tableId: number,
  rows: readonly (readonly (string | null)[])[],
  into: TargetTable = table,
): Promise<void> => {
  if (rows.length === 0) return
  const lines = function* (): Generator<string> {
    for (const row of rows) yield row.map(copyField).join('\t')
  }
  await target.copy(`COPY ${staging(tableId)} FROM STDIN`, copyChunks(lines()))
  await target.run(
    `INSERT INTO mirror.keyless_row AS k (table_id, digest, row_hash, rows)
     SELECT $1, s."digest of the row", min(${hashOf(table, 's')}), count(*) FROM ${staging(tableId)} s GROUP BY 2
     ON CONFLICT (table_id, digest) DO UPDATE SET rows = k.rows + EXCLUDED.rows`,
    [tableId],
  )
  await target.run(
    `INSERT INTO ${tableName(into)} (${columnList(table)}) SELECT ${columnList(table)} FROM ${staging(tableId)}`,
  )
  await target.run(`TRUNCATE ${staging(tableId)}`)
}

export const endStaging = async (target: Target, tableId: number): Promise<void> => {
  await target.run(`DROP TABLE IF EXISTS ${staging(tableId)}`)
}

/** Takes away so many rows of each hash, and returns them, each after its hash. */
export const deleteByHash = async (
  target: Target,
  table: TargetTable,
  gone: ReadonlyMap<string, number>,
): Promise<PostgresRow[]> => {
  const columns = table.columns.map(({ name }) => `t.${quotePostgres(name)}`)
  return target.rows(
    `WITH hashed AS MATERIALIZED (SELECT t.ctid AS place, ${hashOf(table, 't')} AS hash FROM ${tableName(table)} t),
          numbered AS (
            SELECT h.place, h.hash, g.rows, row_number() OVER (PARTITION BY h.hash) AS number
              FROM hashed h JOIN unnest($1::bigint[], $2::bigint[]) AS g(hash, rows) ON g.hash = h.hash)
     DELETE FROM ${tableName(table)} t USING numbered n WHERE t.ctid = n.place AND n.number <= n.rows
     RETURNING n.hash, ${columns.join(', ')}`,
    [[...gone.keys()], [...gone.values()]],
  )
}

/** A row of the copy for each of these digests, given and returned in 16 hexadecimal digits; none where the record or the copy has none. */
export const readRowsOfDigests = async (
  target: Target,
  table: TargetTable,
  tableId: number,
  digests: readonly string[],
): Promise<ReadonlyMap<string, PostgresRow>> => {
  const columns = table.columns.map(({ name }) => `t.${quotePostgres(name)}`)
  const rows = await target.rows(
    `WITH wanted AS MATERIALIZED (
       SELECT lpad(to_hex(digest), 16, '0') AS digest, row_hash FROM mirror.keyless_row
        WHERE table_id = $1 AND lpad(to_hex(digest), 16, '0') = ANY($2::text[]))
     SELECT DISTINCT ON (w.digest) w.digest, ${columns.join(', ')}
       FROM ${tableName(table)} t JOIN wanted w ON w.row_hash = ${hashOf(table, 't')}`,
    [tableId, digests],
  )
  return new Map(rows.map(([digest, ...row]) => [digest ?? '', row]))
}

/**
 * SELECT of these columns, and behind them a digest for each row, in 16 hexadecimal digits: so many of the rows that look alike have each of the
 * digests that stand for them, and which is whose is nothing, since they look alike. NULL: more such rows than were recorded.
 * `table`: with the columns in the order in which their rows were hashed.
 */
export const rowsWithDigestsSql = (
  table: TargetTable,
  tableId: number,
  columns: readonly string[],
): string => {
  const list = columns.map((column) => `r.${quotePostgres(column)}`)
  return `SELECT ${[...list, 'd."digest of the row"'].join(', ')}
    FROM (SELECT h.*, row_number() OVER (PARTITION BY h."hash of the row") AS "number of the row"
            FROM (SELECT t.*, ${hashOf(table, 't')} AS "hash of the row" FROM ${tableName(table)} t) h) r
    LEFT JOIN (SELECT row_hash, lpad(to_hex(digest), 16, '0') AS "digest of the row",
                      sum(rows) OVER (PARTITION BY row_hash ORDER BY digest) - rows AS before,
                      sum(rows) OVER (PARTITION BY row_hash ORDER BY digest) AS upto
                 FROM mirror.keyless_row WHERE table_id = ${tableId}) d
      ON d.row_hash = r."hash of the row" AND r."number of the row" > d.before AND r."number of the row" <= d.upto`
}

/** Hashes of which the copy holds another number of rows than was recorded: recorded, found. */
export const wrongHashes = async (
  target: Target,
  table: TargetTable,
  tableId: number,
): Promise<{ readonly recorded: number; readonly found: number }[]> => {
  const rows = await target.rows(
    `SELECT coalesce(k.rows, 0), coalesce(f.rows, 0)
       FROM (SELECT row_hash, sum(rows) AS rows FROM mirror.keyless_row WHERE table_id = $1 GROUP BY row_hash) k
       FULL JOIN (SELECT ${hashOf(table, 't')} AS hash, count(*) AS rows FROM ${tableName(table)} t GROUP BY 1) f
         ON f.hash = k.row_hash
      WHERE k.rows IS DISTINCT FROM f.rows LIMIT 1000`,
    [tableId],
  )
  return rows.map(([recorded, found]) => ({ recorded: Number(recorded), found: Number(found) }))
}
