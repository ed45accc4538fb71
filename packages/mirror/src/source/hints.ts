/** What the server says about each table's last change, for those tables of which it says anything that can be used. */
import type { TableHint } from '../model.ts'
import type { SourceConnection } from './connection.ts'

/** UPDATE_TIME is written at or shortly before the commit, with a grain of one second. */
const settlingSeconds = 5

/**
 * UPDATE_TIME is NULL after the server's restart until the next change, and wherever the engine keeps none; a partitioned table's
 * misses changes of its partitions. Of those nothing is said. MySQL's cache of these values is switched off for the
 * session (connection.ts).
 */
export const readHints = async (connection: SourceConnection): Promise<ReadonlyMap<string, TableHint>> => {
  const rows = await connection.rows(
    `SELECT TABLE_NAME, UPDATE_TIME, CREATE_TIME, TABLE_ROWS, UPDATE_TIME < NOW() - INTERVAL ${settlingSeconds} SECOND,
            UNIX_TIMESTAMP(SYSDATE(6)) * 1000
       FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() AND UPDATE_TIME IS NOT NULL AND CREATE_OPTIONS NOT LIKE '%partitioned%'`,
  )
  const here = performance.now()
  const text = (value: Buffer | null | undefined): string => value?.toString('utf8') ?? ''
  return new Map(
    rows.map(([name, updatedAt, createdAt, count, settled, there]) => [
      text(name),
      {
        updatedAt: text(updatedAt),
        createdAt: text(createdAt),
        rows: text(count),
        settled: text(settled) === '1',
        read: { there: Number(text(there)), here },
      },
    ]),
  )
}
