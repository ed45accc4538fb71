/**
 * The question of an idle poll: has the server written anything? And when was that asked. One statement, where MySQL's redo log is
 * asked two, and none of them on a user's table: the server's log answers, or where no log vouches its redo log (redo.ts).
 *
 * MariaDB tells a connection that has no view open how far the last commit has come that anybody can see: what a view that was opened now would tell,
 * since both are read under the lock under which a commit becomes visible (facts: consistent snapshots). So none is opened for it.
 */
import type { SourceConnection } from './connection.ts'
import { askRedo, hasLog } from './redo.ts'
import {
  clock,
  logFrom,
  logOf,
  positionFrom,
  readLog,
  statusFrom,
  textOf,
  tokenOf,
  viewStatus,
} from './server-log.ts'

export interface Peeked {
  /** the source's clock before any of it was read, ISO 8601 in UTC */
  readonly at: string
  /** undefined: nothing vouches for anything */
  readonly token: string | undefined
}

/** Of a MariaDB with its log on. */
const peekPosition = async (connection: SourceConnection): Promise<Peeked> => {
  const rows = await connection.rows(
    `SELECT VARIABLE_NAME, VARIABLE_VALUE, ${clock}, ${logOf(connection)} FROM ${viewStatus}`,
  )
  const log = logFrom(rows[0], 3)
  return {
    at: textOf(rows[0], 2) ?? '',
    token: log === undefined ? undefined : tokenOf(positionFrom(statusFrom(rows)), log),
  }
}

export const peekToken = async (connection: SourceConnection): Promise<Peeked> => {
  if (!(await hasLog(connection))) {
    const { at, log, token } = await askRedo(connection)
    return { at, token: log ?? token }
  }
  if (connection.flavour.name === 'mariadb') return peekPosition(connection)
  // where its log was switched off since, nothing is known of the redo log yet
  const { at, log } = await readLog(connection)
  return { at, token: log }
}
