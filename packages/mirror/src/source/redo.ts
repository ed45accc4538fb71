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
import type { SourceConnection } from './connection.ts'
import { valueOf } from './standing.ts'

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

/** Such tokens begin with it. */
export const redoPrefix = 'redo:'

const statusOf = (name: 'mariadb' | 'mysql'): string =>
  [...counters[name], 'uptime'].map((word) => `'${word}'`).join(', ')

/** MariaDB makes tables of other engines without InnoDB; their names are told without opening any of them, and are asked for first. */
const onMariadb = `
  SELECT 'names', CONCAT(COUNT(*), ':', IFNULL(SUM(CRC32(TABLE_NAME)), '')) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
   UNION ALL SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN (${statusOf('mariadb')})`

const onMysql = `SHOW GLOBAL STATUS WHERE Variable_name IN (${statusOf('mysql')})`

/** Undefined where the log answers, or where nothing is told. One statement, after the first time on a connection. */
export const readRedo = async (connection: SourceConnection): Promise<string | undefined> => {
  const { hasLog, isTold } = await settledOf(connection)
  if (hasLog || !isTold) return undefined
  const { name } = connection.flavour
  const rows = await connection.rows(name === 'mysql' ? onMysql : onMariadb)
  const status = new Map(
    rows.map(([word, value]) => [String(word).toLowerCase(), value?.toString('latin1') ?? '']),
  )
  const uptime = status.get('uptime')
  const told = counters[name].map((word) => status.get(word))
  if (uptime === undefined || told.some((value) => tellsNothing.has(value))) return undefined
  const names = status.get('names')
  // One process of the server, by our own clock: a crash may take the position back to where it was.
  const startedAt = Math.round(Date.now() / 1_000) - Number(uptime)
  return redoPrefix + [startedAt, ...told, ...(names === undefined ? [] : [names])].join(':')
}

/** The server counts whole seconds, and its answer was on the way. */
const startToleranceSeconds = 2

/** Of whatever kind they are: did nothing happen in between? */
export const sameToken = (a: string | null | undefined, b: string | null | undefined): boolean => {
  if (a === null || a === undefined || b === null || b === undefined) return false
  if (!a.startsWith(redoPrefix) || !b.startsWith(redoPrefix)) return a === b
  const [startedAt, ...said] = a.slice(redoPrefix.length).split(':')
  const [otherStart, ...otherSaid] = b.slice(redoPrefix.length).split(':')
  return (
    said.join(':') === otherSaid.join(':') &&
    Math.abs(Number(startedAt) - Number(otherStart)) <= startToleranceSeconds
  )
}
