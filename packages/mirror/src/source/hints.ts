/** What the server says about each table's last change, for those tables of which it says anything that can be used. */
import type { TableHint } from '../model.ts'
import type { SourceConnection } from './connection.ts'

/** UPDATE_TIME is written at or shortly before the commit, with a grain of one second; CREATE_TIME, which each DDL moves, has the same. */
const settlingSeconds = 5

const unpartitioned = "CREATE_OPTIONS NOT LIKE '%partitioned%'"
const baseTables = "TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"

export interface TableTimes {
  /** the source's clock before any of it was read, ISO 8601 in UTC; empty where there is no table */
  readonly at: string
  /** what the server calls itself; null where it has no name (MariaDB) */
  readonly server: string | null
  /** all base tables, by name → when made, as the catalogue says it */
  readonly createdAt: ReadonlyMap<string, string>
  readonly hints: ReadonlyMap<string, TableHint>
}

/**
 * One statement. UPDATE_TIME is NULL after the server's restart until the next change, and wherever the engine keeps none; a partitioned table's
 * misses changes of its partitions. Of those there is no hint. MySQL's cache of these values is switched off for the
 * session (connection.ts).
 */
export const readTimes = async (connection: SourceConnection): Promise<TableTimes> => {
  const { identity } = connection.flavour
  const rows = await connection.rows(
    `SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%fZ'), ${identity ?? 'NULL'}, TABLE_NAME, UPDATE_TIME, CREATE_TIME, TABLE_ROWS,
            GREATEST(UPDATE_TIME, CREATE_TIME) < NOW() - INTERVAL ${settlingSeconds} SECOND,
            UPDATE_TIME IS NOT NULL AND ${unpartitioned}, UNIX_TIMESTAMP(SYSDATE(6)) * 1000
       FROM information_schema.TABLES
      WHERE ${baseTables}`,
  )
  const here = performance.now()
  const text = (value: Buffer | null | undefined): string => value?.toString('utf8') ?? ''
  return {
    at: text(rows[0]?.[0]),
    server: rows[0]?.[1]?.toString('utf8') ?? null,
    createdAt: new Map(rows.map((row) => [text(row[2]), text(row[4])])),
    hints: new Map(
      rows
        .filter((row) => text(row[7]) === '1')
        .map(([, , name, updatedAt, createdAt, count, settled, , there]) => [
          text(name),
          {
            updatedAt: text(updatedAt),
            createdAt: text(createdAt),
            rows: text(count),
            settled: text(settled) === '1',
            read: { there: Number(text(there)), here },
          },
        ]),
    ),
  }
}

export const readHints = async (connection: SourceConnection): Promise<ReadonlyMap<string, TableHint>> =>
  (await readTimes(connection)).hints

/** Tables of which there is a hint, or will be with their next change: InnoDB has forgotten the last one when the server starts. */
export const readHinted = async (connection: SourceConnection): Promise<ReadonlySet<string>> => {
  const rows = await connection.rows(
    `SELECT TABLE_NAME FROM information_schema.TABLES
      WHERE ${baseTables} AND ${unpartitioned} AND (UPDATE_TIME IS NOT NULL OR ENGINE = 'InnoDB')`,
  )
  return new Set(rows.map(([name]) => name?.toString('utf8') ?? ''))
}
