/**
 * One consistent view of the source.
 *
 *   closed → open()  → open → read()* → close() → closed
 *
 * It is read over one connection, the way that is always right (facts: consistent snapshots). Before the first read stands a
 * savepoint; rolling back to it after each of them releases the metadata locks that the read took and keeps the read view, so that an ALTER waits
 * for one statement of ours. On MariaDB with the binary log this releases nothing, and the savepoint would be logged, a change to
 * the source and a new token each time: there several connections share the reading (views.ts).
 */
import type { SnapshotProof } from '../types.ts'
import type { PartialAnswer, PassedRows, SourceConnection, SourceRow } from './connection.ts'
import { hasLog, readRedo } from './redo.ts'
import type { RowView } from './row-view.ts'
import { begin, Views, viewsFor } from './views.ts'

export interface Snapshot {
  /** the source's clock just before the view was opened, ISO 8601 in UTC */
  readonly at: string
  /**
   * Equal tokens, equal data, as far as the server's log goes; undefined where there is no log that says so. MySQL:
   * gtid_executed, read before the view (it is announced after the rows are visible). MariaDB: the view's own binary
   * log position (gtid_binlog_pos is announced before the rows are visible, and would lose changes).
   */
  readonly token: string | undefined
  /** single: all that was read came over one connection · proved: over several that saw the same */
  readonly proof: SnapshotProof
  /** A SELECT; `limitMs`: less than what a statement of the session may take. */
  read(sql: string, limitMs?: number): Promise<SourceRow[]>
  /** The first rows, of so many bytes or little more, and at least one. */
  readUpTo(sql: string, mostBytes: number, limitMs?: number): Promise<PartialAnswer>
  /** To be called before a statement that reads much: it may wait for the source to be less busy. */
  ready(): Promise<void>
  /**
   * Before a wait: lets go of the locks for which an ALTER would wait, and keeps what is seen. False where it cannot: only the
   * end of the snapshot releases them.
   */
  letGo(): Promise<boolean>
  /** how long `ready` has waited, in ms */
  readonly idleMs: number
  /** The same, each row as it arrives. */
  eachUpTo(
    sql: string,
    mostBytes: number,
    visit: (row: RowView) => void,
    limitMs?: number,
  ): Promise<PassedRows>
  /** May be called twice. */
  close(): Promise<void>
}

const text = (row: SourceRow | undefined, column: number): string | undefined =>
  row?.[column]?.toString('utf8')

const clock = "DATE_FORMAT(UTC_TIMESTAMP(6), '%Y-%m-%dT%H:%i:%s.%fZ')"

/**
 * What the log can say; NULL without a log. MySQL: gtid_executed, all that is logged. MariaDB: `:` and gtid_binlog_pos, which is
 * too early for a token but tells one log from another after RESET MASTER; `replica` before it where the server does not
 * log what it replicates, so that its log says nothing about its data.
 */
const logOf = ({ flavour }: SourceConnection): string =>
  flavour.name === 'mysql'
    ? "IF(@@GLOBAL.log_bin AND @@GLOBAL.gtid_mode = 'ON', @@GLOBAL.gtid_executed, NULL)"
    : "IF(@@GLOBAL.log_bin, CONCAT(IF(@@GLOBAL.log_slave_updates OR @@GLOBAL.gtid_slave_pos = '', '', 'replica'), ':', @@GLOBAL.gtid_binlog_pos), NULL)"

const before = async (
  connection: SourceConnection,
): Promise<{ readonly at: string; readonly log: string | undefined }> => {
  const [row] = await connection.rows(`SELECT ${clock}, ${logOf(connection)}`)
  return { at: text(row, 0) ?? '', log: text(row, 1)?.replaceAll(/\s/g, '') }
}

/** All of the status is gathered for whatever is asked of it, so that it is asked once. */
const isViewPosition = "Variable_name IN ('Binlog_snapshot_file', 'Binlog_snapshot_position')"

/** `rows`: name and value */
const positionOf = (rows: readonly SourceRow[]): string | undefined => {
  const status = new Map(rows.map((row) => [text(row, 0)?.toLowerCase(), text(row, 1) ?? '']))
  const file = status.get('binlog_snapshot_file') ?? ''
  return file === '' ? undefined : `${file}:${status.get('binlog_snapshot_position')}`
}

/** Where in its log the view stands that is open on this MariaDB connection; undefined without a log. */
const viewPosition = async (connection: SourceConnection): Promise<string | undefined> =>
  positionOf(await connection.rows(`SHOW STATUS WHERE ${isViewPosition}`))

/** A MariaDB that does not log what it replicates: its log says nothing about its data. */
const isSilentReplica = (log: string): boolean => log.startsWith('replica')

const tokenOf = (position: string | undefined, log: string): string | undefined =>
  position === undefined || isSilentReplica(log) ? undefined : `${position}${log}`

/** Of a server's clock, so many milliseconds earlier. */
const earlier = (at: string, ms: number): string => {
  const moment = new Date(Date.parse(at) - Math.ceil(ms))
  return moment.toISOString().replace('Z', '000Z')
}

/**
 * The question of an idle poll: has the server logged anything? And when was that asked. Where no log vouches, its redo log is asked (redo.ts).
 * Three statements at most.
 */
export const peekToken = async (
  connection: SourceConnection,
): Promise<{ readonly at: string; readonly token: string | undefined }> => {
  if (connection.flavour.name === 'mysql' || !(await hasLog(connection))) {
    const { at, log } = await before(connection)
    return { at, token: log ?? (await readRedo(connection)) }
  }
  // The clock is asked with the view open, and set back by all the time since before it was opened.
  const began = performance.now()
  await connection.rows(begin)
  // as a condition: joined to something that is always there, all of the status would be made first, at three times the cost
  const rows = await connection.rows(
    `SELECT VARIABLE_NAME, VARIABLE_VALUE, ${clock}, ${logOf(connection)}
       FROM information_schema.SESSION_STATUS WHERE ${isViewPosition}`,
  )
  const ms = performance.now() - began
  await connection.rows('COMMIT')
  const log = text(rows[0], 3)?.replaceAll(/\s/g, '')
  return {
    at: earlier(text(rows[0], 2) ?? '', ms),
    token: log === undefined ? undefined : tokenOf(positionOf(rows), log),
  }
}

/**
 * `expectedMs`: for how long it is going to be read, as far as is known. It decides how many views are opened where only
 * ending a view releases its locks. `trustLog` false: the log has been caught not telling of a change, so that positions
 * prove nothing and one connection reads all.
 */
export const openSnapshot = async (
  connection: SourceConnection,
  expectedMs = 0,
  trustLog = true,
): Promise<Snapshot> => {
  // The clock is read before the view opens: all that was committed by then is in the view, so that the time
  // stated is never later than the truth.
  const { at, log } = await before(connection)
  const bounded = (sql: string, limitMs: number | undefined): string =>
    limitMs === undefined ? sql : connection.flavour.limited(sql, limitMs)
  if (connection.flavour.name === 'mariadb' && log !== undefined) {
    const vouches = trustLog && !isSilentReplica(log)
    const views = await Views.open(connection, vouches ? viewsFor(expectedMs) : 1, async (view) =>
      vouches ? viewPosition(view) : undefined,
    )
    return {
      at,
      token: tokenOf(views.position, log),
      get proof() {
        return views.used > 1 ? 'proved' : 'single'
      },
      read: async (sql, limitMs) => (await views.reader()).rows(bounded(sql, limitMs)),
      readUpTo: async (sql, mostBytes, limitMs) =>
        (await views.reader()).rowsUpTo(bounded(sql, limitMs), mostBytes),
      ready: async () => undefined,
      letGo: async () => views.letGo(),
      idleMs: 0,
      eachUpTo: async (sql, mostBytes, visit, limitMs) =>
        (await views.reader()).eachUpTo(bounded(sql, limitMs), mostBytes, visit),
      close: async () => views.close(),
    }
  }
  await connection.rows(begin)
  await connection.rows('SAVEPOINT mirror')
  let open = true
  /**
   * After a statement that the server ended, too: the view is still good, and its locks must go. It is waited for at once: while we
   * compare what was read we would not hear the answer, and our own work would count as the source's.
   */
  const release = async (): Promise<void> => {
    if (!connection.broken) await connection.rows('ROLLBACK TO SAVEPOINT mirror')
  }
  const released = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } finally {
      await release()
    }
  }
  return {
    at,
    token: log,
    proof: 'single',
    read: async (sql, limitMs) => released(async () => connection.rows(bounded(sql, limitMs))),
    readUpTo: async (sql, mostBytes, limitMs) =>
      released(async () => connection.rowsUpTo(bounded(sql, limitMs), mostBytes)),
    ready: async () => undefined,
    // nothing is held between two reads
    letGo: async () => true,
    idleMs: 0,
    eachUpTo: async (sql, mostBytes, visit, limitMs) =>
      connection.eachUpTo(bounded(sql, limitMs), mostBytes, visit, release),
    close: async () => {
      if (!open) return
      open = false
      await connection.rows('COMMIT')
    },
  }
}
