/**
 * A pool of MySQL or MariaDB connections on which nothing depends on the server's defaults.
 *
 * A connection is handed out only after its session was set (below); one whose set-up fails is destroyed. Every
 * query has a deadline that destroys the connection: on a dead link mysql2 would otherwise wait for ever. A
 * destroyed connection rolls its transaction back on the server, so an abandoned write is never half done.
 */
import { createPool, type Pool, type PoolConnection, type TypeCastField, type TypeCastNext } from 'mysql2'
import type { MysqlPool, MysqlPoolConnection } from 'kysely'
import type { DatabaseAddress } from './address.ts'

/**
 * Set on every connection before its first use.
 * - sql_mode: values are escaped with backslashes by the driver, so NO_BACKSLASH_ESCAPES must be off; strict, so
 *   that a value too long is an error and not a shorter value.
 * - isolation: REPEATABLE READ works whatever the binary log's format; READ COMMITTED does not with STATEMENT.
 * - group_concat_max_len: some servers cut at 1,024 bytes, with no more than a warning.
 * - innodb_lock_wait_timeout: a seat's row is held for milliseconds; whoever waits three seconds waits for something that
 *   is stuck, and holds a connection that others need.
 */
const session = [
  `SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci`,
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`,
  `SET SESSION time_zone = '+00:00', autocommit = 1, completion_type = 'NO_CHAIN',
     foreign_key_checks = 1, unique_checks = 1, sql_safe_updates = 0, sql_auto_is_null = 0,
     innodb_lock_wait_timeout = 3, lock_wait_timeout = 5, group_concat_max_len = 1048576`,
  `SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE`,
  // the largest value is "no limit"; DEFAULT would be the server's own choice
  `SET SESSION sql_select_limit = 18446744073709551615`,
] as const

/**
 * The one mapping of values for the whole portal: integers as numbers (a BIGINT beyond 2^53 is an error and not
 * another number), BINARY as Buffer, everything else as the server's text: no Date, no float in between.
 */
const typeCast = (field: TypeCastField, next: TypeCastNext): unknown => {
  if (texts.has(field.type)) return field.string()
  if (!integers.has(field.type)) return next()
  const text = field.string()
  if (text === null) return null
  const number = Number(text)
  if (!Number.isSafeInteger(number)) throw new RangeError(`${field.name}: ${text} is beyond 2^53`)
  return number
}

const integers: ReadonlySet<string> = new Set(['TINY', 'SHORT', 'INT24', 'LONG', 'LONGLONG'])
const texts: ReadonlySet<string> = new Set(['DECIMAL', 'NEWDECIMAL', 'DATE', 'TIME', 'DATETIME', 'TIMESTAMP'])

/** A statement that went beyond its deadline; the connection is gone. */
class DeadlineError extends Error {
  readonly code = 'PORTAL_DEADLINE'
}

/** All connections were taken; nothing was asked of the database. */
class NoConnectionError extends Error {
  readonly code = 'PORTAL_NO_CONNECTION'
}

type QueryCallback = Parameters<MysqlPoolConnection['query']>[2] & {}

const guarded = (connection: PoolConnection, deadlineMs: number): MysqlPoolConnection => {
  let dead = false
  const query = (sql: string, parameters: unknown[], callback?: QueryCallback) => {
    if (callback === undefined) throw new Error('streams have no deadline and are not used here')
    let done = false
    const finish: QueryCallback = (error, result) => {
      if (done) return
      done = true
      clearTimeout(timer)
      callback(error, result)
    }
    const timer = setTimeout(() => {
      dead = true
      connection.destroy()
      finish(new DeadlineError(`no answer from the database within ${deadlineMs} ms`), [])
    }, deadlineMs)
    connection.query(sql, parameters, (error, result) => finish(error, result as never))
  }
  return {
    query: query as MysqlPoolConnection['query'],
    // a destroyed connection has left the pool already
    release: () => (dead ? undefined : connection.release()),
  }
}

const run = (connection: MysqlPoolConnection, sql: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    connection.query(sql, [], (error, result) => {
      if (error === null || error === undefined) resolve(result)
      else reject(error)
    })
  })

/** MariaDB since 10.11.8: would turn the counter's UPDATE after a plain read into error 1020. */
const withoutSnapshotIsolation = async (connection: MysqlPoolConnection) => {
  const found = await run(connection, `SHOW SESSION VARIABLES LIKE 'innodb_snapshot_isolation'`)
  if (Array.isArray(found) && found.length > 0)
    await run(connection, `SET SESSION innodb_snapshot_isolation = OFF`)
}

export interface PoolOptions {
  /** connections, default 16 */
  readonly size?: number
  /** one statement's deadline, default 15,000 ms: above the lock wait limits */
  readonly deadlineMs?: number
  /** how long to wait for one of the connections, default 5,000 ms */
  readonly patienceMs?: number
}

export const createGuardedPool = (address: DatabaseAddress, options: PoolOptions = {}): MysqlPool => {
  const deadlineMs = options.deadlineMs ?? 15_000
  const pool: Pool = createPool({
    ...address,
    connectionLimit: options.size ?? 16,
    // enough for a rush; beyond it an error is kinder than a minute's wait
    queueLimit: 2_000,
    // below the patience of `take`: a host that does not answer is told from a crowd
    connectTimeout: 4_000,
    charset: 'utf8mb4_unicode_ci',
    timezone: 'Z',
    typeCast,
    // off by default in the driver, and it must stay so: a second statement never travels inside a value
    multipleStatements: false,
  })
  const prepared = new WeakMap<PoolConnection, MysqlPoolConnection>()
  const prepare = async (connection: PoolConnection): Promise<MysqlPoolConnection> => {
    const ready = prepared.get(connection)
    if (ready !== undefined) return ready
    const fresh = guarded(connection, deadlineMs)
    try {
      for (const statement of session) await run(fresh, statement)
      await withoutSnapshotIsolation(fresh)
    } catch (error) {
      connection.destroy()
      throw error
    }
    prepared.set(connection, fresh)
    return fresh
  }
  const patienceMs = options.patienceMs ?? 5_000
  const take = async (): Promise<MysqlPoolConnection> =>
    prepare(
      await new Promise<PoolConnection>((resolve, reject) => {
        let late = false
        const timer = setTimeout(() => {
          late = true
          reject(new NoConnectionError(`no connection was free within ${patienceMs} ms`))
        }, patienceMs)
        pool.getConnection((error, connection) => {
          clearTimeout(timer)
          if (error !== null) reject(error)
          // the driver's queue cannot be left: what comes too late goes back
          else if (late) connection.release()
          else resolve(connection)
        })
      }),
    )
  const hand = async (callback: Parameters<MysqlPool['getConnection']>[0]): Promise<void> => {
    let ready: MysqlPoolConnection
    try {
      ready = await take()
    } catch (error) {
      callback(error, undefined as never)
      return
    }
    callback(null, ready)
  }
  return {
    getConnection: (callback) => void hand(callback),
    end: (callback) => pool.end(callback),
  }
}
