/**
 * A large table is loaded in pieces while it goes on changing, by a process that is killed again and again. Whoever
 * comes next goes on at the piece where the last one stopped; nobody sees the table before a cycle has proved it; tables beside it
 * are followed meanwhile; and at the end both sides are equal by a comparer that shares no code with the engine.
 *
 * Negative controls: what was loaded is not equal to the source without the catch-up; and a position that is not where the
 * rows are is found out.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { createMirror } from '../packages/mirror/src/engine/mirror.ts'
import { LeaderSession } from '../packages/mirror/src/engine/session.ts'
import { mirror, type RunningMirror, startMirror } from './support/mirror.ts'
import { quickOptions } from './support/mirror-here.ts'
import { compareSides } from './support/compare.ts'
import { setUpLarge, startChanges } from './support/large-table.ts'
import { readRecordedDigests, recordDigestsByRow } from './support/recorded-digests.ts'
import { newSeed, random } from './support/registrations.ts'
import { atEnd, describeSource, freshDatabase, freshTarget } from './support/servers.ts'
import { until } from './support/until.ts'

describeSource(
  'a load that is killed',
  (flavour) => {
    it('goes on where it stopped, while everything changes', async () => {
      const seed = newSeed()
      console.log(`${flavour}: TEST_SEED=${seed}`)
      const next = random(seed)
      const { database, sides, ask, load, isThere, compare } = await setUpLarge(flavour)
      const start = (share = '0.15'): Promise<RunningMirror> =>
        startMirror(sides, '--poll', '50ms', '--max-share', share)
      const changes = startChanges(database.url, seed)

      // slowly at first: the small table is to follow while the large one is not there
      let running = await start('0.05')
      let rows = 0
      let started: string | undefined
      let reached = { rows: 0, id: 0, started: '' }
      for (const episode of [0, 1, 2]) {
        const pieces = episode === 0 ? 1 : 1 + Math.floor(2 * next())
        let seen: Awaited<ReturnType<typeof load>>
        for (let piece = 0; piece < pieces; piece += 1) {
          const before = seen?.rows ?? rows
          seen = await until(
            'a piece',
            async () => {
              // between two looks all the rest of it may have come
              const isOver = async () => started !== undefined && (await isThere('large'))
              const now = (await load()) ?? ((await isOver()) ? { ...reached, phase: 'over' } : undefined)
              return now !== undefined && (now.rows > before || now.phase !== 'rows') ? now : undefined
            },
            () => running.log().slice(-2_000),
          )
        }
        if (seen === undefined) throw new Error('no load')
        // the same load, further on: what was committed before the kill was not read again
        expect(seen.rows).toBeGreaterThanOrEqual(rows)
        expect(seen.started).toBe(started ?? seen.started)
        started = seen.started
        rows = seen.rows
        reached = seen
        if (episode === 0) {
          expect(await isThere('large')).toBe(false)
          expect((await mirror(sides, 'status')).json.tables['large']).toMatchObject({ state: 'loading' })
          expect((await mirror(sides, 'status')).json.tables['large']?.progress).toBeGreaterThan(0)
          // tables beside it are followed
          await onSource(database.adminUrl, (connection) => connection.query('UPDATE small SET n = n + 7'))
          await until(
            'the small table to follow',
            async () => (await ask(`SELECT n FROM "${database.name}".small`))[0]?.['n'] === 7,
          )
          expect(await isThere('large')).toBe(false)
        }
        await running.kill()
        running = await start()
      }
      await until(
        'the table',
        async () => isThere('large'),
        () => running.log().slice(-2_000),
      )
      expect(await load()).toBeUndefined()
      const loaded = changes.made
      await changes.stop()
      expect(loaded).toBeGreaterThan(100)
      let last = await compare()
      await until(
        'both sides to be equal',
        async () => (last = await compare()).equal,
        () => `${last.differences.slice(0, 10).join('\n')}\n${running.log().slice(-3_000)}`,
      )
      expect(await running.stop()).toBe(0)
      const verified = await mirror(sides, 'verify')
      expect(verified.json, verified.out).toMatchObject({ equal: true })
      const history = await mirror(sides, 'history', '--table', 'large', '--limit', '1000')
      expect(history.json.changes.filter(({ op }) => op === 'load').length).toBeLessThan(2)
      expect(verified.json.tables['large']?.exact.count).toBeGreaterThan(2)
      // nothing of the load is left
      expect(await ask("SELECT 1 FROM pg_tables WHERE schemaname = 'mirror_load'")).toEqual([])
      expect(await ask("SELECT 1 FROM mirror.exact_value WHERE source_id LIKE '%loading%'")).toEqual([])
    })

    it('is not equal before the catch-up, and starts anew where its position does not hold', async () => {
      const { database, sides, ask, load, isThere, compare, kill } = await setUpLarge(flavour)
      const changes = startChanges(database.url, newSeed())
      const running = await startMirror(sides, '--poll', '50ms', '--max-share', '0.08')
      await until('some rows', async () => ((await load())?.rows ?? 0) > 0)
      await kill(running)
      await until('more changes', () => changes.made > 200)
      await changes.stop()
      // without the catch-up the rows that were loaded are not the source's
      const uncaught = async (): Promise<boolean> => {
        const id = (await load())?.id
        await ask(
          `CREATE SCHEMA uncaught; CREATE TABLE uncaught.large AS SELECT * FROM mirror_load."loading ${id}"`,
        )
        return (await compare({ schema: 'uncaught', except: ['small'] })).equal
      }
      // as if it had been killed among the rows: a quick machine may be past them
      await ask("UPDATE mirror.load_state SET position = NULL, phase = 'rows'")
      // rows are read twice from here on: their key cannot be made, and all is loaded anew
      const sync = await mirror(sides, 'sync')
      expect(sync.exit, sync.out + sync.err).toBe(0)
      expect(sync.json.tables['large']).toMatchObject({ how: 'load', consistency: 'cycle' })
      expect(await compare()).toMatchObject({ equal: true, differences: [] })

      // a definition that changes is a load, too: the old table stays until the new one is proved
      for (const phase of ['rows', 'ready']) {
        await onSource(database.adminUrl, (connection) =>
          connection.query(`ALTER TABLE large ADD COLUMN more_${phase} INT NOT NULL DEFAULT 5`),
        )
        const second = await startMirror(sides, '--poll', '50ms', '--max-share', '0.08')
        await until('rows of the new load', async () => ((await load())?.rows ?? 0) > 0)
        expect(await isThere('large')).toBe(true)
        await kill(second)
        await onSource(database.adminUrl, (connection) =>
          connection.query(`UPDATE large SET note = '${phase}' WHERE name LIKE 'a%' LIMIT 500`),
        )
        if (phase === 'rows') expect(await uncaught()).toBe(false)
        // somebody takes away what was loaded, and its place with it; all of it had been read already, or it had not
        await ask(`UPDATE mirror.load_state SET phase = '${phase}'`)
        await ask('DROP SCHEMA mirror_load CASCADE')
        const anew = await mirror(sides, 'sync')
        expect(anew.exit, anew.out + anew.err).toBe(0)
        expect(anew.json.tables['large'], anew.out).toMatchObject({ how: 'load' })
        expect(await compare()).toMatchObject({ equal: true, differences: [] })
        const rows = await ask(`SELECT DISTINCT more_${phase} AS more FROM "${database.name}".large`)
        expect(rows).toEqual([{ more: 5 }])
      }
    })
  },
  // the same statements on both kinds of server; the binary log plays no part in them
  ['mariadb', 'mysql'],
)

describeSource(
  'a load under way',
  (flavour) => {
    it('is left alone by a repair, which mends the tables beside it', async () => {
      const { database, sides, ask, load, compare, kill } = await setUpLarge(flavour)
      const edit = async (): Promise<unknown> => ask(`UPDATE "${database.name}".small SET n = 99`)
      const behind = async (place?: string): Promise<unknown> => {
        const loading = place ?? `mirror_load."loading ${(await load())?.id}"`
        return (await ask(`SELECT count(*)::int AS n FROM ${loading} WHERE note = 'behind'`))[0]?.['n']
      }
      const running = await startMirror(sides, '--poll', '50ms', '--max-share', '0.08')
      await until('some rows', async () => ((await load())?.rows ?? 0) > 0)
      const before = await load()
      await edit()
      // it is not equal yet, and says so
      const beside = await mirror(sides, 'verify', '--repair')
      expect([beside.exit, beside.json.equal], beside.out).toEqual([3, false])
      expect(beside.json.tables).toMatchObject({ small: { equal: true }, large: { equal: false } })
      const after = await load()
      expect(after).toMatchObject({ id: before?.id, started: before?.started })
      expect(after?.rows).toBeGreaterThanOrEqual(before?.rows ?? 0)
      await kill(running)
      // nobody leads: the repair's own cycle reads the load to its end, from its snapshot; what was read before is not in that
      await onSource(database.adminUrl, (connection) =>
        connection.query("UPDATE large SET note = 'behind' ORDER BY name, number LIMIT 500"),
      )
      expect(await behind()).toBe(0)
      await edit()
      const alone = await mirror(sides, 'verify', '--repair')
      expect([alone.exit, alone.json.equal], alone.out).toEqual([0, true])
      expect(await compare()).toMatchObject({ equal: true, differences: [] })
      expect(await behind(`"${database.name}".large`)).toBe(500)
      const history = await mirror(sides, 'history', '--table', 'large', '--limit', '100')
      expect(history.json.changes.filter(({ op }) => op === 'load')).toHaveLength(1)
    })

    it('ends as a refusal by name at a row that the target does not take; what was loaded of it goes, and the others are followed', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      // a thousand numbers, which are never moved out of a row: 4,000 bytes in the source, more than a page in the target
      const many = Array.from({ length: 1_000 }, (_, index) => index)
      const run = async (...list: readonly string[]): Promise<void> =>
        onSource(database.adminUrl, async (connection) => {
          for (const sql of list) await connection.query(sql)
        })
      const left = async (): Promise<unknown> =>
        onTarget(target.adminUrl, async (client) => {
          const asked =
            "SELECT (SELECT count(*)::int FROM mirror.load_state) AS loads, count(*)::int AS tables FROM pg_tables WHERE schemaname = 'mirror_load'"
          return (await client.query(asked)).rows[0]
        })
      await run(
        `CREATE TABLE odd (id INT PRIMARY KEY, ${many.map((index) => `c${index} DECIMAL(9,0) NULL`).join(', ')}) ENGINE=InnoDB`,
        'CREATE TABLE fine (id INT PRIMARY KEY) ENGINE=InnoDB',
        'INSERT INTO fine VALUES (1), (2), (3)',
        'INSERT INTO odd (id) VALUES (1), (2), (3)',
        `UPDATE odd SET ${many.map((index) => `c${index} = ${123_456_789 - index}`).join(', ')} WHERE id = 3`,
      )
      const options = { ...quickOptions(sides), wholeLoadRows: 2 }
      const syncs = async (): Promise<Awaited<ReturnType<ReturnType<typeof createMirror>['sync']>>> => {
        const alone = createMirror(options)
        atEnd(async () => alone.close())
        return alone.sync()
      }
      const first = await syncs()
      expect(first.refused['odd'], JSON.stringify(first.refused)).toMatchObject({ code: 'MIRROR_2013' })
      expect(first.tables['fine']).toMatchObject({ how: 'load', inserted: 3 })
      expect(await left()).toEqual({ loads: 0, tables: 0 })
      // tried again by the next command, with the same end: then somebody made it fit
      expect((await syncs()).refused['odd']).toMatchObject({ code: 'MIRROR_2013' })
      await run('DELETE FROM odd WHERE id = 3', 'INSERT INTO odd (id) VALUES (4)')
      const fits = await syncs()
      expect(fits.refused).toEqual({})
      expect(fits.tables['odd']).toMatchObject({ how: 'load', inserted: 3 })
      expect(await left()).toEqual({ loads: 0, tables: 0 })
    })

    it('is made in pieces also where the table might have been another under a new name', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const run = async (...list: readonly string[]): Promise<void> =>
        onSource(database.adminUrl, async (connection) => {
          for (const sql of list) await connection.query(sql)
        })
      const rows = (from: number, to: number): string =>
        Array.from({ length: to - from }, (_, at) => `(${from + at}, ${from})`).join()
      await run(
        'CREATE TABLE old (id INT PRIMARY KEY, v INT) ENGINE=InnoDB',
        'CREATE TABLE named (id INT PRIMARY KEY, w INT) ENGINE=InnoDB',
        'CREATE TABLE stays (id INT PRIMARY KEY) ENGINE=InnoDB',
        'INSERT INTO stays VALUES (-1), (-2)',
        `INSERT INTO old VALUES ${rows(0, 50)}`,
        `INSERT INTO named VALUES ${rows(0, 400)}`,
      )
      const session = new LeaderSession(
        { ...quickOptions(sides), maxDelete: 0.2, wholeLoadRows: 100 },
        () => undefined,
      )
      atEnd(async () => session.close())
      await session.lead()
      const loads = async (): Promise<unknown[]> =>
        onTarget(
          target.adminUrl,
          async (client) =>
            (
              await client.query(
                'SELECT table_name, l.rows::int FROM mirror.load_state l JOIN mirror.table_state USING (table_id)',
              )
            ).rows,
        )
      const follow = async (): Promise<void> => {
        for (let pieces = 0; (await session.advanceLoads()).advance !== 'idle'; pieces += 1)
          if (pieces > 1_000) throw new Error('a load without end')
        await session.cycle(false)
      }
      await session.cycle(false)
      await follow()
      expect(await loads()).toEqual([])
      // a large table of the definition of one that vanished, and one that is that very table
      await run(
        'DROP TABLE old',
        'RENAME TABLE named TO again',
        'CREATE TABLE fresh (id INT PRIMARY KEY, v INT) ENGINE=InnoDB',
        `INSERT INTO fresh VALUES ${rows(10_000, 10_500)}`,
      )
      const { report } = await session.cycle(false)
      // begun, and not read within the cycle
      expect(await loads()).toEqual([{ table_name: 'fresh', rows: 0 }])
      expect(report.tables).toEqual({
        again: expect.objectContaining({ how: 'digest', inserted: 0 }),
        stays: expect.objectContaining({ inserted: 0 }),
      })
      expect(report.brakes).toMatchObject([{ table: 'old', code: 'MIRROR_4102' }])
      await follow()
      expect(await loads()).toEqual([])
      // a command of its own reads it to its end
      await session.close()
      await run(
        'DROP TABLE stays',
        'CREATE TABLE later (id INT PRIMARY KEY) ENGINE=InnoDB',
        `INSERT INTO later VALUES ${Array.from({ length: 200 }, (_, id) => `(${id})`).join()}`,
      )
      const alone = createMirror({ ...quickOptions(sides), maxDelete: 0.2, wholeLoadRows: 100 })
      atEnd(async () => alone.close())
      expect((await alone.sync()).tables['later']).toMatchObject({ how: 'load', inserted: 200 })
      expect(await loads()).toEqual([])
      const compared = await compareSides({ source: database.adminUrl, target: target.adminUrl })
      expect(compared.differences).toEqual(['old: not in the source', 'stays: not in the source'])
    })

    it.each([
      ['begins again', true],
      // negative control: half of what it was loaded with would have no digest
      ['would lack its first rows, if it went on', false],
    ])('while the record is brought up to date: %s', async (_how, isDistrusted) => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const rows = 1_500
      await onSource(database.adminUrl, async (connection) => {
        await connection.query('CREATE TABLE seat (id INT PRIMARY KEY, v INT, KEY (v)) ENGINE=InnoDB')
        const values = Array.from({ length: rows }, (_, id) => `(${id}, ${id % 7})`)
        await connection.query(`INSERT INTO seat VALUES ${values.join()}`)
        await connection.query('CREATE TABLE small (id INT PRIMARY KEY) ENGINE=InnoDB')
        await connection.query('INSERT INTO small VALUES (1), (2)')
      })
      const lead = async (): Promise<LeaderSession> => {
        const session = new LeaderSession({ ...quickOptions(sides), wholeLoadRows: 100 }, () => undefined)
        atEnd(async () => session.close())
        await session.lead()
        return session
      }
      const loads = async (): Promise<unknown[]> =>
        onTarget(
          target.adminUrl,
          async (client) => (await client.query('SELECT fingerprint, rows::int FROM mirror.load_state')).rows,
        )
      const first = await lead()
      await first.cycle(false)
      const fingerprint = await onTarget(target.adminUrl, async (client) => {
        const [load] = (await client.query('SELECT table_id AS id, fingerprint FROM mirror.load_state')).rows
        // a piece ends after a quarter of a second: that is over when its first answer is copied
        await client.query(`BEGIN; LOCK TABLE mirror_load."loading ${load.id}" IN SHARE MODE`)
        const piece = first.advanceLoads()
        await until('the copy of its first rows', async () => {
          const held = `SELECT 1 FROM pg_locks WHERE relation = 'mirror_load."loading ${load.id}"'::regclass AND NOT granted`
          return (await client.query(held)).rows.length > 0
        })
        await new Promise((resolve) => setTimeout(resolve, 300))
        await client.query('COMMIT')
        await piece
        return String(load.fingerprint)
      })
      await first.close()
      const [{ rows: read }] = (await loads()) as [{ rows: number }]
      expect(read).toBeGreaterThan(0)
      expect(read).toBeLessThan(rows)
      await onTarget(target.url, recordDigestsByRow)

      const second = await lead()
      expect(await loads()).toEqual([{ fingerprint: 'distrusted', rows: read }])
      if (!isDistrusted)
        await onTarget(target.adminUrl, (client) =>
          client.query('UPDATE mirror.load_state SET fingerprint = $1', [fingerprint]),
        )
      await second.cycle(false)
      expect(await loads()).toEqual([{ fingerprint, rows: isDistrusted ? 0 : read }])
      for (let pieces = 0; (await second.advanceLoads()).advance !== 'idle'; pieces += 1)
        if (pieces > 1_000) throw new Error('a load without end')
      await second.cycle(false)
      expect(await loads()).toEqual([])
      await second.close()
      await onTarget(target.adminUrl, async (client) => {
        const recorded = await readRecordedDigests(client)
        expect(recorded).toHaveLength(2 + (isDistrusted ? rows : rows - read))
        expect((await client.query("SELECT 1 FROM pg_tables WHERE schemaname = 'mirror_load'")).rows).toEqual(
          [],
        )
      })
      const compared = await compareSides({ source: database.adminUrl, target: target.adminUrl })
      expect(compared).toMatchObject({ equal: true, differences: [] })
    })
  },
  // what is repaired lies in PostgreSQL
  ['mariadb'],
)
