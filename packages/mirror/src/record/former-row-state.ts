/**
 * Where digests stood before they were packed: a partition of mirror.row_state for each table. The upgrade copies them; they go afterwards,
 * each in a transaction of its own: to drop thousands of tables in one takes more locks than PostgreSQL has by default. Whoever leads next
 * goes on with what is left, and nobody waits for who reads them, such as a dump of the target.
 */
import { quotePostgres } from '../names.ts'
import { inTransaction, sqlStateOf, type Target } from '../postgres.ts'

const lockNotAvailable = '55P03'

export const dropFormerRowStates = async (target: Target): Promise<void> => {
  const rows = await target.rows(
    `SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname IN ('mirror', 'mirror_load') AND c.relkind IN ('r', 'p') AND c.relname ~ '^row_state(_[0-9]+)?$'
      ORDER BY c.relkind = 'p'`,
  )
  try {
    for (const [schema, name] of rows)
      await inTransaction(target, async () => {
        await target.run("SET LOCAL lock_timeout = '1s'")
        await target.run(`DROP TABLE IF EXISTS ${quotePostgres(schema ?? '')}.${quotePostgres(name ?? '')}`)
      })
  } catch (error) {
    if (sqlStateOf(error) !== lockNotAvailable) throw error
  }
}
