/** Where a Kysely comes from: the portal's own database, or the standby copy of it. */
import { Kysely, MysqlDialect, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { parseAddress } from './address.ts'
import { createGuardedPool, type PoolOptions } from './pool.ts'
import type { Tables } from './tables.ts'

export type Db = Kysely<Tables>

/** @param url mysql://… @throws AddressError */
export const connectSource = (url: string, options: PoolOptions = {}): Db =>
  new Kysely<Tables>({
    dialect: new MysqlDialect({
      pool: createGuardedPool(parseAddress(url, 'PORTAL_DATABASE', 'mysql'), options),
    }),
  })

/**
 * The standby: read-only, every value as PostgreSQL's own text, a deadline on each statement on both sides.
 * @param url postgres://… @throws AddressError
 */
export const connectStandbyPool = (url: string): Pool => {
  const address = parseAddress(url, 'PORTAL_STANDBY', 'postgres')
  const pool = new Pool({
    ...address,
    max: 4,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 3_000,
    // above statement_timeout: it ends what the server no longer answers; pg then drops the connection
    query_timeout: 5_000,
    options: '-c TimeZone=UTC -c DateStyle=ISO,YMD -c default_transaction_read_only=on -c bytea_output=hex',
    types: { getTypeParser: () => (value: string) => value },
    allowExitOnIdle: true,
  })
  // A standby that is restarted kills idle connections; the pool replaces them, and nobody is waiting for these.
  pool.on('error', () => undefined)
  return pool
}

/** The mirror of database `name` is the schema of that name. */
export const readStandby = (pool: Pool, name: string): Db =>
  new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema(name)
