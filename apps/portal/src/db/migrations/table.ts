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

const hasColumn = async (db: QueryExecutorProvider, table: string, column: string): Promise<boolean> => {
  const { rows } = await sql`SELECT 1 FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = ${table} AND column_name = ${column}`.execute(db)
  return rows.length > 0
}

/** ADD COLUMN IF NOT EXISTS for both servers: MySQL does not know the words. */
export const addColumn = async (
  db: QueryExecutorProvider,
  table: string,
  column: string,
  definition: string,
): Promise<void> => {
  if (await hasColumn(db, table, column)) return
  await sql.raw(`ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`).execute(db)
}

export const dropColumn = async (db: QueryExecutorProvider, table: string, column: string): Promise<void> => {
  if (await hasColumn(db, table, column))
    await sql.raw(`ALTER TABLE ${table} DROP COLUMN ${column}`).execute(db)
}

const hasIndex = async (db: QueryExecutorProvider, table: string, name: string): Promise<boolean> => {
  const { rows } = await sql`SELECT 1 FROM information_schema.statistics
    WHERE table_schema = DATABASE() AND table_name = ${table} AND index_name = ${name}`.execute(db)
  return rows.length > 0
}

/** ADD KEY IF NOT EXISTS for both servers. */
export const addIndex = async (
  db: QueryExecutorProvider,
  table: string,
  name: string,
  columns: string,
): Promise<void> => {
  if (await hasIndex(db, table, name)) return
  await sql.raw(`ALTER TABLE ${table} ADD KEY ${name} ${columns}`).execute(db)
}

export const dropIndex = async (db: QueryExecutorProvider, table: string, name: string): Promise<void> => {
  if (await hasIndex(db, table, name)) await sql.raw(`ALTER TABLE ${table} DROP KEY ${name}`).execute(db)
}

/** Also after a migration that was killed between the two statements. */
export const replaceCheck = async (
  db: QueryExecutorProvider,
  table: string,
  name: string,
  condition: string,
): Promise<void> => {
  const { rows } = await sql`SELECT 1 FROM information_schema.table_constraints
    WHERE table_schema = DATABASE() AND table_name = ${table} AND constraint_name = ${name}`.execute(db)
  if (rows.length > 0) await sql.raw(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`).execute(db)
  await sql.raw(`ALTER TABLE ${table} ADD CONSTRAINT ${name} CHECK (${condition})`).execute(db)
}
