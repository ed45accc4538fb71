import { type QueryExecutorProvider, sql } from 'kysely'

/**
 * Every table says its engine, character set and collation itself: a server's default may be another, and the
 * mirror and the foreign keys depend on all three. `utf8mb4_unicode_ci` is known to MySQL and MariaDB alike.
 *
 * IF NOT EXISTS: data definition commits at once on these servers, so a migration that was killed half way is
 * simply run again.
 */
export const createTable = async (
  db: QueryExecutorProvider,
  name: string,
  definition: string,
): Promise<void> => {
  await sql
    .raw(
      `CREATE TABLE IF NOT EXISTS ${name} (${definition}) ENGINE=InnoDB DEFAULT CHARACTER SET=utf8mb4 COLLATE=utf8mb4_unicode_ci`,
    )
    .execute(db)
}

/** For keys that are compared byte by byte: random numbers, request keys, normalised text. */
export const exact = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin'

/** Drops in the order given: those that refer to others first. */
export const dropTables = async (db: QueryExecutorProvider, names: readonly string[]): Promise<void> => {
  for (const name of names) await sql.raw(`DROP TABLE IF EXISTS ${name}`).execute(db)
}
