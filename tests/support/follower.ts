/** A mirror whose cycles a test takes one by one, and small tables for it to follow. */
import { onSource } from '../../packages/devstack/src/index.ts'
import { LeaderSession } from '../../packages/mirror/src/engine/session.ts'
import type { How, Layer } from '../../packages/mirror/src/types.ts'
import { compareSides } from './compare.ts'
import { atEnd, type FreshDatabase } from './servers.ts'

export const run = async (url: string, ...statements: readonly string[]): Promise<void> =>
  onSource(url, async (connection) => {
    for (const statement of statements) await connection.query(statement)
  })

const fill = (table: string): string =>
  `INSERT INTO ${table} (id, seats) VALUES ${Array.from({ length: 50 }, (_, index) => `(${index + 1}, 1)`).join(', ')}`

export const createTables = async (url: string, names: readonly string[], suffix = ''): Promise<void> =>
  run(
    url,
    ...names.flatMap((name) => [
      `CREATE TABLE ${name} (id INT PRIMARY KEY, seats INT NOT NULL) ENGINE=InnoDB ${suffix}`,
      fill(name),
    ]),
  )

interface Follower {
  /** one cycle of `mirror run`; how each table was looked at */
  cycle(): Promise<Readonly<Record<string, How>>>
  /** the deep scan is due */
  deepCycle(): Promise<Readonly<Record<string, How>>>
}

export const follow = async (
  sides: { source: string; target: string },
  layers: readonly Layer[],
): Promise<Follower> => {
  const options = {
    ...sides,
    tables: [],
    exclude: [],
    redact: [],
    pollMs: 50,
    maxShare: 1,
    maxDelete: 0.2,
    statementLimitMs: 10_000,
    maxThreadsRunning: 100_000,
    deepScanMs: 3_600_000,
    layers,
    hintAboveMs: 0,
  }
  const session = new LeaderSession(options, () => undefined)
  atEnd(async () => session.close())
  await session.lead()
  const cycle = async (): Promise<Record<string, How>> => {
    const { report } = await session.cycle(false)
    return Object.fromEntries(Object.entries(report.tables).map(([name, table]) => [name, table.how]))
  }
  return {
    cycle,
    deepCycle: async () => {
      options.deepScanMs = 0
      try {
        return await cycle()
      } finally {
        options.deepScanMs = 3_600_000
      }
    },
  }
}

/** Tables that are not equal on both sides. */
export const stale = async (database: FreshDatabase, target: { adminUrl: string }): Promise<string[]> => {
  const { differences } = await compareSides({ source: database.adminUrl, target: target.adminUrl })
  return [...new Set(differences.map((line) => line.split(':')[0] ?? ''))]
}
