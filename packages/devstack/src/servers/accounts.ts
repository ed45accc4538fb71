/** Databases and accounts on a server that we administer; every statement may run again without harm. */
import mysql from 'mysql2/promise'
import { Client } from 'pg'

export interface Account {
  readonly user: string
  readonly password: string
}

export interface SourceDatabase {
  readonly name: string
  /** may do everything, in this database only */
  readonly owner: Account
  /** the mirror's: GRANT SELECT on this database, and nothing else */
  readonly reader: Account
}

export interface TargetDatabase {
  readonly name: string
  /** the mirror's: owns the database */
  readonly owner: Account
  /** may read whatever the owner makes, now and later */
  readonly reader: Account
}

const backticks = (name: string): string => `\`${name.replaceAll('`', '``')}\``
const quotes = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Runs statements one after the other on one connection to a MySQL or MariaDB. */
export async function onSource<T>(
  url: string,
  work: (connection: mysql.Connection) => Promise<T>,
): Promise<T> {
  const connection = await mysql.createConnection({ uri: url, charset: 'utf8mb4_general_ci' })
  try {
    // quoting below must mean the same under any sql_mode of the server
    await connection.query(
      "SET SESSION sql_mode = 'STRICT_TRANS_TABLES', autocommit = 1, sql_select_limit = DEFAULT",
    )
    return await work(connection)
  } finally {
    await connection.end()
  }
}

/** The same for PostgreSQL. */
export async function onTarget<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Makes database and accounts where they are missing, and sets the accounts' passwords. */
export async function createSourceDatabase(adminUrl: string, database: SourceDatabase): Promise<void> {
  await onSource(adminUrl, async (connection) => {
    const name = backticks(database.name)
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${name} CHARACTER SET utf8mb4`)
    for (const [account, rights] of [
      [database.owner, 'ALL'],
      [database.reader, 'SELECT'],
    ] as const) {
      const who = `${connection.escape(account.user)}@'%'`
      const secret = connection.escape(account.password)
      await connection.query(`CREATE USER IF NOT EXISTS ${who} IDENTIFIED BY ${secret}`)
      await connection.query(`ALTER USER ${who} IDENTIFIED BY ${secret}`)
      // `_` and `%` in the name of a database are wildcards of GRANT
      await connection.query(`GRANT ${rights} ON ${name.replaceAll(/[_%]/g, '\\$&')}.* TO ${who}`)
    }
  })
}

/** Makes database and roles where they are missing, and sets the roles' passwords. */
export async function createTargetDatabase(adminUrl: string, database: TargetDatabase): Promise<void> {
  const [name, owner, reader] = [database.name, database.owner.user, database.reader.user].map(quotes)
  await onTarget(adminUrl, async (client) => {
    for (const { user, password } of [database.owner, database.reader]) {
      const there = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [user])
      if (there.rowCount === 0) await client.query(`CREATE ROLE ${quotes(user)}`)
      await client.query(`ALTER ROLE ${quotes(user)} LOGIN PASSWORD ${client.escapeLiteral(password)}`)
    }
    const there = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database.name])
    if (there.rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${owner}`)
    await client.query(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`)
    await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${reader}`)
  })
  const inside = new URL(adminUrl)
  inside.pathname = `/${encodeURIComponent(database.name)}`
  await onTarget(inside.href, async (client) => {
    // schemas and tables appear later, made by the owner
    await client.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT USAGE ON SCHEMAS TO ${reader}`)
    await client.query(`ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT SELECT ON TABLES TO ${reader}`)
  })
}

/** Removes database and accounts; what is missing is no error. */
export async function dropSourceDatabase(adminUrl: string, database: SourceDatabase): Promise<void> {
  await onSource(adminUrl, async (connection) => {
    await connection.query(`DROP DATABASE IF EXISTS ${backticks(database.name)}`)
    for (const { user } of [database.owner, database.reader]) {
      await connection.query(`DROP USER IF EXISTS ${connection.escape(user)}@'%'`)
    }
  })
}

/** Removes database and roles, ending connections that are still there. */
export async function dropTargetDatabase(adminUrl: string, database: TargetDatabase): Promise<void> {
  await onTarget(adminUrl, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${quotes(database.name)} WITH (FORCE)`)
    for (const { user } of [database.owner, database.reader])
      await client.query(`DROP ROLE IF EXISTS ${quotes(user)}`)
  })
}
