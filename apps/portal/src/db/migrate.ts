import { type Kysely, type Migration, Migrator, sql } from 'kysely'
import { PortalError } from '../errors.ts'
import { type Tables, tableNames } from './tables.ts'
import { people } from './migrations/0001-people.ts'
import { catalogue } from './migrations/0002-catalogue.ts'
import { registration } from './migrations/0003-registration.ts'
import { imports } from './migrations/0004-import.ts'
import { signIns } from './migrations/0005-sign-ins.ts'
import { seats } from './migrations/0006-seats.ts'
import { rules } from './migrations/0007-rules.ts'
import { student } from './migrations/0008-student.ts'
import { office } from './migrations/0009-office.ts'
import { requests } from './migrations/0010-requests.ts'
import { leftByImports } from './migrations/0011-imports.ts'
import { revision } from './migrations/0012-revision.ts'
import { desk } from './migrations/0013-desk.ts'
import { together } from './migrations/0014-together.ts'
import { accountMail } from './migrations/0015-account-mail.ts'
import { facts } from './migrations/0016-facts.ts'
import { allReasons } from './migrations/0017-all-reasons.ts'

/** In the order of their names; a migration that was released is never edited, a new one is added. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-people': people,
  '0002-catalogue': catalogue,
  '0003-registration': registration,
  '0004-import': imports,
  '0005-sign-ins': signIns,
  '0006-seats': seats,
  '0007-rules': rules,
  '0008-student': student,
  '0009-office': office,
  '0010-requests': requests,
  '0011-imports': leftByImports,
  '0012-revision': revision,
  '0013-desk': desk,
  '0014-together': together,
  '0015-account-mail': accountMail,
  '0016-facts': facts,
  '0017-all-reasons': allReasons,
}

const explicit = 'ENGINE=InnoDB DEFAULT CHARACTER SET=utf8mb4 COLLATE=utf8mb4_unicode_ci'

/** Tables of these names, by any hand; lower case, as some servers keep them so. */
const found = async (db: Kysely<Tables>, names: readonly string[]): Promise<readonly string[]> => {
  const { rows } = await sql<{ name: string }>`
    SELECT LOWER(table_name) AS name FROM information_schema.tables
     WHERE table_schema = DATABASE() AND LOWER(table_name) IN (${sql.join(names)})
     ORDER BY 1`.execute(db)
  return rows.map(({ name }) => name)
}

/** Our own record of what ran; a table of that name that another program made for itself has other columns. */
const isOurs = async (db: Kysely<Tables>): Promise<boolean> => {
  const { rows } = await sql<{ name: string }>`
    SELECT LOWER(column_name) AS name FROM information_schema.columns
     WHERE table_schema = DATABASE() AND LOWER(table_name) = 'schema_migration'
     ORDER BY 1`.execute(db)
  return rows.map(({ name }) => name).join() === 'name,timestamp'
}

/**
 * A database in which tables of our names stand without our record of migrations is another program's: every CREATE TABLE
 * IF NOT EXISTS would pass its tables by, and the rest would be built among them.
 */
const refuseForeign = async (db: Kysely<Tables>): Promise<void> => {
  // the record is made before any table, so whatever a killed migration left behind is known as ours
  if (await isOurs(db)) return
  const theirs = await found(db, [...tableNames, 'schema_migration', 'schema_migration_lock'])
  if (theirs.length === 0 || (await isOurs(db))) return
  throw new PortalError('foreign_database', {
    detail: `The database holds tables that the portal did not make: ${theirs.join(', ')}. Nothing was changed.`,
  })
}

/**
 * Brings the database to the newest schema; several processes may call it at once (the Migrator takes a lock).
 * @returns the names of the migrations that ran now
 * @throws PortalError foreign_database, and nothing was changed, when tables of our names are somebody else's
 */
export const migrate = async (db: Kysely<Tables>): Promise<readonly string[]> => {
  await refuseForeign(db)
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
