/**
 * One consistent view of the source, over one connection: the way that is always right (facts: consistent
 * snapshots).
 *
 *   closed → open()  → open → read()* → close() → closed
 *
 * Around each read stands a savepoint; rolling back to it releases the metadata locks that the read took and keeps
 * the read view, so that an ALTER waits for one statement of ours. On MariaDB with the binary log this releases
 * nothing, and the savepoint would be logged: there an ALTER of a table that was read waits until the snapshot ends.
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

const text = (row: SourceRow | undefined, column: number): string | undefined =>
  row?.[column]?.toString('utf8')

const begin = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY'

/**
 * The clock, and what the log can say; undefined without a log. MySQL: gtid_executed, all that is logged. MariaDB:
 * `:` and gtid_binlog_pos, which is too early for a token but tells one log from another after RESET MASTER; `replica`
 * before it where the server does not log what it replicates, so that its log says nothing about its data.
 */
const before = async (
  connection: SourceConnection,
): Promise<{ readonly at: string; readonly log: string | undefined }> => {
  const log =
    connection.flavour.name === 'mysql'
      ? "IF(@@GLOBAL.log_bin AND @@GLOBAL.gtid_mode = 'ON', @@GLOBAL.gtid_executed, NULL)"
      : "IF(@@GLOBAL.log_bin, CONCAT(IF(@@GLOBAL.log_slave_updates OR @@GLOBAL.gtid_slave_pos = '', '', 'replica'), ':', @@GLOBAL.gtid_binlog_pos), NULL)"
  const [row] = await connection.rows(`SELECT DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%fZ'), ${log}`)
  return { at: text(row, 0) ?? '', log: text(row, 1)?.replaceAll(/\s/g, '') }
}

/** The token of the view that is open on this MariaDB connection. */
const viewToken = async (connection: SourceConnection, log: string): Promise<string | undefined> => {
  if (log.startsWith('replica')) return undefined
  const rows = await connection.rows(
    "SHOW STATUS WHERE Variable_name IN ('Binlog_snapshot_file', 'Binlog_snapshot_position')",
  )
  const status = new Map(rows.map((row) => [text(row, 0)?.toLowerCase(), text(row, 1) ?? '']))
  const file = status.get('binlog_snapshot_file') ?? ''
  if (file === '') return undefined
  return `${file}:${status.get('binlog_snapshot_position')}${log}`
}

/** The question of an idle poll: has the server logged anything? And when was that asked. */
export const peekToken = async (
  connection: SourceConnection,
): Promise<{ readonly at: string; readonly token: string | undefined }> => {
  const { at, log } = await before(connection)
  if (connection.flavour.name === 'mysql' || log === undefined) return { at, token: log }
  await connection.rows(begin)
  const token = await viewToken(connection, log)
  await connection.rows('COMMIT')
  return { at, token }
}

export const openSnapshot = async (connection: SourceConnection): Promise<Snapshot> => {
  // The clock is read before the view opens: all that was committed by then is in the view, so that the time
  // stated is never later than the truth.
  const { at, log } = await before(connection)
  await connection.rows(begin)
  const token =
    connection.flavour.name === 'mysql' || log === undefined ? log : await viewToken(connection, log)
  let open = true
  return {
    at,
    token,
    read: async (sql) => {
      // There it would release nothing, and be written to the log: a change to the source, and a new token each time.
      if (connection.flavour.name === 'mariadb' && log !== undefined) return connection.rows(sql)
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
