/**
 * What the source says of itself beyond its tables: its log, its rights, whether it replicates. An account with SELECT
 * alone is not told everything; what it is not told is null, never a guess.
 */
import { MirrorError } from '../errors.ts'
import type { SourceConnection } from './connection.ts'

/** An expression's text; null for NULL, and where the server does not know it or does not say. */
export const valueOf = async (connection: SourceConnection, expression: string): Promise<string | null> => {
  try {
    const [row] = await connection.rows(`SELECT ${expression}`)
    return row?.[0]?.toString('utf8') ?? null
  } catch (error) {
    if (error instanceof MirrorError && error.code === 'MIRROR_1008') return null
    throw error
  }
}

export const statusOf = async (connection: SourceConnection, name: string): Promise<string | null> => {
  const [row] = await connection.rows(`SHOW STATUS LIKE '${name}'`)
  return row?.[1]?.toString('utf8') || null
}

/** How many ALTERs were begun since the server started, whosever tables they were of; also from procedures and prepared statements. */
export const countAlters = async (connection: SourceConnection): Promise<string> => {
  const [row] = await connection.rows("SHOW GLOBAL STATUS LIKE 'Com_alter_table'")
  return row?.[1]?.toString('latin1') ?? ''
}

/** Threads that are at work on the server now, ours among them. */
export const threadsRunning = async (connection: SourceConnection): Promise<number> => {
  const [row] = await connection.rows("SHOW GLOBAL STATUS LIKE 'Threads_running'")
  return Number(row?.[1]?.toString('latin1') ?? 0)
}

/** GRANT … ON … TO …; MariaDB writes the password's hash behind it. */
export const readGrants = async (connection: SourceConnection): Promise<readonly string[]> =>
  (await connection.rows('SHOW GRANTS FOR CURRENT_USER()')).map(
    (row) =>
      row[0]?.toString('utf8').replace(/ IDENTIFIED (BY|VIA|WITH) .*?(?= REQUIRE | WITH |$)/, '') ?? '',
  )

/** Rights that read only: of rows, of definitions, of the server's own standing. */
const reading =
  /^GRANT (?:(?:USAGE|SELECT(?:\s*\([^)]*\))?|SHOW VIEW|REPLICATION CLIENT|BINLOG MONITOR|(?:SLAVE|REPLICA) MONITOR)(?:, )?)+ ON (?!.* WITH GRANT OPTION)/i

export const mayOnlyRead = (grant: string): boolean => reading.test(grant)

export interface Replication {
  /** null: the account may not see it */
  readonly replica: boolean | null
  /** null: not a replica, not running, or not to be seen */
  readonly behindSeconds: number | null
  /** null when both of its threads run, or when it cannot be seen */
  readonly stopped: string | null
}

/** Columns of SHOW REPLICA STATUS, the same since MySQL 5 and in MariaDB: rows come without names. */
const ioRunning = 10
const sqlRunning = 11
const secondsBehind = 32

export const readReplication = async (connection: SourceConnection): Promise<Replication> => {
  const statements =
    connection.flavour.name === 'mysql' ? ['SHOW REPLICA STATUS', 'SHOW SLAVE STATUS'] : ['SHOW SLAVE STATUS']
  for (const sql of statements) {
    try {
      const [row] = await connection.rows(sql)
      if (row === undefined) return { replica: false, behindSeconds: null, stopped: null }
      const word = (index: number): string => row[index]?.toString('utf8') ?? ''
      const seconds = word(secondsBehind)
      const running = word(ioRunning) === 'Yes' && word(sqlRunning) === 'Yes'
      return {
        replica: true,
        behindSeconds: /^\d+$/.test(seconds) ? Number(seconds) : null,
        stopped: running ? null : `IO ${word(ioRunning)}, SQL ${word(sqlRunning)}`,
      }
    } catch (error) {
      // not allowed, or (before MySQL 8.0.22, and after 8.4) not known
      if (!(error instanceof MirrorError) || error.code !== 'MIRROR_1008') throw error
    }
  }
  // MariaDB tells everybody whether its replication runs, and a server that replicated has a position in it
  if (connection.flavour.name === 'mariadb') {
    const position = await valueOf(connection, '@@GLOBAL.gtid_slave_pos')
    const runs = await connection.rows("SHOW GLOBAL STATUS LIKE 'Slave_running'")
    if (runs[0]?.[1]?.toString('utf8') === 'ON') return { replica: true, behindSeconds: null, stopped: null }
    return { replica: position === '' ? false : null, behindSeconds: null, stopped: null }
  }
  return { replica: null, behindSeconds: null, stopped: null }
}
