/** Statements that other connections to a database have under way, as the server lists them. */
import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../apps/portal/src/db/connect.ts'

/**
 * How many of this database's; other tests ask the same server.
 * @param condition over INFO, the statement's text
 */
export const underWay = async (db: Db, condition: RawBuilder<unknown>): Promise<number> => {
  try {
    const { rows } = await sql`SELECT 1 FROM information_schema.PROCESSLIST
      WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND (${condition})`.execute(db)
    return rows.length
  } catch (error) {
    // MySQL cannot list a statement with a sign beyond utf8mb3, whosever it is: it is over in a moment
    if (error instanceof Error && error.message.includes('from utf8mb4 to utf8mb3')) return 0
    throw error
  }
}
