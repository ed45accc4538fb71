/** Statements that other connections to a database have under way, as the server lists them. */
import { type RawBuilder, sql } from 'kysely'
import type { onSource } from '../../packages/devstack/src/index.ts'
import type { Db } from '../../apps/portal/src/db/connect.ts'

/** MySQL cannot list a statement with a sign beyond utf8mb3, whosever it is: it is over in a moment. */
const isUnlisted = (error: unknown): boolean =>
  error instanceof Error && /Cannot convert string|from utf8mb4 to utf8mb3/.test(error.message)

/** What is asked of the list of processes, or of transactions; undefined where one of the statements cannot be listed. */
export const listed = async <T>(look: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await look()
  } catch (error) {
    if (isUnlisted(error)) return undefined
    throw error
  }
}

/**
 * How many of this database's; other tests ask the same server.
 * @param condition over INFO, the statement's text
 */
export const underWay = async (db: Db, condition: RawBuilder<unknown>): Promise<number> => {
  const found = await listed(async () =>
    sql`SELECT 1 FROM information_schema.PROCESSLIST
      WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND (${condition})`.execute(db),
  )
  return found?.rows.length ?? 0
}

type Connection = Parameters<Parameters<typeof onSource>[1]>[0]

/** Does a statement of the connection's database wait for a metadata lock, as an ALTER does behind who reads? */
export const waitsForLock = async (connection: Connection): Promise<boolean> => {
  const found = await listed(async () =>
    connection.query(
      "SELECT 1 FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND STATE LIKE '%table metadata lock%'",
    ),
  )
  return Array.isArray(found?.[0]) && found[0].length > 0
}
