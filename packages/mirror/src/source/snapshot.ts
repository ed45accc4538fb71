/**
 * One consistent view of the source, over one connection: the way that is always right (facts: consistent
 * snapshots).
 *
 *   closed → open()  → open → read()* → close() → closed
 *
 * Around each read stands a savepoint; rolling back to it releases the metadata locks that the read took and keeps
 * the read view, so that an ALTER waits for one statement of ours. On MariaDB with the binary log this releases
 * nothing: there the snapshot must stay short, and its owner bounds its age.
 */
import type { SourceConnection, SourceRow } from './connection.ts'

export interface Snapshot {
  /** the source's clock just before the view was opened, ISO 8601 in UTC */
  readonly at: string
  /**
   * Equal tokens, equal data, as far as the server's log goes; undefined where there is no log that says so. MySQL:
   * gtid_executed, read before the view (it is announced after the rows are visible). MariaDB: the view's own binary
   * log position (gtid_binlog_pos is announced before the rows are visible, and would lose changes).
   */
  readonly token: string | undefined
  read(sql: string): Promise<SourceRow[]>
  /** May be called twice. */
  close(): Promise<void>
}

const value = (rows: readonly SourceRow[], column = 0): string | undefined =>
  rows[0]?.[column]?.toString('utf8')

const mysqlToken = async (connection: SourceConnection): Promise<string | undefined> => {
  const rows = await connection.rows(
    "SELECT IF(@@GLOBAL.log_bin AND @@GLOBAL.gtid_mode = 'ON', @@GLOBAL.gtid_executed, NULL)",
  )
  return value(rows)?.replaceAll(/\s/g, '')
}

const mariadbToken = async (connection: SourceConnection): Promise<string | undefined> => {
  const rows = await connection.rows("SHOW STATUS LIKE 'binlog_snapshot_%'")
  const status = new Map(rows.map((row) => [row[0]?.toString().toLowerCase(), row[1]?.toString() ?? '']))
  const file = status.get('binlog_snapshot_file') ?? ''
  return file === '' ? undefined : `${file}:${status.get('binlog_snapshot_position')}`
}

const begin = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY'

const clock = async (connection: SourceConnection): Promise<string> =>
  value(await connection.rows("SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%fZ')")) ?? ''

/** The question of an idle poll: has the server logged anything? And when was that asked. */
export const peekToken = async (
  connection: SourceConnection,
): Promise<{ readonly at: string; readonly token: string | undefined }> => {
  const at = await clock(connection)
  if (connection.flavour.name === 'mysql') return { at, token: await mysqlToken(connection) }
  await connection.rows(begin)
  const token = await mariadbToken(connection)
  await connection.rows('COMMIT')
  return { at, token }
}

export const openSnapshot = async (connection: SourceConnection): Promise<Snapshot> => {
  const isMysql = connection.flavour.name === 'mysql'
  // The clock is read before the view opens: all that was committed by then is in the view, so that the time
  // stated is never later than the truth.
  const at = await clock(connection)
  const before = isMysql ? await mysqlToken(connection) : undefined
  await connection.rows(begin)
  const token = isMysql ? before : await mariadbToken(connection)
  let open = true
  return {
    at,
    token,
    read: async (sql) => {
      await connection.rows('SAVEPOINT mirror')
      const rows = await connection.rows(sql)
      await connection.rows('ROLLBACK TO SAVEPOINT mirror')
      return rows
    },
    close: async () => {
      if (!open) return
      open = false
      await connection.rows('COMMIT')
    },
  }
}
