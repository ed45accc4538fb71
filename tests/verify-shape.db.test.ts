/**
 * A table of the copy that somebody made over: a column more, less or of another type, no key, a view in its place, a table that
 * inherits from it, a constraint upon it. `verify` says in what it differs, `sync` refuses what it cannot write, and the others go on.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { mirror } from './support/mirror.ts'
import { describeSource, freshDatabase, freshTarget } from './support/servers.ts'

describeSource(
  'verify of a table of the copy that was made over by hand',
  (flavour) => {
    it('tells in what it is not as the mirror makes it, goes on with the others, and loads it anew', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const names = ['copied', 'heir', 'fine', 'narrow', 'retyped', 'viewed', 'wide']
      await onSource(database.adminUrl, async (connection) => {
        for (const name of names) {
          await connection.query(
            `CREATE TABLE ${name} (id INT PRIMARY KEY, v VARCHAR(20), n DECIMAL(10,2), m NUMERIC(20), t TIMESTAMP(6) NULL, d DATETIME,
               s TIME(3), b BIT(9), u BIGINT UNSIGNED, f FLOAT, j JSON)`,
          )
          await connection.query(`INSERT INTO ${name} (id, v, n) VALUES (1, 'a', 1.50), (2, 'b', 2)`)
        }
      })
      const edit = async (...statements: readonly string[]): Promise<void> =>
        onTarget(target.adminUrl, async (client) => {
          await client.query(`SET search_path = "${database.name}"`)
          for (const sql of statements) await client.query(sql)
        })
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      const clean = await mirror(sides, 'verify')
      expect([clean.json.equal, clean.exit], clean.out).toEqual([true, 0])

      await edit(
        'CREATE TABLE child () INHERITS (heir)',
        'INSERT INTO child SELECT * FROM heir WHERE id = 1',
        'ALTER TABLE copied DROP CONSTRAINT copied_pkey',
        'INSERT INTO copied SELECT * FROM copied WHERE id = 2',
        'ALTER TABLE retyped ALTER COLUMN n TYPE text',
        'ALTER TABLE wide ADD COLUMN extra text',
        'ALTER TABLE narrow DROP COLUMN v',
        'ALTER TABLE viewed RENAME TO beside',
        'CREATE VIEW viewed AS SELECT * FROM beside',
      )
      const found = await mirror(sides, 'verify')
      expect([found.json.equal, found.exit], found.out).toEqual([false, 3])
      const told = Object.fromEntries(
        Object.entries(found.json.tables).map(([name, { shape, differences }]) => [
          name,
          { shape, differences },
        ]),
      )
      const extra = (key: string) => [{ key: [key], kind: 'extra' }]
      expect(told).toEqual({
        copied: { shape: ['its primary key is (), not (id)'], differences: extra('2') },
        fine: { shape: [], differences: [] },
        heir: {
          shape: [`table ${database.name}.child inherits from it, and its rows show in it`],
          differences: extra('1'),
        },
        narrow: { shape: ['column v is not there'], differences: [] },
        retyped: { shape: ['column n is text, not numeric(10,2)'], differences: [] },
        viewed: { shape: expect.arrayContaining(['a view stands in its place']), differences: [] },
        wide: { shape: ['column extra is of no mirror’s making'], differences: [] },
      })
      for (const [name, { equal }] of Object.entries(found.json.tables))
        expect(equal, name).toBe(name === 'fine')

      // What others made stands in the way of two: they are refused by name, and stay unequal.
      const mended = await mirror(sides, 'verify', '--repair')
      expect([mended.json.equal, mended.exit], mended.out).toEqual([false, 3])
      const unequal = Object.entries(mended.json.tables).flatMap(([name, { equal }]) => (equal ? [] : [name]))
      expect(unequal).toEqual(['heir', 'viewed'])
      expect(Object.keys(mended.json.refused).sort()).toEqual(['heir', 'viewed'])
      expect(mended.json.refused['heir']).toMatchObject({
        code: 'MIRROR_3026',
        reason: expect.stringContaining('child'),
      })

      await edit('DROP TABLE child', 'DROP VIEW viewed', 'DROP TABLE beside')
      const whole = await mirror(sides, 'verify', '--repair')
      expect([whole.json.equal, whole.exit], whole.out).toEqual([true, 0])
    })

    it('refuses in a cycle the table that cannot be written, says why, and follows the others', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const names = ['checked', 'dropped', 'fine', 'viewed']
      const change = async (...statements: readonly string[]): Promise<void> =>
        onSource(database.adminUrl, async (connection) => {
          for (const sql of statements) await connection.query(sql)
        })
      const edit = async (...statements: readonly string[]): Promise<void> =>
        onTarget(target.adminUrl, async (client) => {
          await client.query(`SET search_path = "${database.name}"`)
          for (const sql of statements) await client.query(sql)
        })
      for (const name of names)
        await change(
          `CREATE TABLE ${name} (id INT PRIMARY KEY, v INT, w INT)`,
          `INSERT INTO ${name} VALUES (1, 1, 1), (2, 2, 2)`,
        )
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      await edit(
        'ALTER TABLE checked ADD CONSTRAINT small CHECK (v < 10)',
        'ALTER TABLE viewed RENAME TO beside',
        'CREATE VIEW viewed AS SELECT * FROM beside',
        'ALTER TABLE dropped DROP COLUMN w',
      )
      for (const name of names) await change(`UPDATE ${name} SET v = 20 WHERE id = 2`)
      const next = await mirror(sides, 'sync')
      expect([next.exit, next.json.tables['fine']?.updated], next.out + next.err).toEqual([0, 1])
      const refused = (words: string) => ({ code: 'MIRROR_3026', reason: expect.stringContaining(words) })
      expect(next.json.refused).toMatchObject({
        checked: refused('small'),
        dropped: refused('column w is not there'),
        viewed: refused('a view stands in its place'),
      })
      // asked again and again: told once, until something changes
      const cycles = async () => {
        const { json } = await mirror(sides, 'history', '--limit', '100')
        return json.cycles.length
      }
      const before = await cycles()
      for (let poll = 0; poll < 4; poll += 1) {
        const still = await mirror(sides, 'sync')
        expect([still.exit, Object.keys(still.json.refused)], still.err).toEqual([
          0,
          ['checked', 'dropped', 'viewed'],
        ])
        expect(still.json.tables).toEqual({ fine: expect.objectContaining({ updated: 0 }) })
      }
      // those in which nothing was done share one
      expect(await cycles()).toBe(before + 1)
      await edit('ALTER TABLE checked DROP CONSTRAINT small', 'DROP VIEW viewed', 'DROP TABLE beside')
      const again = await mirror(sides, 'sync')
      expect([again.exit, again.json.tables['checked']?.updated], again.out + again.err).toEqual([0, 1])
      const whole = await mirror(sides, 'verify', '--repair')
      expect([whole.json.equal, whole.exit], whole.out).toEqual([true, 0])
    })
  },
  ['mariadb'],
)
