/**
 * Stands in for the `mysql` and `psql` clients of the official images, which a machine may lack: runs the SQL that it is
 * given, as the account that it is given, on a server of the test's.
 *
 *   sql-client.ts mysql|psql OPTION…      the server's address: SQL_CLIENT_SERVER; password: MYSQL_PWD, PGPASSWORD
 *
 * It takes the options that our scripts use, each as --name=value, and no other. Where the server is does not follow
 * from them: the images' server is on the script's own machine, and the test's is on a port of its own.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { onSource, onTarget } from '../../packages/devstack/src/index.ts'

const [, , client, ...args] = process.argv
const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

const address = (user: string, password: string, database: string): string => {
  const url = new URL(process.env['SQL_CLIENT_SERVER'] ?? '')
  url.username = user
  url.password = password
  url.pathname = `/${database}`
  return url.href
}

/** Statements end with ; at a line's end; ours hold no other. */
const statementsOf = (sql: string): readonly string[] =>
  sql
    .split(/;\s*$/m)
    .map((statement) => statement.replaceAll(/^--.*$/gm, '').trim())
    .filter((statement) => statement !== '')

try {
  if (client === 'mysql') {
    const options = { protocol: text, host: text, user: text, database: text, execute: text, batch: flag }
    const { values } = parseArgs({ args, options })
    const sql = values.execute ?? readFileSync(0, 'utf8')
    const url = address(values.user ?? '', process.env['MYSQL_PWD'] ?? '', values.database ?? '')
    await onSource(url, async (connection) => {
      for (const statement of statementsOf(sql)) await connection.query(statement)
    })
  } else {
    const options = { set: text, host: text, username: text, dbname: text, command: text }
    const { values } = parseArgs({ args, options: { ...options, quiet: flag, 'no-psqlrc': flag } })
    const sql = values.command ?? readFileSync(0, 'utf8')
    const url = address(values.username ?? '', process.env['PGPASSWORD'] ?? '', values.dbname ?? '')
    await onTarget(url, async (connection) => {
      for (const statement of statementsOf(sql)) await connection.query(statement)
    })
  }
} catch (error) {
  console.error(`${client}: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
