/** Which server this is, and how far its own log says that it has come. */
import { mysqlText } from '../names.ts'
import type { SourceConnection } from './connection.ts'

export interface SourceIdentity {
  /** null where the server has none (MariaDB): then the times at which its tables were made must do */
  readonly server: string | null
  /** all transactions that it has logged; null where there is no such log */
  readonly position: string | null
}

export const readIdentity = async (connection: SourceConnection): Promise<SourceIdentity> => {
  const { flavour } = connection
  const logged =
    flavour.name === 'mysql'
      ? "IF(@@GLOBAL.gtid_mode = 'ON', @@GLOBAL.gtid_executed, NULL)"
      : 'IF(@@GLOBAL.log_bin, @@GLOBAL.gtid_binlog_pos, NULL)'
  const [row] = await connection.rows(`SELECT ${flavour.identity ?? 'NULL'}, ${logged}`)
  const [server = null, position = ''] = (row ?? []).map((value) =>
    value?.toString('utf8').replaceAll(/\s/g, ''),
  )
  return { server, position: position === '' ? null : position }
}

/** MariaDB's positions: domain-server-sequence, one a domain. Sequences only grow. */
const sequences = (position: string): Map<string, bigint> =>
  new Map(
    position.split(',').flatMap((gtid) => {
      const [domain, , sequence] = gtid.split('-')
      return domain === undefined || sequence === undefined ? [] : [[domain, BigInt(sequence)] as const]
    }),
  )

/** True when something that was logged at `before` is no longer there: a restore from an older backup. */
export const hasLostGround = async (
  connection: SourceConnection,
  before: string,
  now: string | null,
): Promise<boolean> => {
  // A log that was switched off or thrown away proves nothing, but no longer vouches for anything either.
  if (now === null) return true
  if (connection.flavour.name === 'mysql') {
    const [row] = await connection.rows(`SELECT GTID_SUBSET(${mysqlText(before)}, ${mysqlText(now)})`)
    return row?.[0]?.toString() !== '1'
  }
  const current = sequences(now)
  return [...sequences(before)].some(([domain, sequence]) => (current.get(domain) ?? -1n) < sequence)
}
