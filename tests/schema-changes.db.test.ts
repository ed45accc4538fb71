/**
 * The source's schema changes, and the copy follows: before, during and after a scan, each kind of DDL, in place where that is
 * exact and by a reload elsewhere. What is equal is judged by a comparer that shares no code with the engine.
 *
 * During a scan means: between two statements of one cycle. The engine's own connection is told to wait there while the DDL
 * passes; server, statements and results are real.
 *
 * Negative control: with the second look at the definitions left out, a table is copied half by its old meaning.
 */
import { expect, it } from 'vitest'
import { openSource } from '../packages/mirror/src/engine/session.ts'
import { MirrorError } from '../packages/mirror/src/errors.ts'
import type { SourceRow } from '../packages/mirror/src/source/connection.ts'
import { cycleWith } from './support/cycle-here.ts'
import { alteredSchool, ddls, indexesOf, tablesToAlter } from './support/ddls.ts'
import { mirror, startMirror } from './support/mirror.ts'
import { newSeed } from './support/registrations.ts'
import { atEnd, describeSource } from './support/servers.ts'
import { until } from './support/until.ts'

const equal = { equal: true, differences: [] }

describeSource(
  'schema changes',
  (flavour) => {
    it('each kind between two cycles: followed, in place or by a reload, and recorded', async () => {
      const school = await alteredSchool(flavour)
      const { run, sides, compare, inMirror } = school
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      expect((await mirror(sides, 'history')).json.schemaChanges).toEqual([])
      const oids = async () =>
        new Map(
          (
            await inMirror("SELECT relname, oid FROM pg_class WHERE relname LIKE 't\\_%' AND relkind = 'r'")
          ).map(({ relname, oid }) => [String(relname), Number(oid)]),
        )
      const before = await oids()
      await run(
        ...tablesToAlter.map((name) => ddls[name]?.sql(name) ?? ''),
        'CREATE TABLE t_new (id INT PRIMARY KEY) ENGINE=InnoDB',
      )
      const { exit, json } = await mirror(sides, 'sync')
      expect({ exit, brakes: json.brakes, refused: json.refused }).toEqual({
        exit: 0,
        brakes: [],
        refused: {},
      })
      expect(await compare()).toEqual(equal)
      const after = await oids()
      const { schemaChanges } = (await mirror(sides, 'history')).json
      for (const name of tablesToAlter) {
        const own = schemaChanges.filter(({ table }) => table === name)
        expect([name, own.map(({ kind }) => kind).toSorted()]).toEqual([name, ddls[name]?.kinds.toSorted()])
        for (const { how } of own) expect([name, how]).toEqual([name, ddls[name]?.how])
        // what was altered in place is the very table that stood there
        expect([name, after.get(name) === before.get(name)]).toEqual([name, ddls[name]?.how === 'in place'])
      }
      expect(schemaChanges.find(({ table }) => table === 't_new')).toMatchObject({
        kind: 'table added',
        before: null,
      })
      expect(schemaChanges.find(({ table }) => table === 't_widened')).toMatchObject({
        before: { column: expect.any(String), type: expect.any(String) },
      })
      expect(await indexesOf(school, 't_indexed')).toEqual(['(b, a)'])
      expect((await mirror(sides, 'verify')).json).toMatchObject({ equal: true, ledger: { equal: true } })
      // nothing is left to follow, and rows go on
      await run(
        'UPDATE t_renamed_column SET remark = NULL WHERE id = 3',
        'UPDATE t_widened SET a = 5000000000 WHERE id = 4',
      )
      const next = await mirror(sides, 'sync')
      expect(next.json.tables['t_renamed_column']).toMatchObject({ updated: 1, inserted: 0 })
      expect(next.json.tables['t_widened']).toMatchObject({ updated: 1, inserted: 0 })
      expect(await compare()).toEqual(equal)
      // the ledger's chain covers what was recorded of the schema
      await inMirror("UPDATE mirror.schema_change SET how = 'kept' WHERE table_name = 't_key'")
      expect((await mirror(sides, 'verify')).json.ledger.equal).toBe(false)
    })

    it('tables that are renamed, and swapped as online schema changes do it', async () => {
      const { run, sides, compare, inMirror } = await alteredSchool(flavour, ['a', 'plain'])
      await mirror(sides, 'sync')
      const [{ oid } = {}] = await inMirror("SELECT 'plain'::regclass::oid AS oid")
      await run('RENAME TABLE plain TO other')
      const renamed = await mirror(sides, 'sync')
      expect({ exit: renamed.exit, brakes: renamed.json.brakes }).toEqual({ exit: 0, brakes: [] })
      expect(await inMirror("SELECT 'other'::regclass::oid AS oid")).toEqual([{ oid }])
      expect(await compare()).toEqual(equal)

      // gh-ost and pt-online-schema-change: a ghost of the new shape is filled, and takes the name
      await run(
        'CREATE TABLE _a_gho LIKE a',
        'ALTER TABLE _a_gho ADD COLUMN extra INT NULL',
        'INSERT INTO _a_gho SELECT a.*, id FROM a',
      )
      await mirror(sides, 'sync')
      await run('UPDATE a SET note = NULL WHERE id = 2', 'UPDATE _a_gho SET note = NULL WHERE id = 2')
      await run('RENAME TABLE a TO _a_del, _a_gho TO a')
      const swapped = await mirror(sides, 'sync')
      expect({ exit: swapped.exit, brakes: swapped.json.brakes }).toEqual({ exit: 0, brakes: [] })
      expect(swapped.json.tables['a']).toMatchObject({ updated: 1, inserted: 0 })
      expect(swapped.json.tables['_a_del']).toMatchObject({ updated: 1, inserted: 0 })
      expect(await compare()).toEqual(equal)
      const { schemaChanges } = (await mirror(sides, 'history')).json
      expect(
        schemaChanges
          .filter(({ kind }) => kind === 'table renamed')
          .map(({ before, after }) => [before?.['table'], after?.['table']]),
      ).toEqual(
        expect.arrayContaining([
          ['plain', 'other'],
          ['a', '_a_del'],
          ['_a_gho', 'a'],
        ]),
      )
      expect((await mirror(sides, 'verify')).json.equal).toBe(true)

      // the same, with the former table dropped at once
      await run(
        'CREATE TABLE _a_new LIKE a',
        'ALTER TABLE _a_new ADD COLUMN more INT NULL',
        'INSERT INTO _a_new SELECT a.*, id FROM a',
      )
      await mirror(sides, 'sync')
      await run('RENAME TABLE a TO _a_old, _a_new TO a', 'DROP TABLE _a_old')
      const replaced = await mirror(sides, 'sync')
      expect({ exit: replaced.exit, brakes: replaced.json.brakes }).toEqual({ exit: 0, brakes: [] })
      expect(await compare()).toEqual(equal)
      expect((await mirror(sides, 'verify')).json.equal).toBe(true)

      // what only looks like a rename is none: other rows under the name, the former gone
      await run(
        'CREATE TABLE another LIKE other',
        "INSERT INTO another SELECT id, a, b, 'else', price FROM other",
        'DROP TABLE other',
      )
      const braked = await mirror(sides, 'sync')
      expect(braked.exit).toBe(4)
      expect(braked.json.brakes).toMatchObject([{ table: 'other', code: 'MIRROR_4102' }])
    })

    it('a column that another takes the place of is no rename: a brake', async () => {
      const { run, sides, compare } = await alteredSchool(flavour, ['a'])
      await mirror(sides, 'sync')
      await run('ALTER TABLE a DROP COLUMN b, ADD COLUMN c INT NOT NULL DEFAULT 4 AFTER a')
      const braked = await mirror(sides, 'sync')
      expect(braked.exit).toBe(4)
      expect(braked.json.brakes).toMatchObject([{ table: 'a', code: 'MIRROR_4103' }])
      await mirror(sides, 'resume', '--accept', 'a')
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      expect(await compare()).toEqual(equal)
    })
  },
  // definitions are read alike with and without the binary log
  ['mariadb', 'mysql'],
)

describeSource('schema changes during a scan', (flavour) => {
  it('between any two statements of a scan', async () => {
    const seed = newSeed()
    const school = await alteredSchool(flavour)
    await mirror(school.sides, 'sync')
    const counted = await cycleWith(school, async () => undefined)
    // each DDL at a place of its own in a cycle of its own, which has rows to write as well
    let place = seed % counted.statements
    let met = 0
    for (const name of tablesToAlter) {
      place = (place + 7) % counted.statements
      await school.run(`UPDATE ${name} SET price = 99 WHERE id = 5`)
      let altered: Promise<void> | undefined
      let isThrough = false
      let isSeen = false
      const cycle = cycleWith(school, async (sql, number) => {
        if (isThrough && sql.includes('information_schema.COLUMNS')) isSeen = true
        if (number !== place + 1) return undefined
        altered = (async () => {
          await school.run(ddls[name]?.sql(name) ?? '')
          isThrough = true
        })()
        // it may have to wait for what reads now
        await Promise.race([
          altered,
          until('the DDL to wait', async () => isThrough || (await school.waits())),
        ])
        return undefined
      })
      const outcome = await cycle.then(() => 'committed').catch((error: unknown) => error)
      await altered
      // a cycle that met it is thrown away as a whole, or has all of it; one that had read all it needed has none of it
      if (outcome !== 'committed' || isSeen) met += 1
      if (outcome !== 'committed') expect(outcome).toBeInstanceOf(MirrorError)
      else if (isSeen) expect([name, await school.compare()]).toEqual([name, equal])
    }
    // most of the places are within what a cycle reads: it met them all with every seed that was tried
    expect(met).toBeGreaterThan(0)
    expect((await mirror(school.sides, 'sync')).exit).toBe(0)
    expect(await school.compare()).toEqual(equal)
    expect((await mirror(school.sides, 'verify')).json.equal).toBe(true)
  })

  it('a storm of them while the mirror scans without rest', async () => {
    const { run, sides, compare } = await alteredSchool(flavour, ['calm', 'storm'], 200)
    const running = await startMirror(sides, '--poll', '1ms', '--max-share', '1')
    await until('the first load', async () => (await running.ready())?.ready)
    for (let round = 0; round < 5; round += 1) {
      await run(
        `ALTER TABLE storm ADD COLUMN extra${round} INT NOT NULL DEFAULT ${round}`,
        'ALTER TABLE storm RENAME COLUMN a TO b, RENAME COLUMN b TO a',
        `UPDATE storm SET note = '${round}' WHERE id % 7 = ${round}`,
        'ALTER TABLE storm MODIFY price DECIMAL(9,2)',
        'ALTER TABLE storm ADD INDEX gone (b)',
        'UPDATE calm SET a = a + 1',
        'ALTER TABLE storm DROP INDEX gone, MODIFY price DECIMAL(8,2)',
      )
    }
    await until(
      'both sides to be equal',
      async () => (await compare()).equal,
      () => running.log().slice(-1_500),
    )
    expect(await running.stop()).toBe(0)
    expect((await mirror(sides, 'verify')).json.equal).toBe(true)
  })
})

describeSource(
  'schema changes, unseen',
  (flavour) => {
    it('negative control: without the second look a table is copied half by its old meaning', async () => {
      const school = await alteredSchool(flavour, ['half'], 900)
      const half = async (isBroken: boolean) => {
        const asked = new Map<string, SourceRow[]>()
        const source = await openSource({ ...school.sides, statementLimitMs: 10_000 })
        atEnd(async () => source.close())
        let pieces = 0
        return cycleWith(school, async (sql) => {
          if (/FROM `half` .*ORDER BY/s.test(sql) && (pieces += 1) === 2)
            await school.run('ALTER TABLE half RENAME COLUMN a TO b, RENAME COLUMN b TO a')
          if (!isBroken || !/FROM information_schema/.test(sql)) return undefined
          const rows = asked.get(sql) ?? (await source.rows(sql))
          asked.set(sql, rows)
          return rows
        })
      }
      await expect(half(false)).rejects.toThrow(/changed while it was read/)
      await half(true)
      const { equal: same, differences } = await school.compare()
      expect(same).toBe(false)
      // some rows are by the old meaning, some by the new
      expect(differences.length).toBeGreaterThan(0)
      const swapped = await school.inMirror(
        'SELECT count(*) FILTER (WHERE a < b) AS one, count(*) FILTER (WHERE a > b) AS other FROM half',
      )
      expect(Number(swapped[0]?.['one'])).toBeGreaterThan(0)
      expect(Number(swapped[0]?.['other'])).toBeGreaterThan(0)
    })
  },
  // with the binary log MariaDB holds the DDL up until the view that reads has ended
  ['mariadb', 'mysql'],
)
