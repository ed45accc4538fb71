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
import type { RowView } from './row-view.ts'
import { isSilentReplica, readLog, tokenOf, viewPosition } from './server-log.ts'
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
  const { at, log } = await readLog(connection)
  const bounded = (sql: string, limitMs: number | undefined): string =>
    limitMs === undefined ? sql : connection.flavour.limited(sql, limitMs)
  if (connection.flavour.name === 'mariadb' && log !== undefined) {
    const vouches = trustLog && !isSilentReplica(log)
    const views = await Views.open(connection, vouches ? viewsFor(expectedMs) : 1, async (view) =>
      vouches ? viewPosition(view, connection) : undefined,
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
