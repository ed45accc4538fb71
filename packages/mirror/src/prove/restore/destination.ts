/**
 * The server that is restored to, over one connection: the only MySQL or MariaDB to which this package ever writes.
 *
 * Its session stores what the source stored, without an opinion of its own: zero dates and days that do not exist,
 * keys of 0, rows whose foreign key points at nothing. Unique indexes are judged: an edited copy could hold a value
 * twice, and InnoDB would take it unseen.
 */
import { createHash } from 'node:crypto'
import { type ErrorCode, MirrorError } from '../../errors.ts'
import { mysqlText } from '../../names.ts'
import { SourceConnection, type SourceRow } from '../../source/connection.ts'
import { serverMark } from '../../source/definitions.ts'

/** A statement may build an index over all rows; a link that is dead is told by the system's own keep-alive sooner. */
const statementLimitMs = 6 * 3_600_000
/** A process that was killed leaves its last statement to end by itself. */
const lockPatienceS = 30

const codes: Partial<Record<ErrorCode, ErrorCode>> = {
  MIRROR_1001: 'MIRROR_1101',
  MIRROR_1002: 'MIRROR_1101',
  MIRROR_1003: 'MIRROR_1101',
  MIRROR_1004: 'MIRROR_1102',
  MIRROR_1020: 'MIRROR_1101',
  MIRROR_1021: 'MIRROR_1101',
  MIRROR_1005: 'MIRROR_1103',
  MIRROR_1006: 'MIRROR_1103',
  MIRROR_1008: 'MIRROR_1103',
  MIRROR_2004: 'MIRROR_1103',
}

/** The connection's errors speak of the source; here they are of the server that is restored to. */
const inOurWords = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    const code = error instanceof MirrorError ? codes[error.code] : undefined
    if (!(error instanceof MirrorError) || code === undefined) throw error
    throw new MirrorError(code, {
      cause: error.cause,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      ...(error.table === undefined ? {} : { table: error.table }),
    })
  }
}

const settings = [
  'SET SESSION TRANSACTION READ WRITE',
  "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'",
  'SET SESSION foreign_key_checks = 0, SESSION unique_checks = 1, SESSION sql_quote_show_create = 1',
  'SET SESSION lock_wait_timeout = 60, SESSION sql_safe_updates = 0',
]

/** Some servers let only administrators set these. Then theirs hold, and the comparison of definitions judges. */
const wishes = [
  'SET SESSION innodb_strict_mode = 0',
  'SET SESSION explicit_defaults_for_timestamp = 1',
  // MariaDB alone can leave its CHECKs unasked
  'SET SESSION check_constraint_checks = 0',
]

export const isRefusedStatement = (error: unknown): boolean =>
  error instanceof MirrorError && error.code === 'MIRROR_1103'

export class Destination {
  readonly #connection: SourceConnection

  private constructor(connection: SourceConnection) {
    this.#connection = connection
  }

  static async open(url: string): Promise<Destination> {
    const connection = await inOurWords(async () => SourceConnection.open({ url, statementLimitMs }))
    const destination = new Destination(connection)
    try {
      for (const setting of settings) await destination.rows(setting)
      for (const wish of wishes) {
        try {
          await destination.rows(wish)
        } catch (error) {
          if (!isRefusedStatement(error)) throw error
        }
      }
      return destination
    } catch (error) {
      connection.destroy()
      throw error
    }
  }

  get flavour(): SourceConnection['flavour'] {
    return this.#connection.flavour
  }

  get database(): string {
    return this.#connection.database
  }

  async rows(sql: string): Promise<SourceRow[]> {
    return inOurWords(async () => this.#connection.rows(sql))
  }

  /** For what reads a source: here it reads what was restored. */
  async reading<T>(work: (connection: SourceConnection) => Promise<T>): Promise<T> {
    return inOurWords(async () => work(this.#connection))
  }

  async one(expression: string): Promise<string> {
    const [row] = await this.rows(`SELECT ${expression}`)
    return row?.[0]?.toString('utf8') ?? ''
  }

  async mark(): Promise<string> {
    return inOurWords(async () => serverMark(this.#connection))
  }

  /** One restore at a time; the lock ends with the connection. */
  async lock(): Promise<void> {
    const name = createHash('sha256').update(this.database).digest('hex').slice(0, 32)
    const got = await this.one(`GET_LOCK(${mysqlText(`mirror restore ${name}`)}, ${lockPatienceS})`)
    if (got !== '1') throw new MirrorError('MIRROR_1109')
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }
}
