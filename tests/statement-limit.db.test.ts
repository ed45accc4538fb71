/**
 * A server that ends our statements at their limit: what is asked for shrinks, and the cycle goes on in the same snapshot. A segment
 * that grew a hundred times while nobody looked is more than one statement may scan. A table that is loaded over several snapshots goes
 * on where one of them came to its end.
 */
import { afterEach, expect, it, vi } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { createMirror } from '../packages/mirror/src/engine/mirror.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { begin } from '../packages/mirror/src/source/views.ts'
import type { MirrorOptions } from '../packages/mirror/src/types.ts'
import { quickOptions } from './support/mirror-here.ts'
import { compareSides } from './support/compare.ts'
import { describeSource, freshDatabase, freshTarget, type SourceFlavour } from './support/servers.ts'

const rowCount = 3_000
/** For each row of a table whose digest is asked for, the source sleeps so long, in ms. */
type Slowness = Readonly<Record<string, number>>

const numbers = (below: number): string =>
  Array.from({ length: below }, (_, number) => `SELECT ${number} d`).join(' UNION ALL ')
const digits = ['a', 'b', 'c', 'e', 'f'].map((name) => `(${numbers(10)}) ${name}`).join(', ')
const grow = (rows: number): string =>
  `INSERT INTO growing SELECT id, REPEAT('long ', 10)
    FROM (SELECT a.d + 10*b.d + 100*c.d + 1000*e.d + 10000*f.d + 1 AS id FROM ${digits}) AS ids WHERE id <= ${rows} ORDER BY id`

/**
 * From here on no machine reads these tables faster, and none much slower: what a sleep takes does not follow from the processors. So a
 * limit is certainly too little for many rows, and enough for some. Nothing is measured: what was, in a crowded moment, was enough for
 * all in a calm one.
 */
const slowDown = (slowness: Slowness): void => {
  const slowed = (sql: string): string => {
    const ms = slowness[/ FROM `(\w+)`/.exec(sql)?.[1] ?? '']
    return ms === undefined
      ? sql
      : sql.replaceAll('SHA2(CONCAT(', `SHA2(CONCAT(LEFT(SLEEP(${(ms / 1_000).toFixed(6)}), 0),`)
  }
  // oxlint-disable-next-line typescript/unbound-method -- called with the connection that they belong to
  const { rows, eachUpTo } = SourceConnection.prototype
  vi.spyOn(SourceConnection.prototype, 'rows').mockImplementation(function (this: SourceConnection, sql) {
    return rows.call(this, slowed(sql))
  })
  vi.spyOn(SourceConnection.prototype, 'eachUpTo').mockImplementation(function (
    this: SourceConnection,
    sql,
    ...others
  ) {
    return eachUpTo.call(this, slowed(sql), ...others)
  })
}

/** A table of one row, copied; `grow` makes it one of many in one segment. */
const scene = async (flavour: SourceFlavour) => {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  const change = async (...statements: readonly string[]) =>
    onSource(database.url, async (connection) => {
      await connection.query('SET SESSION completion_type = 0, sql_select_limit = DEFAULT, autocommit = 1')
      for (const sql of statements) await connection.query(sql)
    })
  const open = (statementLimitMs: number, more: Partial<MirrorOptions> = {}) =>
    createMirror({
      ...quickOptions({ source: database.mirrorUrl, target: target.url }),
      statementLimitMs,
      ...more,
    })
  await change(
    'CREATE TABLE growing (id INT PRIMARY KEY, note VARCHAR(200)) ENGINE=InnoDB CHARSET=utf8mb4 STATS_AUTO_RECALC=0',
    "INSERT INTO growing VALUES (0, 'first')",
  )
  return { database, target, change, open }
}

describeSource(
  'a statement that is ended at its limit',
  (flavour) => {
    afterEach(() => vi.restoreAllMocks())

    it('is asked in smaller parts, and in larger ones again, until it goes through', async () => {
      const { database, target, change, open } = await scene(flavour)
      await open(60_000).sync()
      await change(grow(rowCount))
      // all of the one segment takes 2.4 s
      slowDown({ growing: 0.8 })
      // however long it takes, it is one snapshot: none is renewed for its age
      const hasty = open(500, { snapshotAgeMs: 600_000 })
      const asked = vi.spyOn(SourceConnection.prototype, 'rowsUpTo')
      const told = vi.spyOn(SourceConnection.prototype, 'rows')
      const report = await hasty.sync()
      // the cycle goes on in it; else it would have begun anew, as after any other error
      expect(told.mock.calls.filter(([sql]) => sql === begin)).toHaveLength(1)
      expect(report.tables['growing']).toMatchObject({ inserted: rowCount })
      // one by one after the first that was ended it would be as many statements as rows
      const byKeys = asked.mock.calls.filter(([sql]) => sql.includes(' IN ('))
      expect(byKeys.length).toBeGreaterThan(0)
      expect(byKeys.length).toBeLessThan(rowCount / 10)
      // at least the one segment, and the first rows by key of which very many were asked for
      expect((await hasty.status()).limits?.statementMs.reached).toBeGreaterThan(1)
      expect(await compareSides({ source: database.adminUrl, target: target.adminUrl })).toMatchObject({
        equal: true,
      })

      // all its segments distrusted at once: of none of them is known how many rows it holds
      await onTarget(target.adminUrl, (client) => client.query('UPDATE mirror.segment SET rows = -1'))
      expect((await hasty.sync()).tables['growing']).toMatchObject({ how: 'digest' })
    })

    it('refuses a table without a key that can only be read whole, and follows the others', async () => {
      const { change, open } = await scene(flavour)
      await change(
        grow(rowCount),
        'CREATE TABLE heap (note VARCHAR(200)) ENGINE=InnoDB CHARSET=utf8mb4',
        'INSERT INTO heap SELECT note FROM growing',
        // a few rows of it at a time
        'CREATE TABLE wide (id INT PRIMARY KEY, body LONGTEXT) ENGINE=InnoDB CHARSET=utf8mb4',
        "INSERT INTO wide SELECT id, REPEAT('x', 600000) FROM growing WHERE id < 30",
      )
      await open(60_000).sync()
      await change("INSERT INTO heap VALUES ('more')", "UPDATE wide SET body = 'narrow' WHERE id = 7")
      // the heap takes hours, `wide` 1.5 s
      slowDown({ heap: 1_000, wide: 50 })
      const hasty = open(700)
      const others = await hasty.sync()
      expect(others.refused).toMatchObject({ heap: { code: 'MIRROR_2011' } })
      expect(others.tables).toMatchObject({ growing: { updated: 0 }, wide: { updated: 1 } })
      expect((await hasty.verify({ repair: false, limit: 5 })).refused).toMatchObject({ heap: {} })

      // nor is one counted that a brake holds anyway
      vi.restoreAllMocks()
      // oxlint-disable-next-line typescript/unbound-method -- called with the connection that it belongs to
      const original = SourceConnection.prototype.rows
      vi.spyOn(SourceConnection.prototype, 'rows').mockImplementation(function (
        this: SourceConnection,
        sql: string,
      ) {
        const isCount = /SELECT .*COUNT\(\*\) FROM `wide`$/.test(sql)
        return original.call(this, isCount ? `${sql} a, heap b, heap c, heap d` : sql)
      })
      await change('ALTER TABLE wide ADD COLUMN more INT, DROP COLUMN body')
      expect((await open(1_000).sync()).brakes).toMatchObject([{ table: 'wide', code: 'MIRROR_4103' }])
    })

    it('ends no load whose snapshots end within it', async () => {
      const { database, target, change, open } = await scene(flavour)
      // so many that it is begun as a slow table, and few enough to be loaded from snapshots
      const rows = 40_000
      // with the statistics of a moment ago it would be begun as a small table
      await change(grow(rows), 'ANALYZE TABLE growing')
      // all rows take 1.2 s
      slowDown({ growing: 0.03 })
      const brief = open(60_000, { snapshotAgeMs: 400 })
      const load = await brief.sync()
      expect(load.tables['growing']).toMatchObject({
        how: 'load',
        inserted: rows + 1,
        consistency: 'table',
      })
      expect(await compareSides({ source: database.adminUrl, target: target.adminUrl })).toMatchObject({
        equal: true,
      })
      // it was one pass, and more than one snapshot
      expect((await brief.history({ limit: 5 })).waits).toEqual([])
      expect((await brief.status()).limits?.snapshotAgeMs.reached).toBeGreaterThan(1)
    })
  },
  ['mariadb', 'mysql'],
)
