/**
 * One connection to the source. It sends SELECT, SHOW, EXPLAIN, SET SESSION and transaction control only, and gets
 * every value as the bytes of the text protocol.
 *
 * What the server's defaults could change about a result is set here and read back (facts: session state). A
 * statement that does not answer within its deadline costs the connection: on a dead link a query waits for ever.
 */
import mysql from 'mysql2'
import { type AwakeTimer, awakeTimer } from '../awake-timer.ts'
import { MirrorError } from '../errors.ts'
import { isStatementLimit, propertyOf, toSourceError } from './errors.ts'
import { readTls, readTlsFiles, type Tls } from '../tls.ts'
import { type DriverPacket, type RowBytes, RowView } from './row-view.ts'
import { isSameServer, readServerSeen, type ServerSeen } from './same-server.ts'
import { type Flavour, identifyFlavour, isSupported } from './flavour.ts'

export type SourceRow = readonly (Buffer | null)[]

export interface PartialAnswer {
  readonly rows: readonly SourceRow[]
  /** as the source sent them */
  readonly bytes: number
  /** there were more, which were let go of */
  readonly isCut: boolean
}

export interface PassedRows {
  readonly rows: number
  /** as the source sent them */
  readonly bytes: number
  /** there were more, which were let go of */
  readonly isCut: boolean
}

export interface SourceOptions {
  readonly url: string
  readonly statementLimitMs: number
  /** told of each statement: how long it took, and whether the server ended it at its limit */
  readonly onStatement?: (ms: number, isEnded: boolean) => void
}

/**
 * Of an answer without a bound on its bytes (keys and digests) so much is held until it is whole: what lies between server and client anyway, so
 * that the server need not wait for us.
 */
const heldBytes = 262_144

const connectTimeoutMs = 10_000
/** beyond the server's own limit, for the way there and back */
const deadlineMarginMs = 5_000

const attempt = async (url: URL, ssl: mysql.SslOptions | undefined): Promise<mysql.Connection> => {
  const socketPath = url.searchParams.get('socket')
  const raw = mysql.createConnection({
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    charset: 'utf8mb4',
    connectTimeout: connectTimeoutMs,
    enableKeepAlive: true,
    ...(ssl === undefined ? {} : { ssl }),
    ...(socketPath === null ? {} : { socketPath }),
  })
  try {
    await new Promise<void>((resolve, reject) => {
      raw.once('error', reject)
      raw.connect((error) => (error === null || error === undefined ? resolve() : reject(error)))
    })
    return raw
  } catch (error) {
    raw.destroy()
    throw error
  }
}

const sslOptions = (tls: Tls): mysql.SslOptions => ({
  ...readTlsFiles('source', tls),
  rejectUnauthorized: tls.mode === 'ca' || tls.mode === 'identity',
  verifyIdentity: tls.mode === 'identity',
})

/** A connection as the address wants it: encrypted or not. Throws a MirrorError. */
const connect = async (url: URL): Promise<mysql.Connection> => {
  let ssl: mysql.SslOptions
  let mode: Tls['mode']
  try {
    const tls = readTls('source', url)
    mode = tls.mode
    ssl = sslOptions(tls)
  } catch (error) {
    // the file was there when the command began
    throw new MirrorError('MIRROR_1021', {
      detail: `the address ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
    })
  }
  // Over a socket nobody listens in between: MySQL's own clients do not encrypt there either unless told to.
  const bare = mode === 'off' || (mode === 'preferred' && url.searchParams.has('socket'))
  try {
    return await attempt(url, bare ? undefined : ssl)
  } catch (error) {
    const isRefused = propertyOf(error, 'code') === 'HANDSHAKE_NO_SSL_SUPPORT'
    if (mode !== 'preferred' || !isRefused) throw toSourceError(error)
  }
  try {
    return await attempt(url, undefined)
  } catch (error) {
    throw toSourceError(error)
  }
}

/** A command of the driver is a chain of such steps, each of which takes a packet and names the next. */
type Step = (this: unknown, packet: DriverPacket, connection: unknown) => unknown

/** Takes the rows of an answer before the driver does; does nothing where its command has no such step. */
const onPackets = (command: object, take: (packet: DriverPacket) => void): void => {
  const hooked = command as { row?: Step }
  const own = hooked.row
  if (typeof own !== 'function') return
  const step: Step = function (packet, connection) {
    if (packet.isEOF()) return own.call(this, packet, connection)
    take(packet)
    return step
  }
  hooked.row = step
}

export class SourceConnection {
  readonly #connection: mysql.Connection
  readonly #deadlineMs: number
  readonly #options: SourceOptions
  readonly flavour: Flavour
  readonly database: string
  /** where it was reached: host and port, or the socket */
  readonly address: string
  #busyMs = 0
  #broken = false
  #siblings: readonly SourceConnection[] = []
  #server: Promise<ServerSeen> | undefined

  private constructor(connection: mysql.Connection, flavour: Flavour, options: SourceOptions) {
    const url = new URL(options.url)
    this.#connection = connection
    this.flavour = flavour
    this.database = decodeURIComponent(url.pathname.slice(1))
    this.address = url.searchParams.get('socket') ?? `${url.hostname}:${url.port || '3306'}`
    this.#options = options
    this.#deadlineMs = options.statementLimitMs + deadlineMarginMs
  }

  static async open(options: SourceOptions): Promise<SourceConnection> {
    const raw = await connect(new URL(options.url))
    raw.removeAllListeners('error')
    const probe = new SourceConnection(raw, identifyFlavour('0.0'), options)
    try {
      const [row] = await probe.rows('SELECT VERSION()')
      const flavour = identifyFlavour(String(row?.[0]))
      // before the session is set up, which an older server answers with an error that says nothing
      if (!isSupported(flavour))
        throw new MirrorError('MIRROR_1007', { detail: `${flavour.name} ${flavour.version}` })
      const connection = new SourceConnection(raw, flavour, options)
      raw.on('error', () => {
        connection.#broken = true
      })
      await connection.#setSession(options.statementLimitMs)
      return connection
    } catch (error) {
      raw.destroy()
      throw toSourceError(error)
    }
  }

  get broken(): boolean {
    return this.#broken
  }

  /** Time spent waiting for the source since this was last called, siblings' included, in ms: what --max-share bounds. */
  takeBusyMs(): number {
    const busy = this.#busyMs
    this.#busyMs = 0
    return this.#siblings.reduce((sum, sibling) => sum + sibling.takeBusyMs(), busy)
  }

  /** Which server this is; asked once. */
  async server(): Promise<ServerSeen> {
    this.#server ??= readServerSeen(this)
    return this.#server
  }

  /** To the same server, which a name may lead away from at any time. */
  async #openSibling(): Promise<SourceConnection> {
    const sibling = await SourceConnection.open(this.#options)
    if (isSameServer(await this.server(), await sibling.server())) return sibling
    sibling.destroy()
    throw new MirrorError('MIRROR_1004', { detail: 'the address leads to another server now' })
  }

  /**
   * Up to `count` connections like this one, which end with it. Kept from call to call, since one costs several round trips; a
   * server that allows no more of them makes it fewer.
   */
  async siblings(count: number): Promise<readonly SourceConnection[]> {
    const alive = this.#siblings.filter((sibling) => !sibling.broken)
    const missing = Array.from({ length: Math.max(0, count - alive.length) }, async () => this.#openSibling())
    const opened = await Promise.allSettled(missing)
    this.#siblings = [
      ...alive,
      ...opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    ]
    return this.#siblings.slice(0, count)
  }

  async rows(sql: string): Promise<SourceRow[]> {
    return this.#bounded((resolve, reject) => {
      this.#connection.query(
        { sql, rowsAsArray: true, typeCast: (field) => field.buffer() },
        (error: Error | null, rows: unknown) => {
          if (error === null) resolve(Array.isArray(rows) ? (rows as SourceRow[]) : [])
          else reject(toSourceError(error))
        },
      )
    })
  }

  /**
   * The first rows of the answer, of `mostBytes` or little more, and at least one: how wide rows are is known only when they
   * arrive, and what is beyond is let go of as it does.
   */
  async rowsUpTo(sql: string, mostBytes: number): Promise<PartialAnswer> {
    const rows: SourceRow[] = []
    const { bytes, isCut } = await this.eachUpTo(sql, mostBytes, (row) => rows.push(row.fields()))
    return { rows, bytes, isCut }
  }

  /**
   * The same, each row by itself, good until the next one comes. Throws what `visit` threw first. Where rows are small, without a
   * bound on their bytes, `visit` is called when the answer is whole, as far as it can be held: what is made of rows as they arrive counts as
   * work of the source. `ended` is called when the statement has ended, before the rows that were held are visited.
   *
   * The driver would make a Buffer of every value, which costs more than all that is done with them: its packets are read here where
   * its command lets us, and where it does not its rows serve as well.
   */
  async eachUpTo(
    sql: string,
    mostBytes: number,
    visit: (row: RowView) => void,
    ended: () => Promise<void> = async () => undefined,
  ): Promise<PassedRows> {
    const view = new RowView()
    let rows = 0
    let bytes = 0
    let isCut = false
    let failure: Error | undefined
    /** Thrown within the driver an error would cost the connection. */
    const pass = (read: () => void): void => {
      if (failure !== undefined) return
      if (bytes >= mostBytes) {
        isCut = true
        return
      }
      try {
        read()
        rows += 1
        bytes += view.size
        visit(view)
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error))
      }
    }
    const held: RowBytes[] = []
    let room = mostBytes === Number.POSITIVE_INFINITY ? heldBytes : 0
    const letGo = (): void => {
      for (const row of held.splice(0)) pass(() => view.readPacket(row))
    }
    const arrive = ({ buffer, offset, end }: RowBytes): void => {
      // the driver uses its packets again
      const row = { buffer, offset, end }
      if (room <= 0) return pass(() => view.readPacket(row))
      held.push(row)
      room -= end - offset
      if (room <= 0) letGo()
    }
    try {
      await this.#bounded<void>((resolve, reject) => {
        const command = this.#connection
          .query({ sql, rowsAsArray: true, typeCast: false })
          .on('error', (error) => reject(toSourceError(error)))
          .on('result', (row: unknown) => {
            if (Array.isArray(row)) pass(() => view.readFields(row as SourceRow))
          })
          .on('end', resolve)
        onPackets(command, arrive)
      })
    } finally {
      await ended()
      // before the end that the server put to it, too: what came is good
      letGo()
    }
    if (failure !== undefined) throw failure
    return { rows, bytes, isCut }
  }

  async #bounded<T>(work: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    let timer: AwakeTimer | undefined
    let isEnded = false
    let isSilent = false
    try {
      return await new Promise<T>((resolve, reject) => {
        timer = awakeTimer(this.#deadlineMs, () => {
          isSilent = true
          this.destroy()
          reject(new MirrorError('MIRROR_1004', { detail: `no answer within ${this.#deadlineMs} ms` }))
        })
        work(resolve, reject)
      })
    } catch (error) {
      isEnded = isStatementLimit(error)
      throw error
    } finally {
      const ms = timer?.stop() ?? 0
      // A server that is at work ends the statement by itself before the deadline: one that is silent beyond it is frozen, or
      // cut off, and needs no rest from us when it is back.
      if (!isSilent) this.#busyMs += ms
      this.#options.onStatement?.(ms, isEnded)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#siblings.map(async (sibling) => sibling.close()))
    if (this.#broken) return
    this.#broken = true
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#connection.destroy()
        resolve()
      }, 1_000)
      this.#connection.end(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  destroy(): void {
    for (const sibling of this.#siblings) sibling.destroy()
    this.#broken = true
    this.#connection.destroy()
  }

  async #setSession(statementLimitMs: number): Promise<void> {
    const settings = sessionSettings(this.flavour, statementLimitMs)
    await this.rows('SET NAMES utf8mb4')
    await this.rows(`SET SESSION ${settings.map(([name, value]) => `${name} = ${value}`).join(', SESSION ')}`)
    const [row] = await this.rows(`SELECT ${settings.map(([name]) => `@@SESSION.${name}`).join(', ')}`)
    for (const [index, [name, , expected]] of settings.entries()) {
      const found = row?.[index]?.toString() ?? 'NULL'
      if (found !== expected) {
        throw new MirrorError('MIRROR_1005', { detail: `${name} is ${found}, not ${expected}` })
      }
    }
  }
}

type Setting = readonly [name: string, sql: string, readBack: string]

const sessionSettings = (flavour: Flavour, statementLimitMs: number): readonly Setting[] => [
  // First, since sql_mode decides how everything after it is read. The 30th of February may stand in a key, and must then be
  // taken as a literal, too.
  ['sql_mode', "'ALLOW_INVALID_DATES'", 'ALLOW_INVALID_DATES'],
  ['character_set_client', "'utf8mb4'", 'utf8mb4'],
  ['character_set_connection', "'utf8mb4'", 'utf8mb4'],
  ['character_set_results', "'utf8mb4'", 'utf8mb4'],
  ['time_zone', "'+00:00'", '+00:00'],
  ['autocommit', '1', '1'],
  // COMMIT AND CHAIN by default would leave a read view open between cycles.
  ['completion_type', "'NO_CHAIN'", 'NO_CHAIN'],
  // Under READ COMMITTED a consistent snapshot is ignored, on MariaDB without a warning.
  [flavour.isolationVariable, "'REPEATABLE-READ'", 'REPEATABLE-READ'],
  ['sql_select_limit', '18446744073709551615', '18446744073709551615'],
  ['sql_big_selects', '1', '1'],
  ['sql_auto_is_null', '0', '0'],
  // Below it a cycle that writes for long would find the connection closed each time; above it a view that was left behind would stay.
  ['wait_timeout', '600', '600'],
  // We wait this long for an ALTER that is under way, and make others wait no longer.
  ['lock_wait_timeout', '1', '1'],
  ...flavour.statementLimit(statementLimitMs),
  ...flavour.extraSettings,
]
