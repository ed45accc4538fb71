/**
 * Databases that many tests begin with, made once a run on each shared server and copied from then on: migrations change many a
 * table that they made before, which takes MySQL a second, and a university is drawn and written row by row.
 *
 *   lock → is it there, and whole? → if not: made → unlock → its tables made in the test's own database, rows by INSERT … SELECT
 *
 * Test files run in processes of their own: the lock is the server's, and the table `template_done` says that it is whole.
 */
import { connectSource, type Db } from '../../apps/portal/src/db/connect.ts'
import { onSource } from '../../packages/devstack/src/index.ts'
import type { FreshDatabase, SourceFlavour } from './servers.ts'

interface Template {
  /** the same in all test files; letters, digits and _ */
  readonly name: string
  /** as the server's administrator, in a database that is empty */
  readonly fill: (db: Db) => Promise<void>
}

type Connection = Parameters<Parameters<typeof onSource>[1]>[0]

/** A process that makes one is waited for by all others; one that was killed gives its lock back. */
const patienceS = 250

const column = async (connection: Connection, sql: string, name: string): Promise<readonly string[]> => {
  const [rows] = await connection.query(sql)
  return (rows as Record<string, unknown>[]).map((row) => String(row[name]))
}

const tablesOf = (connection: Connection, schema: string): Promise<readonly string[]> =>
  column(
    connection,
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${schema}' ORDER BY 1`,
    'name',
  )

const done = 'template_done'

const make = async (connection: Connection, schema: string, adminUrl: string, fill: Template['fill']) => {
  await connection.query(`DROP DATABASE IF EXISTS ${schema}`)
  await connection.query(`CREATE DATABASE ${schema} CHARACTER SET utf8mb4`)
  const url = new URL(adminUrl)
  url.pathname = `/${schema}`
  const db = connectSource(url.href, { size: 4 })
  try {
    await fill(db)
  } finally {
    await db.destroy()
  }
  await connection.query(`CREATE TABLE ${schema}.${done} (id INT PRIMARY KEY)`)
}

/** By flavour and name: the statements that copy it, once this process has looked at it. */
const known = new Map<string, readonly string[]>()

const statementsFor = async (
  connection: Connection,
  { name, fill }: Template,
  adminUrl: string,
): Promise<readonly string[]> => {
  const schema = `template_${name}`
  const [locked] = await column(connection, `SELECT GET_LOCK('${schema}', ${patienceS}) AS got`, 'got')
  if (locked !== '1') throw new Error(`nobody made ${schema} within ${patienceS} s`)
  try {
    if (!(await tablesOf(connection, schema)).includes(done)) await make(connection, schema, adminUrl, fill)
  } finally {
    await connection.query(`DO RELEASE_LOCK('${schema}')`)
  }
  const tables = (await tablesOf(connection, schema)).filter((table) => table !== done)
  const statements = ['SET SESSION foreign_key_checks = 0, unique_checks = 0']
  for (const table of tables) {
    const source = `${schema}.\`${table}\``
    statements.push(...(await column(connection, `SHOW CREATE TABLE ${source}`, 'Create Table')))
    const [rows] = await connection.query(`SELECT 1 FROM ${source} LIMIT 1`)
    if ((rows as unknown[]).length > 0) statements.push(`INSERT INTO \`${table}\` SELECT * FROM ${source}`)
  }
  return statements
}

/** Fills the test's database, which is empty, with all that the template holds. */
export const copyTemplate = async (
  flavour: SourceFlavour,
  template: Template,
  { adminUrl }: FreshDatabase,
): Promise<void> =>
  onSource(adminUrl, async (connection) => {
    const key = `${flavour} ${template.name}`
    const statements = known.get(key) ?? (await statementsFor(connection, template, adminUrl))
    known.set(key, statements)
    for (const statement of statements) await connection.query(statement)
  })
