/**
 * One connection to the target. One statement at a time: the next is sent when the one before has been answered. Values travel as text both ways, exactly; every statement has a deadline, after
 * which the connection is destroyed: a client whose statement merely timed out would hand its late answer to the
 * next one.
 */
import { once } from 'node:events'
import type { ConnectionOptions } from 'node:tls'
import { Client, DatabaseError } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { type ErrorCode, MirrorError } from './errors.ts'
import { fileParameters, readTls, readTlsFiles, type Tls } from './tls.ts'

export type PostgresRow = readonly (string | null)[]

export interface PostgresOptions {
  readonly url: string
  readonly deadlineMs: number
  /** shown in pg_stat_activity */
  readonly applicationName: string
}

export interface Asking {
  /** For a statement that is sent once a second: parsed once a session, under this name, and planned a few times. */
  readonly prepared?: string
}

/** What apply, record and prove need of a connection. */
export interface Target {
  rows(text: string, values?: readonly unknown[], asking?: Asking): Promise<PostgresRow[]>
  /** The number of rows that the statement wrote. */
  run(text: string, values?: readonly unknown[]): Promise<number>
  /** `COPY … FROM STDIN`, in large chunks of its format. */
  copy(text: string, chunks: Iterable<string | Buffer>): Promise<void>
}

/** Settings on which the text of a value depends; the rest of the engine relies on them. */
const sessionSettings = [
  "SET TIME ZONE 'UTC'",
  "SET DateStyle = 'ISO, YMD'",
  "SET IntervalStyle = 'postgres'",
  "SET bytea_output = 'hex'",
  'SET extra_float_digits = 1',
  "SET client_encoding = 'UTF8'",
  'SET standard_conforming_strings = on',
  'SET search_path = pg_catalog',
  // else NULL within an array is a text of four letters
  'SET array_nulls = on',
  "SET client_min_messages = 'warning'",
  // Each statement sees what was committed before it; waits end by our own deadlines alone.
  "SET default_transaction_isolation = 'read committed'",
  'SET default_transaction_read_only = off',
  'SET default_transaction_deferrable = off',
  'SET statement_timeout = 0',
  'SET lock_timeout = 0',
  // A machine that vanished gives up the leader's lock in half a minute, not in the usual two hours.
  'SET tcp_keepalives_idle = 10',
  'SET tcp_keepalives_interval = 5',
  'SET tcp_keepalives_count = 3',
  'SET idle_in_transaction_session_timeout = 0',
  'SET idle_session_timeout = 0',
  // where there is such a setting (PostgreSQL 17): it would end each cycle that takes longer
  "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'transaction_timeout'",
  // A commit that returns is on disk, whatever the server's default says: the ledger promises it.
  'SET synchronous_commit = on',
].join('; ')

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
])

const connectTimeoutMs = 10_000

const codeOfSqlState = (state: string): ErrorCode => {
  if (state.startsWith('28') || state === '3D000') return 'MIRROR_3002'
  if (state === '42501') return 'MIRROR_3004'
  if (state === '53100') return 'MIRROR_3025'
  if (state === '53300') return 'MIRROR_3024'
  if (state === '25006') return 'MIRROR_3009'
  // 57014 is one statement that somebody cancelled; the rest of the class is the server going away.
  if (state.startsWith('08') || (state.startsWith('57') && state !== '57014')) return 'MIRROR_3005'
  return 'MIRROR_3006'
}

const errorCodeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}

/** OpenSSL's and Node's codes for a certificate that is not good, and for a handshake that failed. */
const isTlsFailure = (code: string, detail: string): boolean =>
  /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$|HOSTNAME_MISMATCH)/.test(
    code,
  ) || detail.includes('SSL connection')

/** PostgreSQL's own code of an error; empty for what is none of its. */
export const sqlStateOf = (error: unknown): string => {
  const code = errorCodeOf(error instanceof MirrorError ? error.cause : error)
  return /^[0-9A-Z]{5}$/.test(code) ? code : ''
}

/** The schema of the table whose constraint a row broke; empty for any other error. */
export const schemaOfError = (error: unknown): string => {
  const cause = error instanceof MirrorError ? error.cause : error
  return cause instanceof DatabaseError ? (cause.schema ?? '') : ''
}

/** The function of the server that refused; empty where it does not say. */
export const routineOfError = (error: unknown): string => {
  const cause = error instanceof MirrorError ? error.cause : error
  return cause instanceof DatabaseError ? (cause.routine ?? '') : ''
}

/** Which objects depend on one that was to go stands beside the message; beside others may stand values of rows. */
const dependentsOf = (error: unknown): string =>
  error instanceof DatabaseError && error.code === '2BP01' && error.detail !== undefined
    ? `: ${error.detail.replaceAll('\n', ', ')}`
    : ''

/** A driver's error as one of ours. Messages of PostgreSQL never hold the password. */
const toMirrorError = (error: unknown, connecting: boolean): MirrorError => {
  if (error instanceof MirrorError) return error
  const code = errorCodeOf(error)
  const detail = messageOf(error)
  if (/^[0-9A-Z]{5}$/.test(code))
    return new MirrorError(codeOfSqlState(code), {
      detail: `${detail}${dependentsOf(error)}, SQLSTATE ${code}`,
      cause: error,
    })
  if (connecting && detail.includes('does not support SSL'))
    return new MirrorError('MIRROR_3020', { detail, cause: error })
  if (connecting && isTlsFailure(code, detail))
    return new MirrorError('MIRROR_3021', { detail, cause: error })
  if (connecting && detail.includes('password'))
    return new MirrorError('MIRROR_3002', { detail, cause: error })
  if (connecting || unreachable.has(code)) return new MirrorError('MIRROR_3001', { detail, cause: error })
  return new MirrorError('MIRROR_3005', { detail, cause: error })
}

/** 14 is the oldest that the community still mends, and the oldest that this was tested for. */
export const isSupportedPostgres = (serverVersionNum: string): boolean => Number(serverVersionNum) >= 140_000

const sslOptions = (tls: Tls): ConnectionOptions => ({
  ...readTlsFiles('target', tls),
  rejectUnauthorized: tls.mode === 'ca' || tls.mode === 'identity',
  // `identity` is Node's own check of the host's name, or of its IP address
  ...(tls.mode === 'ca' ? { checkServerIdentity: () => undefined } : {}),
})

/**
 * A backend whose client was killed notices it within a second also in the midst of a statement, or of a wait for a lock: until it ends, it
 * holds the leader's lock, and nobody takes over. Servers of some platforms, and some that only speak PostgreSQL's protocol, cannot: there it
 * ends with the statement.
 */
const noticeOurEnd = async (client: Client): Promise<void> => {
  try {
    await client.query("SET client_connection_check_interval = '1s'")
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
  }
}

export class PostgresConnection implements Target {
  readonly #client: Client
  readonly #deadlineMs: number
  #failure: Error | undefined
  /** statements that were asked for and are not answered */
  #waiting = 0
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(client: Client, deadlineMs: number) {
    this.#client = client
    this.#deadlineMs = deadlineMs
    // A killed backend both rejects the query under way and emits here; without a listener it would end the process.
    client.on('error', (error) => {
      this.#failure ??= error
    })
  }

  static async open(options: PostgresOptions): Promise<PostgresConnection> {
    const url = new URL(options.url)
    let tls: Tls
    let ssl: ConnectionOptions
    try {
      tls = readTls('target', url)
      ssl = sslOptions(tls)
    } catch (error) {
      throw new MirrorError('MIRROR_3021', { detail: `the address ${messageOf(error)}`, cause: error })
    }
    const bare = tls.mode === 'off' || (tls.mode === 'preferred' && url.searchParams.has('host'))
    if (!bare) {
      try {
        return await PostgresConnection.#attempt(options, url, ssl)
      } catch (error) {
        const refused = error instanceof MirrorError && error.code === 'MIRROR_3020'
        if (tls.mode !== 'preferred' || !refused) throw error
      }
    }
    return PostgresConnection.#attempt(options, url, false)
  }

  static async #attempt(
    options: PostgresOptions,
    url: URL,
    ssl: ConnectionOptions | false,
  ): Promise<PostgresConnection> {
    const bare = new URL(url)
    // read by us: the driver takes `require` and `verify-ca` for more than libpq does, and warns about it
    for (const name of ['sslmode', ...fileParameters.target]) bare.searchParams.delete(name)
    const client = new Client({
      connectionString: bare.href,
      ssl,
      application_name: options.applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      types: { getTypeParser: () => (value: unknown) => value },
    })
    const connection = new PostgresConnection(client, options.deadlineMs)
    try {
      await client.connect()
      const {
        rows: [row],
      } = await client.query<(string | null)[]>({
        text: "SELECT current_setting('server_version_num'), current_setting('server_version'), current_setting('server_encoding')",
        rowMode: 'array',
      })
      if (!isSupportedPostgres(row?.[0] ?? ''))
        throw new MirrorError('MIRROR_3007', { detail: `version ${row?.[1] ?? 'unknown'}` })
      // else it would fail at the first character that the encoding lacks, perhaps after months
      if (row?.[2] !== 'UTF8')
        throw new MirrorError('MIRROR_3008', { detail: `it is ${row?.[2] ?? 'unknown'}` })
      await client.query(sessionSettings)
      await noticeOurEnd(client)
    } catch (error) {
      connection.destroy()
      throw toMirrorError(error, true)
    }
    return connection
  }

  get broken(): boolean {
    return this.#failure !== undefined
  }

  /** A statement is under way, or waits for one. */
  get busy(): boolean {
    return this.#waiting > 0
  }

  async rows(
    text: string,
    values: readonly unknown[] = [],
    { prepared }: Asking = {},
  ): Promise<PostgresRow[]> {
    const name = prepared === undefined ? {} : { name: prepared }
    const result = await this.#inTurn(async () =>
      this.#client.query<(string | null)[], unknown[]>({
        ...name,
        text,
        values: [...values],
        rowMode: 'array',
      }),
    )
    return result.rows
  }

  async run(text: string, values: readonly unknown[] = []): Promise<number> {
    const result = await this.#inTurn(async () => this.#client.query(text, [...values]))
    return result.rowCount ?? 0
  }

  async copy(text: string, chunks: Iterable<string | Buffer>): Promise<void> {
    const send = async (): Promise<void> => {
      const stream = this.#client.query(copyFrom(text))
      const finished = new Promise<void>((resolve, reject) => {
        stream.once('finish', resolve)
        stream.once('error', reject)
      })
      // should `chunks` throw, it is not waited for
      finished.catch(() => undefined)
      for (const chunk of chunks) {
        if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), finished])
      }
      stream.end()
      await finished
    }
    await this.#inTurn(send)
  }

  async close(): Promise<void> {
    // A connection that is given up must end on the server too: it may hold the leader's lock.
    if (this.broken) return this.destroy()
    this.#failure = new Error('the connection was closed')
    await this.#client.end().catch(() => undefined)
  }

  destroy(reason: Error = new Error('the connection was given up')): void {
    this.#failure ??= reason
    // pg has no public way to end a connection whose server does not answer; end() waits for the server.
    const { connection } = this.#client as unknown as { connection?: { stream?: { destroy(): void } } }
    connection?.stream?.destroy()
  }

  /** The driver's own queue is deprecated, and its deadline would count what went before. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1
    const turn = this.#tail.then(async () => this.#bounded(work()))
    this.#tail = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      this.#waiting -= 1
    }
  }

  async #bounded<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const error = new MirrorError('MIRROR_3005', { detail: `no answer within ${this.#deadlineMs} ms` })
        this.destroy(error)
        reject(error)
      }, this.#deadlineMs)
    })
    try {
      return await Promise.race([work, deadline])
    } catch (error) {
      const mapped = toMirrorError(error, false)
      if (mapped.code === 'MIRROR_3005') this.destroy(mapped)
      throw mapped
    } finally {
      clearTimeout(timer)
    }
  }
}

/** One field of COPY's text format. */
export const copyField = (value: string | null): string => {
  if (value === null) return '\\N'
  return /[\\\n\r\t]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')
    : value
}

/** Lines joined into pieces of about 64 KiB: a chunk per row costs ten times as much (facts: speed). */
export function* copyChunks(lines: Iterable<string>, size = 65_536): Generator<string> {
  let parts: string[] = []
  let length = 0
  for (const line of lines) {
    parts.push(line, '\n')
    length += line.length + 1
    if (length >= size) {
      yield parts.join('')
      parts = []
      length = 0
    }
  }
  if (length > 0) yield parts.join('')
}

/** BEGIN … COMMIT around the work; ROLLBACK when it throws. The answer to COMMIT may be lost: then this throws. */
export const inTransaction = async <T>(target: Target, work: () => Promise<T>): Promise<T> => {
  await target.run('BEGIN')
  let result: T
  try {
    result = await work()
  } catch (error) {
    await target.run('ROLLBACK').catch(() => undefined)
    throw error
  }
  await target.run('COMMIT')
  return result
}
