/** Which server this is, and how far its own log says that it has come. */
import { mysqlText } from '../names.ts'
import type { SourceConnection } from './connection.ts'

export interface SourceIdentity {
  /** null where the server has none (MariaDB): then the times at which its tables were made must do */
  readonly server: string | null
  /** all transactions that it has logged; null where there is no such log */
  readonly position: string | null
  /** something that was logged at the position before is no longer there: a restore from an older backup */
  readonly lostGround: boolean
}

/** MariaDB's positions: domain-server-sequence, one a domain. Sequences only grow. */
const sequences = (position: string): Map<string, bigint> =>
  new Map(
    position.split(',').flatMap((gtid) => {
      const [domain, , sequence] = gtid.split('-')
      return domain === undefined || sequence === undefined ? [] : [[domain, BigInt(sequence)] as const]
    }),
  )

const holdsAll = (before: string, now: string): boolean => {
  const current = sequences(now)
  return [...sequences(before)].every(([domain, sequence]) => (current.get(domain) ?? -1n) >= sequence)
}

/** One statement. `before`: the position that was recorded last; null: none was. */
export const readIdentity = async (
  connection: SourceConnection,
  before: string | null,
): Promise<SourceIdentity> => {
  const { flavour } = connection
  const isMysql = flavour.name === 'mysql'
  const logged = isMysql
    ? "IF(@@GLOBAL.gtid_mode = 'ON', @@GLOBAL.gtid_executed, NULL)"
    : 'IF(@@GLOBAL.log_bin, @@GLOBAL.gtid_binlog_pos, NULL)'
  const stands =
    isMysql && before !== null
      ? `IF(@@GLOBAL.gtid_mode = 'ON', GTID_SUBSET(${mysqlText(before)}, @@GLOBAL.gtid_executed), NULL)`
      : 'NULL'
  const [row] = await connection.rows(`SELECT ${flavour.identity ?? 'NULL'}, ${logged}, ${stands}`)
  const [server = null, logPosition = '', subset] = (row ?? []).map((value) =>
    value?.toString('utf8').replaceAll(/\s/g, ''),
  )
  const position = logPosition === '' ? null : logPosition
  // A log that was switched off or thrown away proves nothing, but no longer vouches for anything either.
  const isThere = position !== null && (isMysql ? subset === '1' : holdsAll(before ?? '', position))
  return { server, position, lostGround: before !== null && !isThere }
}
