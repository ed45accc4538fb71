/** What the server's own log can vouch for: how far it has come, by its own word and by that of a view. */
import type { SourceConnection, SourceRow } from './connection.ts'
import { logPrefix, startedAt } from './token.ts'

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

/**
 * After RESET BINARY LOGS AND GTIDS, MySQL's log may come to be as long as it was. The caches of transactions that it has written are counted from the
 * server's start, and not set back by that. NULL where there is no performance_schema.
 */
const writtenSql = `(SELECT CONCAT(SUM(IF(VARIABLE_NAME = 'Uptime', VARIABLE_VALUE, 0)), ':', SUM(IF(VARIABLE_NAME = 'Uptime', 0, VARIABLE_VALUE)))
  FROM performance_schema.global_status WHERE VARIABLE_NAME IN ('Uptime', 'Binlog_cache_use', 'Binlog_stmt_cache_use'))`

/** A log of so many transactions is not written anew between two looks; of such it is not asked, since it costs 0.1 ms. */
const longLog = 1_000_000

const isShort = (log: string): boolean =>
  [...log.matchAll(/(\d+)(?=,|$)/g)].every(([end]) => Number(end) < longLog)

/** By connection: its log was long, or there was none. */
const needNotAsk = new WeakSet<SourceConnection>()

export const readLog = async (
  connection: SourceConnection,
): Promise<{ readonly at: string; readonly log: string | undefined }> => {
  const asks = connection.flavour.name === 'mysql' && !needNotAsk.has(connection)
  const [row] = await connection.rows(`SELECT ${clock}, ${logOf(connection)}${asks ? `, ${writtenSql}` : ''}`)
  const log = logFrom(row, 1)
  if (log !== undefined && isShort(log)) needNotAsk.delete(connection)
  else needNotAsk.add(connection)
  const [uptime, written] = (asks ? textOf(row, 2) : undefined)?.split(':') ?? []
  const tells = log !== undefined && uptime !== undefined && isShort(log)
  return { at: textOf(row, 0) ?? '', log: tells ? `${logPrefix}${startedAt(uptime)}:${written}:${log}` : log }
}

/**
 * Of MariaDB's global status, which tells the position of the view that is open on the connection as the session's does. All of it is gathered
 * for whatever is asked of it, so that it is asked once. RESET MASTER lets a log begin anew, which may come to be as long as it was, with the same GTIDs.
 */
export const viewStatus = `information_schema.GLOBAL_STATUS
  WHERE VARIABLE_NAME IN ('Binlog_snapshot_file', 'Binlog_snapshot_position', 'Com_reset', 'Com_xa_commit', 'Uptime')`

type Status = ReadonlyMap<string | undefined, string>

/** `rows`: name and value */
export const statusFrom = (rows: readonly SourceRow[]): Status =>
  new Map(rows.map((row) => [textOf(row, 0)?.toLowerCase(), textOf(row, 1) ?? '']))

export const positionFrom = (status: Status): string | undefined => {
  const file = status.get('binlog_snapshot_file') ?? ''
  const said = [status.get('com_reset'), file, status.get('binlog_snapshot_position')]
  return file === '' ? undefined : `${logPrefix}${startedAt(status.get('uptime') ?? '')}:${said.join(':')}`
}

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
  const status = statusFrom(await connection.rows(`SELECT VARIABLE_NAME, VARIABLE_VALUE FROM ${viewStatus}`))
  return hasSettled(main, status.get('com_xa_commit') ?? '0') ? positionFrom(status) : undefined
}

/** A MariaDB that does not log what it replicates: its log says nothing about its data. */
export const isSilentReplica = (log: string): boolean => log.startsWith('replica')

export const tokenOf = (position: string | undefined, log: string): string | undefined =>
  position === undefined || isSilentReplica(log) ? undefined : `${position}${log}`
