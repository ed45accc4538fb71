/**
 * A small school whose rows must agree with each other, and clients that change it all the time.
 *
 * Each section's counter `enrolled` equals its rows of enrolment after every transaction, on the source; whoever reads
 * the mirror at one moment must see the same. Beside them stands a table of many types, whose rows come, change,
 * swap values and go.
 */
import { onSource } from '../../packages/devstack/src/index.ts'

export const SECTIONS = 20
const VALUES = 200

/** mulberry32: a small generator whose whole state is one printed seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A seed of one's own by TEST_SEED repeats a run. */
export const newSeed = (): number => Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

export async function createSchool(url: string): Promise<void> {
  await onSource(url, async (connection) => {
    const suffix = 'ENGINE=InnoDB CHARSET=utf8mb4'
    await connection.query(
      `CREATE TABLE section (id INT UNSIGNED PRIMARY KEY, enrolled INT NOT NULL, note VARCHAR(80) NULL) ${suffix}`,
    )
    await connection.query(`CREATE TABLE enrolment (section_id INT UNSIGNED NOT NULL, student_id BIGINT NOT NULL, at DATETIME(6) NOT NULL,
      PRIMARY KEY (section_id, student_id), FOREIGN KEY (section_id) REFERENCES section (id)) ${suffix}`)
    await connection.query(`CREATE TABLE assorted (id INT PRIMARY KEY, small TINYINT, big BIGINT UNSIGNED, price DECIMAL(12,4), f FLOAT, d DOUBLE,
      title VARCHAR(60), body TEXT, raw VARBINARY(40), day DATE, span TIME(3), moment DATETIME(6), kind ENUM('lecture','lab'),
      tags SET('a','b','c'), UNIQUE KEY (title)) ${suffix}`)
    for (let id = 1; id <= SECTIONS; id++)
      await connection.query('INSERT INTO section VALUES (?, 0, NULL)', [id])
    for (let id = 1; id <= VALUES; id++) await connection.query(insertAssorted, assortedRow(id, random(id)))
    await connection.query('COMMIT')
  })
}

const insertAssorted = 'INSERT INTO assorted VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)'
const texts = ['', 'é', "O'Brien", '日本', '🎓', 'a\\b', 'tab\tand\nline', '%_']

function assortedRow(id: number, next: () => number): unknown[] {
  const maybe = <T>(value: T): T | null => (next() < 0.15 ? null : value)
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(next() * list.length)]
  const two = (limit: number): string => String(Math.floor(next() * limit)).padStart(2, '0')
  return [
    id,
    maybe(Math.floor(next() * 256) - 128),
    maybe(`${Math.floor(next() * 1_844_674_407)}${String(Math.floor(next() * 1e9)).padStart(9, '0')}`),
    maybe((next() * 2e7 - 1e7).toFixed(4)),
    maybe(next() * 100),
    maybe(next() * 1e10 - 5e9),
    `${id} ${pick(texts)} ${Math.floor(next() * 1e9)}`,
    maybe(Array.from({ length: Math.floor(next() * 20) }, () => pick(texts)).join('·')),
    maybe(Buffer.from(Array.from({ length: Math.floor(next() * 40) }, () => Math.floor(next() * 256)))),
    maybe(`20${two(30)}-0${1 + Math.floor(next() * 9)}-1${Math.floor(next() * 9)}`),
    // beyond a day: PostgreSQL's time cannot hold it, so exact values are part of the load
    maybe(`${next() < 0.2 ? '-' : ''}${two(60)}:${two(60)}:${two(60)}.${two(100)}0`),
    maybe(
      `2026-0${1 + Math.floor(next() * 9)}-1${Math.floor(next() * 9)} ${two(24)}:${two(60)}:${two(60)}.${two(100)}0000`,
    ),
    maybe(pick(['lecture', 'lab'])),
    maybe(pick(['', 'a', 'a,c', 'a,b,c'])),
  ]
}

export interface Load {
  /** transactions committed so far */
  readonly committed: number
  /** Stops after the transactions under way. */
  stop(): Promise<void>
}

/**
 * `clients` connections that register and drop without pause. A lost connection is opened anew, for as long as it
 * takes: the server may be killed under them. `url` may be asked for again, since a server may move.
 */
export function startLoad(
  url: string,
  options: { readonly clients: number; readonly seed: number; readonly pauseMs?: number },
): Load {
  let committed = 0
  const ending = new AbortController()
  const client = async (index: number): Promise<void> => {
    const next = random(options.seed + index * 7_919)
    while (!ending.signal.aborted) {
      try {
        await onSource(url, async (connection) => {
          // the account's hostile init_connect has run; this is what a careful application sets
          await connection.query(
            'SET SESSION completion_type = 0, sql_select_limit = DEFAULT, autocommit = 1',
          )
          while (!ending.signal.aborted) {
            await transaction((sql, values) => connection.query(sql, values), next, index)
            committed += 1
            if (options.pauseMs !== undefined)
              await new Promise((resolve) => setTimeout(resolve, options.pauseMs))
          }
        })
      } catch {
        // a deadlock, or the server is gone: its transaction has been rolled back
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }
  const clients = Array.from({ length: options.clients }, (_, index) => client(index))
  return {
    get committed() {
      return committed
    },
    async stop() {
      ending.abort()
      await Promise.all(clients)
    },
  }
}

type Query = (sql: string, values?: unknown[]) => Promise<unknown>

async function transaction(query: Query, next: () => number, client: number): Promise<void> {
  const section = 1 + Math.floor(next() * SECTIONS)
  // each client has its own students and values, so clients collide on sections only
  const student = client * 1_000_000 + Math.floor(next() * 40)
  const value = 1 + client * 1_000 + Math.floor(next() * 60)
  const choice = next()
  await query('START TRANSACTION')
  if (choice < 0.4) {
    await query('UPDATE section SET enrolled = enrolled + 1 WHERE id = ?', [section])
    const inserted = await query('INSERT IGNORE INTO enrolment VALUES (?, ?, NOW(6))', [section, student])
    if (affected(inserted) === 0) return void (await query('ROLLBACK'))
  } else if (choice < 0.7) {
    const deleted = await query('DELETE FROM enrolment WHERE section_id = ? AND student_id = ?', [
      section,
      student,
    ])
    if (affected(deleted) === 0) return void (await query('ROLLBACK'))
    await query('UPDATE section SET enrolled = enrolled - 1 WHERE id = ?', [section])
  } else if (choice < 0.85) {
    await query('DELETE FROM assorted WHERE id = ?', [value])
    if (next() < 0.8) await query(insertAssorted, assortedRow(value, next))
  } else if (choice < 0.95) {
    await query('UPDATE assorted SET price = price + 1, body = ? WHERE id = ?', [
      `changed ${Math.floor(next() * 1e6)}`,
      value,
    ])
  } else {
    // two rows swap a value under a unique index, and a row changes its key
    const other = value + 1
    const [rows] = (await query('SELECT id, title FROM assorted WHERE id IN (?, ?) ORDER BY id FOR UPDATE', [
      value,
      other,
    ])) as [{ id: number; title: string }[]]
    if (rows.length === 2) {
      await query('UPDATE assorted SET title = NULL WHERE id = ?', [rows[0]?.id])
      await query('UPDATE assorted SET title = ? WHERE id = ?', [rows[0]?.title, rows[1]?.id])
      await query('UPDATE assorted SET title = ? WHERE id = ?', [rows[1]?.title, rows[0]?.id])
    }
  }
  await query('COMMIT')
}

const affected = (result: unknown): number => (result as [{ affectedRows: number }])[0].affectedRows
