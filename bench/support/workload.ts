/** Load for a source: writers as fast as they can, and single changes whose way is followed. */
import mysql from 'mysql2/promise'
import { Client } from 'pg'

const connections = 2

export interface Writers {
  /** transactions since the last call, and since when, in ms */
  rate(): { readonly done: number; readonly ms: number }
  stop(): Promise<void>
}

/** An application's writing: a row in, another one changed, one transaction; in a table that is not mirrored. */
export const startWriters = async (adminUrl: string): Promise<Writers> => {
  const ending = new AbortController()
  let done = 0
  let since = performance.now()
  const write = async (number: number): Promise<void> => {
    const connection = await mysql.createConnection({ uri: adminUrl })
    try {
      for (let turn = 0; !ending.signal.aborted; turn += 1) {
        await connection.query('BEGIN')
        await connection.query('INSERT INTO workload (seats) VALUES (?)', [turn])
        await connection.query('UPDATE workload SET seats = seats + 1 WHERE id = ?', [
          1 + ((turn * 7919 + number) % 1_000),
        ])
        await connection.query('COMMIT')
        done += 1
      }
    } finally {
      await connection.end()
    }
  }
  const setUp = await mysql.createConnection({ uri: adminUrl })
  await setUp.query('DROP TABLE IF EXISTS workload')
  await setUp.query('CREATE TABLE workload (id int AUTO_INCREMENT PRIMARY KEY, seats int NOT NULL)')
  await setUp.query(`INSERT INTO workload (seats) VALUES ${Array(1_000).fill('(0)').join(', ')}`)
  await setUp.end()
  const working = Array.from({ length: connections }, async (_, number) => write(number))
  return {
    rate: () => {
      const answer = { done, ms: performance.now() - since }
      done = 0
      since = performance.now()
      return answer
    },
    stop: async () => {
      ending.abort()
      await Promise.all(working)
    },
  }
}

const changeEveryMs = 100
let measurements = 0
const lookEveryMs = 10

export type Following = 'measured' | 'awaited' | 'forgotten'

export interface Followed {
  /** What becomes of changes from here on: measured · awaited only · forgotten */
  follow(how: Following): void
  /** measured or awaited, and not seen in the copy yet */
  readonly pending: number
  /** commit → visible of those measured that have arrived, in ms */
  readonly latencies: readonly number[]
  stop(): Promise<void>
}

/**
 * Ten single-row changes a second in `registration`. A change is visible when a query of the copy returns it: asked as soon as
 * another cycle is there, which is looked for every ten milliseconds.
 */
export const followChanges = async (
  adminUrl: string,
  target: string,
  schema: string,
  rows: number,
): Promise<Followed> => {
  const source = await mysql.createConnection({ uri: adminUrl })
  const copy = new Client({ connectionString: target })
  await copy.connect()
  const pending = new Map<
    number,
    { readonly value: number; readonly at: number; readonly measured: boolean }
  >()
  const latencies: number[] = []
  measurements += 1
  const measurement = measurements
  let following: Following = 'forgotten'
  const ending = new AbortController()
  const pauseUntil = async (at: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())))
  const change = async (): Promise<void> => {
    const start = performance.now()
    let made = 0
    for (let turn = 1; !ending.signal.aborted; turn += 1) {
      const id = 1 + ((turn * 7919) % (2 * rows))
      // a value that no row of the table has had, nor its copy, in an earlier measurement of the same table
      const value = measurement * 10_000_000 + turn
      if (pending.has(id)) {
        await pauseUntil(performance.now() + 1)
        continue
      }
      const [done] = await source.query<mysql.ResultSetHeader>(
        'UPDATE registration SET student_id = ? WHERE id = ?',
        [value, id],
      )
      // numbers given out to nobody: the table was filled by doubling
      if (done.affectedRows === 0) continue
      made += 1
      if (following !== 'forgotten')
        pending.set(id, { value, at: performance.now(), measured: following === 'measured' })
      await pauseUntil(start + made * changeEveryMs)
    }
  }
  const watch = async (): Promise<void> => {
    let cycle = ''
    while (!ending.signal.aborted) {
      const next = performance.now() + lookEveryMs
      const { rows: cycles } = await copy.query<{ id: string | null }>(
        'SELECT max(id)::text AS id FROM mirror.cycle',
      )
      const now = cycles[0]?.id ?? ''
      if (now !== cycle && pending.size > 0) {
        const { rows: found } = await copy.query<{ id: string; student_id: string }>(
          `SELECT id::text, student_id::text FROM ${schema}.registration WHERE id = ANY($1)`,
          [[...pending.keys()]],
        )
        const at = performance.now()
        for (const { id, student_id } of found) {
          const sent = pending.get(Number(id))
          if (sent === undefined || sent.value !== Number(student_id)) continue
          if (sent.measured) latencies.push(at - sent.at)
          pending.delete(Number(id))
        }
      }
      cycle = now
      await pauseUntil(next)
    }
  }
  const working = [change(), watch()]
  return {
    follow: (how) => {
      following = how
    },
    get pending() {
      return pending.size
    },
    latencies,
    stop: async () => {
      ending.abort()
      await Promise.all(working)
      await source.end()
      await copy.end()
    },
  }
}
