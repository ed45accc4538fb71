/**
 * A cycle reads a table twice: the digests of its rows, and then those that differ. Where it has no common snapshot (an engine without
 * transactions; a table that is read apart, since it does not fit into a snapshot's age) a row may be another by the second reading,
 * and afterwards what it was at the first: its segment's digest would be as recorded, and the copy wrong for ever.
 *
 * The order is made by locks in PostgreSQL, at which the cycle waits between its two readings and after the second. Negative control:
 * with the digest recorded as it was read at first, the copy stays wrong.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { quickOptions, runHere } from './support/mirror-here.ts'
import { compareSides } from './support/compare.ts'
import { mirror } from './support/mirror.ts'
import { describeSource, freshDatabase, freshTarget, type SourceFlavour } from './support/servers.ts'
import { listed } from './support/under-way.ts'
import { until } from './support/until.ts'

async function setUp(flavour: SourceFlavour, engine: 'MyISAM' | 'InnoDB') {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  const ask = async (sql: string): Promise<readonly unknown[]> =>
    onSource(database.adminUrl, async (connection) => {
      const [rows] = await connection.query(sql)
      return Array.isArray(rows) ? rows : []
    })
  const tell = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
    onTarget(target.adminUrl, async (client) => (await client.query<Record<string, unknown>>(sql)).rows)
  await ask(`CREATE TABLE seat (id INT PRIMARY KEY, v INT NOT NULL) ENGINE=${engine}`)
  await ask('INSERT INTO seat VALUES (1, 1), (5, 5), (9, 9)')
  const set = async (v: number): Promise<unknown> => ask(`UPDATE seat SET v = ${v} WHERE id = 1`)
  const copied = async (): Promise<unknown> =>
    (await tell(`SELECT v FROM "${database.name}".seat WHERE id = 1`).catch(() => []))[0]?.['v']

  /** Holds what the statement locks while `work` is done. */
  const holding = async (lock: string, work: (letGo: () => Promise<unknown>) => Promise<void>) =>
    onTarget(target.adminUrl, async (client) => {
      await client.query(`BEGIN; ${lock}`)
      await work(async () => client.query('COMMIT'))
    })
  const waiting = async (statement: string): Promise<unknown> =>
    until(`the cycle to wait at ${statement}`, async () => {
      const found = await tell(
        `SELECT 1 FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '${statement}%'`,
      )
      return found.length > 0
    })
  /**
   * 1 becomes 2, which a cycle's first reading sees; then 3, which its second reading sees; and 2 again before the next cycle.
   * `pass`: done after the 3, before the second reading.
   */
  const moveAndBack = async (
    cycle: () => Promise<unknown>,
    pass: () => Promise<unknown> = async () => undefined,
  ): Promise<void> => {
    let done: Promise<unknown> | undefined
    await holding('LOCK TABLE mirror.segment IN SHARE MODE', async (letSegments) => {
      await holding(`LOCK TABLE "${database.name}".seat IN ACCESS EXCLUSIVE MODE`, async (letCopy) => {
        // one statement, of which no scan sees a part: a row that goes, at which the cycle meets the lock, and one that changes
        await ask('UPDATE seat SET v = IF(id = 1, 2, v), id = IF(id = 9, 10, id) WHERE id IN (1, 9)')
        done = cycle()
        await waiting('SELECT')
        await set(3)
        await pass()
        await letCopy()
      })
      await waiting('UPDATE mirror.segment')
      await set(2)
      await letSegments()
    })
    await done
  }
  const sides = { source: database.mirrorUrl, target: target.url }
  const sync = async (...flags: readonly string[]) => mirror(sides, 'sync', '--drift-check', '500h', ...flags)
  return { database, target, sides, ask, tell, copied, holding, waiting, moveAndBack, sync }
}

describeSource(
  'a row that moves between a cycle’s two readings, and back',
  (flavour) => {
    it('is followed by the next process; with the digest that was read it is not', async () => {
      const { ask, tell, copied, moveAndBack, sync } = await setUp(flavour, 'MyISAM')
      await sync()
      // the copy is compared with its record once, and not again
      await sync()
      await moveAndBack(sync)
      expect(await copied()).toBe(3)
      expect((await sync()).json.tables['seat']).toMatchObject({ updated: 1, consistency: 'table' })
      expect(await copied()).toBe(2)

      await ask('UPDATE seat SET v = IF(id = 1, 1, v), id = IF(id = 10, 9, id) WHERE id IN (1, 10)')
      await sync()
      await moveAndBack(sync)
      await tell('UPDATE mirror.segment SET digest = digest - 1')
      expect((await sync()).json.tables['seat']).toMatchObject({ updated: 0 })
      expect(await copied()).toBe(3)
    })

    it('is followed by a mirror that runs', async () => {
      const { sides, copied, moveAndBack } = await setUp(flavour, 'MyISAM')
      runHere(quickOptions(sides))
      await until('the copy', async () => (await copied()) === 1)
      await moveAndBack(async () => undefined)
      await until('the copy to follow', async () => (await copied()) === 2)
    })

    it('so many that they are read again when they are written: each in the part that it was found in', async () => {
      const { database, target, ask, holding, waiting, sync } = await setUp(flavour, 'MyISAM')
      await sync()
      await sync()
      const equal = async () => compareSides({ source: database.adminUrl, target: target.adminUrl })
      const counted = (from: number, step: number, rows: number): string =>
        `INSERT INTO seat SELECT ${from} + ${step} * seq, 1 FROM seq_0_to_${rows - 1}`
      let cycle: ReturnType<typeof sync> | undefined
      await holding('SELECT 1 FROM mirror.source FOR KEY SHARE', async (letGo) => {
        await ask(counted(100, 2, 52_000))
        cycle = sync()
        await waiting('SELECT epoch')
        // every part that is counted off from the beginning would hold other rows; and one that moves, and back
        await ask(counted(101, 2, 3_000))
        await ask('UPDATE seat SET v = 3 WHERE id = 104000')
        await letGo()
      })
      expect((await cycle)?.json.tables['seat']).toMatchObject({ inserted: 55_000 })
      await ask('UPDATE seat SET v = 1 WHERE id = 104000')
      const settled = (await sync()).json.tables['seat']
      expect(settled).toMatchObject({ updated: 1, inserted: 0, deleted: 0 })
      expect(await equal()).toMatchObject({ equal: true, differences: [] })
    })
  },
  // what the engine lacks is the same on every server
  ['mariadb'],
)

describeSource(
  'a table that is read apart, over several snapshots',
  (flavour) => {
    it('is followed where a row moved from one of them to the next, and back', async () => {
      const { database, ask, tell, copied, moveAndBack, sync } = await setUp(flavour, 'InnoDB')
      const apart = async () => sync('--snapshot-age', '1500ms')
      await sync()
      await sync()
      await tell('UPDATE mirror.table_state SET scan_ms = 60000')
      await moveAndBack(apart, async () =>
        until('the snapshot to end', async () => {
          const views = await listed(async () =>
            ask(
              `SELECT 1 FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p
                 ON p.ID = t.trx_mysql_thread_id WHERE p.DB = '${database.name}'`,
            ),
          )
          return views?.length === 0
        }),
      )
      expect(await copied()).toBe(3)
      expect((await apart()).json.tables['seat']).toMatchObject({ updated: 1 })
      expect(await copied()).toBe(2)
    })
  },
  // the end of a snapshot is the engine's own; MariaDB keeps what INNODB_TRX said for as long as it is asked often
  ['mysql'],
)

describeSource(
  'a partition that is exchanged while a cycle reads',
  (flavour) => {
    it('is in all of its tables or in none, though it shows in an open snapshot and in no definition', async () => {
      const { database, target, ask, tell, holding, waiting, sync } = await setUp(flavour, 'InnoDB')
      const each = async (...sqls: readonly string[]): Promise<void> => {
        for (const table of ['a', 'z']) for (const sql of sqls) await ask(sql.replaceAll('#', table))
      }
      const columns = '(id INT PRIMARY KEY, v INT) ENGINE=InnoDB'
      await each(
        `CREATE TABLE # ${columns} PARTITION BY RANGE (id) (PARTITION low VALUES LESS THAN (10), PARTITION high VALUES LESS THAN (20))`,
        'INSERT INTO # VALUES (1, 1), (11, 1)',
        `CREATE TABLE other_# ${columns}`,
        'INSERT INTO other_# VALUES (12, 2)',
      )
      const options = ['--exclude', 'other*']
      await sync(...options)
      await sync(...options)
      /** `seat` is read between the two others: there the cycle waits. */
      const exchange = async (): Promise<unknown> => {
        let cycle: ReturnType<typeof sync> | undefined
        await holding('LOCK TABLE mirror.row_pack IN ACCESS EXCLUSIVE MODE', async (letGo) => {
          await ask('UPDATE seat SET v = v + 1 WHERE id = 5')
          cycle = sync(...options)
          await waiting('SELECT')
          await each('ALTER TABLE # EXCHANGE PARTITION high WITH TABLE other_#')
          await letGo()
        })
        return (await cycle)?.exit
      }
      expect(await exchange()).toBe(0)
      const compared = await compareSides({ source: database.adminUrl, target: target.adminUrl })
      expect(compared.differences).toEqual(['other_a: not in the mirror', 'other_z: not in the mirror'])
      expect(await tell(`SELECT id FROM "${database.name}".z ORDER BY id`)).toEqual([{ id: 1 }, { id: 12 }])
    })
  },
  // the same on every server
  ['mariadb', 'mysql'],
)
