/** Kinds of schema change, a table for each, and what the copy is to make of them. */
import { onSource, onTarget } from '../../packages/devstack/src/index.ts'
import { compareSides } from './compare.ts'
import { freshDatabase, freshTarget, type SourceFlavour } from './servers.ts'
import { waitsForLock } from './under-way.ts'

const rowsOf = (table: string, count: number): string =>
  `INSERT INTO ${table} (id, a, b, note, price) VALUES ${Array.from({ length: count }, (_, n) => `(${n + 1}, ${n}, ${1000 + n}, 'n${n}é', ${n}.25)`).join(', ')}`

const createTable = (table: string): string =>
  `CREATE TABLE ${table} (id INT PRIMARY KEY, a INT NOT NULL, b INT NOT NULL, note VARCHAR(20) CHARACTER SET latin1 NULL, price DECIMAL(8,2) NULL, KEY by_a (a)) ENGINE=InnoDB`

interface Ddl {
  readonly sql: (table: string) => string
  readonly kinds: readonly string[]
  readonly how: 'reload' | 'in place'
}

export const ddls: Readonly<Record<string, Ddl>> = {
  t_added: {
    sql: (t) => `ALTER TABLE ${t} ADD COLUMN extra INT NOT NULL DEFAULT 7 AFTER a`,
    kinds: ['column added'],
    how: 'reload',
  },
  t_renamed_column: {
    sql: (t) => `ALTER TABLE ${t} RENAME COLUMN note TO remark`,
    kinds: ['column renamed'],
    how: 'in place',
  },
  t_names_swapped: {
    sql: (t) => `ALTER TABLE ${t} RENAME COLUMN a TO b, RENAME COLUMN b TO a`,
    kinds: ['columns reordered', 'index added', 'index dropped'],
    how: 'reload',
  },
  t_widened: {
    sql: (t) => `ALTER TABLE ${t} MODIFY a BIGINT NOT NULL, MODIFY price DECIMAL(12,2) NULL`,
    kinds: ['column retyped', 'column retyped'],
    how: 'in place',
  },
  t_longer: {
    sql: (t) => `ALTER TABLE ${t} MODIFY note VARCHAR(200) CHARACTER SET latin1 NOT NULL`,
    kinds: ['column retyped'],
    how: 'in place',
  },
  t_rounded: {
    sql: (t) => `ALTER TABLE ${t} MODIFY price DECIMAL(8,1) NULL`,
    kinds: ['column retyped'],
    how: 'reload',
  },
  t_number_to_text: {
    sql: (t) => `ALTER TABLE ${t} MODIFY b VARCHAR(12) NOT NULL`,
    kinds: ['column retyped'],
    how: 'reload',
  },
  t_charset: {
    sql: (t) => `ALTER TABLE ${t} MODIFY note VARCHAR(20) CHARACTER SET utf8mb4 NULL`,
    kinds: ['charset changed'],
    how: 'reload',
  },
  t_reordered: {
    sql: (t) => `ALTER TABLE ${t} MODIFY b INT NOT NULL AFTER id`,
    kinds: ['columns reordered'],
    how: 'reload',
  },
  t_key: {
    sql: (t) => `ALTER TABLE ${t} DROP PRIMARY KEY, ADD PRIMARY KEY (b, id)`,
    kinds: ['key changed'],
    how: 'reload',
  },
  t_keyless: { sql: (t) => `ALTER TABLE ${t} DROP PRIMARY KEY`, kinds: ['key changed'], how: 'reload' },
  t_indexed: {
    sql: (t) => `ALTER TABLE ${t} DROP INDEX by_a, ADD INDEX by_both (b, a)`,
    kinds: ['index added', 'index dropped'],
    how: 'in place',
  },
}
/** A table for each. */
export const tablesToAlter = Object.keys(ddls)

/** @param rows of each table */
export async function alteredSchool(
  flavour: SourceFlavour,
  tables: readonly string[] = tablesToAlter,
  rows = 12,
) {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  const run = async (...list: readonly string[]): Promise<void> =>
    onSource(database.adminUrl, async (connection) => {
      await connection.query("SET SESSION sql_mode = '', lock_wait_timeout = 30")
      await connection.query('SET NAMES utf8mb4')
      for (const sql of list) await connection.query(sql)
    })
  await run(...tables.flatMap((table) => [createTable(table), rowsOf(table, rows)]))
  /** Does a DDL of this database's wait for who reads? */
  const waits = async (): Promise<boolean> =>
    onSource(database.adminUrl, async (connection) => waitsForLock(connection))
  const sides = { source: database.mirrorUrl, target: target.url }
  const compare = async () => {
    const { equal, differences } = await compareSides({ source: database.adminUrl, target: target.adminUrl })
    return { equal, differences }
  }
  const inMirror = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
    onTarget(target.adminUrl, async (client) => {
      await client.query(`SET search_path = "${database.name}"`)
      return (await client.query<Record<string, unknown>>(sql)).rows
    })
  return { database, target, run, waits, sides, compare, inMirror }
}

export type AlteredSchool = Awaited<ReturnType<typeof alteredSchool>>

export const indexesOf = async ({ inMirror, database }: AlteredSchool, table: string): Promise<string[]> =>
  (
    await inMirror(
      `SELECT regexp_replace(indexdef, '.*USING btree ', '') AS columns FROM pg_indexes
        WHERE schemaname = '${database.name}' AND tablename = '${table}' AND indexdef NOT LIKE '%UNIQUE%'`,
    )
  ).map(({ columns }) => String(columns))
