/** What the server's own log can vouch for: how far it has come, by its own word and by that of a view. */
import type { SourceConnection, SourceRow } from './connection.ts'

export const textOf = (row: SourceRow | undefined, column: number): string | undefined =>
  row?.[column]?.toString('utf8')

/** When a statement began, ISO 8601 in UTC: before all that it reads. */
export const clock = "DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%fZ')"

/**
 * What the log can say; NULL without a log. MySQL: gtid_executed, all that is logged. MariaDB: `:` and gtid_binlog_pos, which is
 * too early for a token but tells one log from another after RESET MASTER; `replica` before it where the server does not
 * log what it replicates, so that its log says nothing about its data.
 */
export const logOf = ({ flavour }: SourceConnection): string =>
  flavour.name === 'mysql'
    ? "IF(@@GLOBAL.log_bin AND @@GLOBAL.gtid_mode = 'ON', @@GLOBAL.gtid_executed, NULL)"
    : "IF(@@GLOBAL.log_bin, CONCAT(IF(@@GLOBAL.log_slave_updates OR @@GLOBAL.gtid_slave_pos = '', '', 'replica'), ':', @@GLOBAL.gtid_binlog_pos), NULL)"

/** As `logOf` is told. */
export const logFrom = (row: SourceRow | undefined, column: number): string | undefined =>
  textOf(row, column)?.replaceAll(/\s/g, '')

export const readLog = async (
  connection: SourceConnection,
): Promise<{ readonly at: string; readonly log: string | undefined }> => {
  const [row] = await connection.rows(`SELECT ${clock}, ${logOf(connection)}`)
  return { at: textOf(row, 0) ?? '', log: logFrom(row, 1) }
}

/** Of MariaDB's status. All of it is gathered for whatever is asked of it, so that it is asked once. */
export const isViewPosition = "VARIABLE_NAME IN ('Binlog_snapshot_file', 'Binlog_snapshot_position')"

/** `rows`: name and value */
export const positionFrom = (rows: readonly SourceRow[]): string | undefined => {
  const status = new Map(rows.map((row) => [textOf(row, 0)?.toLowerCase(), textOf(row, 1) ?? '']))
  const file = status.get('binlog_snapshot_file') ?? ''
  return file === '' ? undefined : `${file}:${status.get('binlog_snapshot_position')}`
}

/** Where in its log the view stands that is open on this MariaDB connection; undefined without a log. */
export const viewPosition = async (connection: SourceConnection): Promise<string | undefined> =>
  positionFrom(await connection.rows(`SHOW STATUS WHERE ${isViewPosition}`))

/** A MariaDB that does not log what it replicates: its log says nothing about its data. */
export const isSilentReplica = (log: string): boolean => log.startsWith('replica')

export const tokenOf = (position: string | undefined, log: string): string | undefined =>
  position === undefined || isSilentReplica(log) ? undefined : `${position}${log}`
