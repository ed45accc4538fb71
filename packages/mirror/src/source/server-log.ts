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

/** Position, and how many XA COMMITs have begun on the server. All of it is asked with the view open. */
const viewSql = `SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE ${isViewPosition}
  UNION ALL SELECT 'xa', VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Com_xa_commit'`

/** As for the hints and the redo log; the moment itself is below a millisecond. */
const xaSettlingMs = 5_000

/** By main connection: how many there were, and since when it is known, by performance.now(). */
const xaCommits = new WeakMap<SourceConnection, { readonly count: string; readonly since: number }>()

const hasSettled = (main: SourceConnection, count: string): boolean => {
  const before = xaCommits.get(main)
  const now = performance.now()
  const never = before === undefined && count === '0'
  const since = before?.count === count ? before.since : never ? Number.NEGATIVE_INFINITY : now
  xaCommits.set(main, { count, since })
  return now - since >= xaSettlingMs
}

/**
 * Where in its log the view stands that is open on this MariaDB connection; undefined without a log. And undefined while XA transactions are
 * committed there: their rows become visible a moment after the position has moved, so that of two views at one position only one may see them (22 of
 * 10,383 positions beside 27,421 such commits, 0075). `main`: the connection that knows how long none was.
 */
export const viewPosition = async (
  connection: SourceConnection,
  main: SourceConnection,
): Promise<string | undefined> => {
  const rows = await connection.rows(viewSql)
  const count = textOf(
    rows.find((row) => textOf(row, 0) === 'xa'),
    1,
  )
  return hasSettled(main, count ?? '0') ? positionFrom(rows) : undefined
}

/** A MariaDB that does not log what it replicates: its log says nothing about its data. */
export const isSilentReplica = (log: string): boolean => log.startsWith('replica')

export const tokenOf = (position: string | undefined, log: string): string | undefined =>
  position === undefined || isSilentReplica(log) ? undefined : `${position}${log}`
