/**
 * Is a new connection one to the server that was read before? A name or an address may lead elsewhere after a failover, and positions in two logs say
 * nothing of each other: two servers that were filled from dumps past their logs stand at the same one, with other rows (0081). A server that was
 * started anew counts as another one, since its data may be.
 */
import { serverMark } from './definitions.ts'
import type { SourceConnection } from './connection.ts'

export interface ServerSeen {
  readonly mark: string
  /** in seconds, by a clock of this process that nobody can set */
  readonly startedAt: number
}

/** The server counts whole seconds, and its answer was on the way. */
const toleranceSeconds = 2

export const readServerSeen = async (connection: SourceConnection): Promise<ServerSeen> => {
  const mark = await serverMark(connection)
  const [row] = await connection.rows("SHOW GLOBAL STATUS LIKE 'Uptime'")
  return { mark, startedAt: performance.now() / 1_000 - Number(row?.[1]?.toString('latin1') ?? 0) }
}

export const isSameServer = (a: ServerSeen, b: ServerSeen): boolean =>
  a.mark === b.mark && Math.abs(a.startedAt - b.startedAt) <= toleranceSeconds
