/**
 * A source whose definitions are not what the mirror took them for: columns that change between two statements of one cycle,
 * and a type that no codec knows, as a newer server has. Between the mirror's real statements to the real server a hook runs
 * DDL, or writes another type into the catalogue's answer; the server, the data and the mirror are what they always are.
 */
import { afterEach, expect, it, vi } from 'vitest'
import { onSource } from '../packages/devstack/src/index.ts'
import { SourceConnection, type SourceRow } from '../packages/mirror/src/source/connection.ts'
import { compareSides } from './support/compare.ts'
import { mirror } from './support/mirror.ts'
import { quickOptions, runHere } from './support/mirror-here.ts'
import { describeSource, type FreshDatabase, freshDatabase, freshTarget } from './support/servers.ts'
import { until } from './support/until.ts'

afterEach(() => void vi.restoreAllMocks())

interface Hook {
  readonly before?: ((sql: string) => Promise<void>) | undefined
  readonly answer?: (sql: string, rows: SourceRow[]) => SourceRow[]
}

const between = ({ before, answer }: Hook): void => {
  // oxlint-disable-next-line typescript/unbound-method -- called with the connection that it belongs to
  const original = SourceConnection.prototype.rows
  vi.spyOn(SourceConnection.prototype, 'rows').mockImplementation(async function (
    this: SourceConnection,
    sql: string,
  ) {
    await before?.(sql)
    const found = await original.call(this, sql)
    return answer?.(sql, found) ?? found
  })
}

const asAdmin = async (database: FreshDatabase, ...statements: readonly string[]): Promise<void> =>
  onSource(database.adminUrl, async (connection) => {
    for (const sql of statements) await connection.query(sql)
  })

/** Once, before the statement that matches for the nth time. */
const beforeThe = (nth: number, pattern: RegExp, work: () => Promise<void>): Hook['before'] => {
  let seen = 0
  return async (sql) => {
    if (!pattern.test(sql)) return
    seen += 1
    if (seen === nth) await work()
  }
}

/** A wider type alone is followed in place, all else by a reload. */
const moves = [
  ['two columns exchange their names', 'RENAME COLUMN a TO b, RENAME COLUMN b TO a', 'load'],
  ['a column comes first', "ADD COLUMN came VARCHAR(9) NOT NULL DEFAULT 'new' FIRST", 'load'],
  ['a column is of another type', 'MODIFY a BIGINT', 'digest'],
] as const

const places = [
  ['before the scan', 1, /FROM `moving_\d` FORCE INDEX/],
  // the catalogue is read when a cycle begins, and again when it ends
  ['before the cycle ends', 2, /FROM information_schema\.TABLES .* FROM information_schema\.COLUMNS /],
] as const

describeSource(
  'definitions that move',
  (flavour) => {
    it('columns that change between two statements are never read under the names of before', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const compared = async (): Promise<boolean> =>
        (await compareSides({ source: database.adminUrl, target: target.adminUrl })).equal
      let tables = 0
      for (const [where, nth, pattern] of places) {
        for (const [what, ddl, how] of moves) {
          // one table each: a copy of one that is there no more would put a brake on
          tables += 1
          const name = `moving_${tables}`
          await asAdmin(
            database,
            `CREATE TABLE ${name} (id INT PRIMARY KEY, a INT, b INT) ENGINE=InnoDB`,
            `INSERT INTO ${name} VALUES (1, 10, 20), (2, 11, 21)`,
          )
          expect((await mirror(sides, 'sync')).exit).toBe(0)
          expect(await compared(), `${where}, ${what}: at first`).toBe(true)
          await asAdmin(database, `UPDATE ${name} SET a = a + 100, b = b + 200 WHERE id = 2`)
          let moved = 0
          between({
            before: beforeThe(nth, pattern, async () => {
              moved += 1
              await asAdmin(database, `ALTER TABLE ${name} ${ddl}`)
            }),
          })
          const sync = await mirror(sides, 'sync')
          vi.restoreAllMocks()
          expect(moved, `${where}, ${what}`).toBe(1)
          // what was read is thrown away, and the cycle made again under the names of now
          expect([sync.exit, sync.json.tables[name]?.how], sync.out).toEqual([0, how])
          expect(await compared(), `${where}, ${what}: afterwards`).toBe(true)
        }
      }
    })

    it('names that are exchanged for the time of the scan alone are not read as the others’', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      await asAdmin(
        database,
        'CREATE TABLE swapped (id INT PRIMARY KEY, a INT, b INT) ENGINE=InnoDB',
        'INSERT INTO swapped VALUES (1, 10, 20)',
      )
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      const isOlder = `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'swapped'
        AND CREATE_TIME < NOW() - INTERVAL 1 SECOND`
      await until('another second, the grain of what the server tells', async () =>
        onSource(database.adminUrl, async (connection) => {
          const [rows] = await connection.query(isOlder)
          return (rows as unknown[]).length > 0
        }),
      )
      const exchange = async (): Promise<void> =>
        asAdmin(database, 'ALTER TABLE swapped RENAME COLUMN a TO b, RENAME COLUMN b TO a')
      const [, , catalogue] = places[1]
      const [begins, ends] = [
        beforeThe(1, /FROM `swapped` FORCE INDEX/, exchange),
        beforeThe(2, catalogue, exchange),
      ]
      between({
        before: async (sql) => {
          await begins?.(sql)
          await ends?.(sql)
        },
      })
      const sync = await mirror(sides, 'sync')
      vi.restoreAllMocks()
      expect(sync.exit, sync.out).toBe(0)
      expect(
        (await compareSides({ source: database.adminUrl, target: target.adminUrl })).differences,
      ).toEqual([])
    })

    it('a type that no codec knows refuses its table by name, and the rest goes on', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      await asAdmin(
        database,
        'CREATE TABLE newer (id INT PRIMARY KEY, v TEXT) ENGINE=InnoDB',
        'CREATE TABLE older (id INT PRIMARY KEY, v TEXT) ENGINE=InnoDB',
        "INSERT INTO newer VALUES (1, '<a/>')",
        "INSERT INTO older VALUES (1, 'text')",
      )
      between({
        answer: (sql, rows) =>
          sql.includes('information_schema.COLUMNS')
            ? rows.map((row) =>
                row[0]?.toString() === 'newer' && row[1]?.toString() === 'v'
                  ? row.map((field, at) => (at === 2 || at === 3 ? Buffer.from('xmltype') : field))
                  : row,
              )
            : rows,
      })
      const check = await mirror(sides, 'check')
      expect(check.json.problems).toContainEqual(
        expect.objectContaining({
          code: 'MIRROR_2002',
          table: 'newer',
          cause: expect.stringContaining('xmltype'),
        }),
      )
      const sync = await mirror(sides, 'sync')
      expect(sync.exit, sync.out).toBe(0)
      expect(sync.json.refused).toEqual({
        newer: expect.objectContaining({
          code: 'MIRROR_2002',
          reason: expect.stringContaining('column v: xmltype'),
        }),
      })
      expect((await mirror(sides, 'verify')).json).toMatchObject({
        equal: null,
        tables: { older: { equal: true } },
      })
      // what is left out is not refused any more
      expect((await mirror(sides, 'sync', '--exclude', 'newer')).json.refused).toEqual({})
      expect((await mirror(sides, 'verify', '--exclude', 'newer')).json).toMatchObject({ equal: true })
      vi.restoreAllMocks()
      expect((await mirror(sides, 'sync')).json.refused).toEqual({})
      expect(
        (await compareSides({ source: database.adminUrl, target: target.adminUrl })).differences,
      ).toEqual([])
    })
  },
  // how a server tells of a definition does not depend on the binary log
  ['mariadb', 'mysql'],
)

describeSource(
  'a table that is never the same when it is read twice',
  (flavour) => {
    it('is refused by name, and the others go on; it comes back by itself', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      await asAdmin(
        database,
        'CREATE TABLE moody (id INT PRIMARY KEY, mood DOUBLE AS (RAND()) VIRTUAL) ENGINE=InnoDB',
        'CREATE TABLE steady (id INT PRIMARY KEY) ENGINE=InnoDB',
        'INSERT INTO moody (id) VALUES (1), (2)',
      )
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      await asAdmin(database, 'INSERT INTO steady VALUES (1)')
      const sync = await mirror(sides, 'sync')
      expect(sync.exit, sync.out).toBe(0)
      expect(sync.json.refused).toMatchObject({ moody: { code: 'MIRROR_2012' } })
      expect(sync.json.tables).toMatchObject({ steady: { inserted: 1 } })

      const running = runHere(quickOptions(sides))
      const refused = async () => (await running.mirror.status()).refused
      await asAdmin(database, 'INSERT INTO steady VALUES (2)')
      const steadyRows = async () => (await running.mirror.status()).tables['steady']?.rows
      await until('the other to be followed', async () => (await steadyRows()) === 2)
      expect(await refused()).toMatchObject({ moody: { code: 'MIRROR_2012' } })
      await asAdmin(database, 'ALTER TABLE moody MODIFY mood DOUBLE AS (id / 2) VIRTUAL')
      await until('it to be back', async () => Object.keys(await refused()).length === 0)
      await running.stop()
      expect(
        (await compareSides({ source: database.adminUrl, target: target.adminUrl })).differences,
      ).toEqual([])
    })
  },
  // MySQL takes no such column
  ['mariadb'],
)
