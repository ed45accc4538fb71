/** More of what once stopped the mirror for good, or lost what somebody had decided: each is a case that was broken. */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror } from './support/mirror.ts'
import { describeSource, freshDatabase, freshTarget, type SourceFlavour } from './support/servers.ts'

const setUp = async (flavour: SourceFlavour) => {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  const change = (...statements: readonly string[]) =>
    onSource(database.adminUrl, async (connection) => {
      for (const sql of statements) await connection.query(sql)
    })
  const inTarget = (sql: string) => onTarget(target.adminUrl, (client) => client.query(sql))
  const compare = async () =>
    (await compareSides({ source: database.adminUrl, target: target.adminUrl })).differences
  return {
    database,
    target,
    sides: { source: database.mirrorUrl, target: target.url },
    change,
    inTarget,
    compare,
  }
}

describeSource(
  'the mirror goes on',
  (flavour) => {
    it('without giving readers what was taken from them, over a reload and over a swap of tables', async () => {
      const { database, target, sides, change } = await setUp(flavour)
      await change(
        'CREATE TABLE account (id INT PRIMARY KEY, hash VARCHAR(40)) ENGINE=InnoDB',
        "INSERT INTO account VALUES (1, 'secret'), (2, 'secret too')",
      )
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      const reader = new URL(target.readerUrl).username
      const copy = `"${database.name}".account`
      const asReader = async (sql: string) =>
        onTarget(target.readerUrl, async (client) =>
          client.query(sql).then(
            ({ rows }) => rows,
            (error: Error) => error.message,
          ),
        )
      const seen = async () => ({
        hash: await asReader(`SELECT hash FROM ${copy}`),
        id: await asReader(`SELECT id FROM ${copy}`),
      })
      // negative control: the default privileges let it read all
      expect((await seen()).hash).toEqual([{ hash: 'secret' }, { hash: 'secret too' }])
      await onTarget(target.url, async (client) => {
        await client.query(`REVOKE ALL ON ${copy} FROM "${reader}"`)
        await client.query(`GRANT SELECT (id) ON ${copy} TO "${reader}"`)
        await client.query(`ALTER TABLE ${copy} ENABLE ROW LEVEL SECURITY`)
        await client.query(`CREATE POLICY first ON ${copy} FOR SELECT TO "${reader}" USING (id = 1)`)
      })
      const held = { hash: 'permission denied for table account', id: [{ id: 1 }] }
      expect(await seen()).toEqual(held)
      await change('ALTER TABLE account ADD COLUMN more INT')
      expect((await mirror(sides, 'sync')).json.tables['account']?.how).toBe('load')
      expect(await seen()).toEqual(held)
      await change(
        'CREATE TABLE _account_gho LIKE account',
        'ALTER TABLE _account_gho ADD COLUMN extra INT',
        'INSERT INTO _account_gho SELECT account.*, id FROM account',
      )
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      await change('RENAME TABLE account TO _account_del, _account_gho TO account')
      const swapped = await mirror(sides, 'sync')
      expect(swapped.json.tables['account'], swapped.out).toMatchObject({ inserted: 0, how: 'digest' })
      expect(await seen()).toEqual(held)
      expect(await asReader(`SELECT hash FROM "${database.name}"._account_del`)).toMatch('permission denied')
    })

    it('with tables and columns that are called as JavaScript calls its own', async () => {
      const { database, sides, change, inTarget } = await setUp(flavour)
      const columns = ['__proto__', '__defineGetter__', 'constructor', 'toString']
      const tables = ['__proto__', 'constructor', 'hasOwnProperty']
      for (const table of tables) {
        await change(
          `CREATE TABLE ${table} (id INT PRIMARY KEY, ${columns.map((name) => `${name} VARCHAR(9)`).join(', ')}) ENGINE=InnoDB`,
          `INSERT INTO ${table} VALUES (1, 'a', 'b', 'c', 'd')`,
        )
      }
      // before there is a copy, verify finds no such name among the refused either
      expect((await mirror(sides, 'sync', '--tables', 'constructor')).exit).toBe(0)
      const lacking = await mirror(sides, 'verify')
      expect(Object.keys(lacking.json.tables).toSorted(), lacking.out).toEqual(tables.toSorted())
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      for (const table of tables) {
        await change(`UPDATE ${table} SET __proto__ = 'other'`)
        // met when the row is written, where the policy is asked for by the table's name
        await inTarget(`UPDATE "${database.name}"."${table}" SET "toString" = 'edited'`)
      }
      const followed = await mirror(sides, 'sync')
      expect(
        Object.entries(followed.json.tables).map(([name, { updated }]) => [name, updated]),
        followed.out,
      ).toEqual(tables.toSorted().map((name) => [name, 1]))
      const told = (await mirror(sides, 'history', '--table', '__proto__', '--limit', '1')).json
      const after = new Map(Object.entries(told.changes[0]?.after ?? {}))
      expect([after.get('__proto__'), after.get('toString')]).toEqual(['other', 'd'])
      expect((await mirror(sides, 'verify')).json.equal).toBe(true)
    })

    it('where the target’s own settings would make text of NULL, or end a cycle that takes its time', async () => {
      const { database, target, sides, change, inTarget, compare } = await setUp(flavour)
      await inTarget(`ALTER DATABASE "${target.name}" SET array_nulls = off`)
      await inTarget(
        `DO $$ BEGIN ALTER DATABASE "${target.name}" SET transaction_timeout = '1s'; EXCEPTION WHEN undefined_object THEN NULL; END $$`,
      )
      await change(
        'CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)) ENGINE=InnoDB',
        "INSERT INTO t VALUES (1, 'a')",
      )
      expect((await mirror(sides, 'sync')).json.refused).toEqual({})
      await inTarget(
        'CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.pg_sleep(1.5); RETURN NEW; END $$',
      )
      await inTarget(
        `CREATE TRIGGER slow BEFORE UPDATE ON "${database.name}".t FOR EACH ROW EXECUTE FUNCTION public.slow()`,
      )
      await change('UPDATE t SET v = NULL', 'INSERT INTO t VALUES (2, NULL)')
      const followed = await mirror(sides, 'sync')
      expect(followed.json, followed.out).toMatchObject({ refused: {}, tables: { t: { updated: 1 } } })
      expect(await compare()).toEqual([])
    })
  },
  // what the target says of its tables, and what the engine makes of names, is the same whatever server it reads
  ['mysql'],
)
