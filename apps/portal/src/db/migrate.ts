import { type Kysely, type Migration, Migrator, sql } from 'kysely'
import type { Tables } from './tables.ts'
import { people } from './migrations/0001-people.ts'
import { catalogue } from './migrations/0002-catalogue.ts'
import { registration } from './migrations/0003-registration.ts'
import { imports } from './migrations/0004-import.ts'

/** In the order of their names; a migration that was released is never edited, a new one is added. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-people': people,
  '0002-catalogue': catalogue,
  '0003-registration': registration,
  '0004-import': imports,
}

const explicit = 'ENGINE=InnoDB DEFAULT CHARACTER SET=utf8mb4 COLLATE=utf8mb4_unicode_ci'

/**
 * Brings the database to the newest schema; several processes may call it at once (the Migrator takes a lock).
 * @returns the names of the migrations that ran now
 */
export const migrate = async (db: Kysely<Tables>): Promise<readonly string[]> => {
  // The Migrator would make its own two tables with the database's default character set; these are the same, stated.
  await sql
    .raw(
      `CREATE TABLE IF NOT EXISTS schema_migration (name VARCHAR(255) NOT NULL PRIMARY KEY, timestamp VARCHAR(255) NOT NULL) ${explicit}`,
    )
    .execute(db)
  await sql
    .raw(
      `CREATE TABLE IF NOT EXISTS schema_migration_lock (id VARCHAR(255) NOT NULL PRIMARY KEY, is_locked INTEGER NOT NULL DEFAULT 0) ${explicit}`,
    )
    .execute(db)
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
    migrationTableName: 'schema_migration',
    migrationLockTableName: 'schema_migration_lock',
  })
  const { error, results } = await migrator.migrateToLatest()
  if (error !== undefined)
    throw error instanceof Error ? error : new Error('a migration failed', { cause: error })
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName)
}
