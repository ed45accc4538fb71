/**
 * Has the server written anything at all? The token of servers without a log of their changes: how far InnoDB's redo log has come.
 *
 * Whatever changes an InnoDB table writes to it (rows, DDL, TRUNCATE, what is replicated, `sql_log_bin=0`), and so does each commit,
 * just before its rows are visible. So where the position has stood still for some seconds before a snapshot was
 * opened, no commit was under way, and as long as it stands there nothing is to be read. Unlike the counters of rows, which
 * move with the statement and not with the commit, it moves with both (facts: consistent snapshots; 0052).
 *
 * Nothing is said where the server reads a storage that others write (`innodb_read_only`), and nothing of tables of other engines.
 */
import type { SourceConnection, SourceRow } from './connection.ts'
import { clock, readLog, textOf } from './server-log.ts'
import { valueOf } from './standing.ts'
import { redoPrefix, startedAt } from './token.ts'

/** What does not change while a connection lives. */
interface Settled {
  /** the server's own log answers; on MySQL only with GTIDs */
  readonly hasLog: boolean
  readonly isTold: boolean
}

const known = new WeakMap<SourceConnection, Settled>()

const settledOf = async (connection: SourceConnection): Promise<Settled> => {
  const before = known.get(connection)
  if (before !== undefined) return before
  const log =
    connection.flavour.name === 'mysql'
      ? "@@GLOBAL.log_bin AND @@GLOBAL.gtid_mode = 'ON'"
      : '@@GLOBAL.log_bin'
  const found = await valueOf(
    connection,
    `CONCAT(IF(${log}, 'y', 'n'), IF(@@GLOBAL.innodb_read_only, 'y', 'n'))`,
  )
  const settled = { hasLog: found?.[0] === 'y', isTold: found?.[1] === 'n' }
  known.set(connection, settled)
  return settled
}

export const hasLog = async (connection: SourceConnection): Promise<boolean> =>
  (await settledOf(connection)).hasLog

/**
 * MySQL tells the position itself once a second only; the count of writes to the log moves with each of them. MariaDB tells the position as
 * it is. MySQL's log can be switched off, for a large import, and then nothing moves it.
 */
const counters = {
  mariadb: ['innodb_lsn_current'],
  mysql: ['innodb_log_write_requests', 'innodb_redo_log_enabled'],
} as const

const tellsNothing: ReadonlySet<string | undefined> = new Set([undefined, '0', 'OFF'])

/** MariaDB makes tables of other engines without InnoDB; their names are told without opening any of them. */
const namesSql =
  'SELECT COUNT(*), SUM(CRC32(TABLE_NAME)) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()'

export interface RedoAnswer {
  /** the source's clock before any of it was read, ISO 8601 in UTC */
  readonly at: string
  /** what the server's log says, where it has been switched on since (server-log.ts) */
  readonly log: string | undefined
  /** undefined where nothing is told */
  readonly token: string | undefined
}

/** `status`: name and value; `others`: what else must stand still */
const tokenFrom = (
  name: keyof typeof counters,
  status: readonly SourceRow[],
  others: readonly (Buffer | null)[],
): string | undefined => {
  const values = new Map(status.map((row) => [textOf(row, 0)?.toLowerCase(), textOf(row, 1) ?? '']))
  const uptime = values.get('uptime')
  const told = counters[name].map((word) => values.get(word))
  if (uptime === undefined || told.some((value) => tellsNothing.has(value))) return undefined
  return redoPrefix + [startedAt(uptime), ...told, ...others.map(String)].join(':')
}

const isWanted = (name: keyof typeof counters): string =>
  `VARIABLE_NAME IN (${[...counters[name], 'uptime'].map((word) => `'${word}'`).join(', ')})`

const askMysql = async (connection: SourceConnection): Promise<string | undefined> =>
  tokenFrom('mysql', await connection.rows(`SHOW GLOBAL STATUS WHERE ${isWanted('mysql')}`), [])

/** All of it stands in tables that everybody may read. */
const askMariadb = async (connection: SourceConnection): Promise<RedoAnswer> => {
  const rows = await connection.rows(
    `SELECT VARIABLE_NAME, VARIABLE_VALUE, ${clock}, names.*
       FROM information_schema.GLOBAL_STATUS, (${namesSql}) names WHERE ${isWanted('mariadb')}`,
  )
  const token = tokenFrom('mariadb', rows, rows[0]?.slice(3) ?? [])
  return { at: textOf(rows[0], 2) ?? '', log: undefined, token }
}

/** Of a server without a log, after the first time on a connection: one statement on MariaDB, two on MySQL. */
export const askRedo = async (connection: SourceConnection): Promise<RedoAnswer> => {
  const { isTold } = await settledOf(connection)
  if (isTold && connection.flavour.name === 'mariadb') return askMariadb(connection)
  const answer = await readLog(connection)
  const token = isTold && answer.log === undefined ? await askMysql(connection) : undefined
  return { ...answer, token }
}

/** Undefined where the log answers, or where nothing is told. One statement. */
export const readRedo = async (connection: SourceConnection): Promise<string | undefined> => {
  const { hasLog, isTold } = await settledOf(connection)
  if (hasLog || !isTold) return undefined
  return connection.flavour.name === 'mysql' ? askMysql(connection) : (await askMariadb(connection)).token
}
