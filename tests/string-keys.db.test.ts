/**
 * Text keys under collations in which 'a' = 'A' = 'a ': order and equality are the source's, over many segments.
 * The sorted order of the collation and that of the bytes differ wildly here, so that a boundary compared anywhere but
 * in the source would lose rows.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror } from './support/mirror.ts'
import { newSeed, random } from './support/registrations.ts'
import { describeEachServer, describeSource, freshDatabase, freshTarget } from './support/servers.ts'

const collations = [
  ['utf8mb4', 'utf8mb4_general_ci'],
  ['utf8mb4', 'utf8mb4_unicode_ci'],
  ['utf8mb4', 'utf8mb4_bin'],
  ['latin1', 'latin1_swedish_ci'],
] as const

const letters = [
  'a',
  'A',
  'b',
  'B',
  'z',
  'Z',
  'ä',
  'Ä',
  'é',
  'ß',
  '_',
  '-',
  '0',
  '9',
  'o',
  'Ö',
  "'",
  '"',
  '\\',
  '%',
  ' ',
]

describeEachServer('text keys', (flavour) => {
  it.each(collations)('of %s under %s are followed over many segments', async (charset, collation) => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    const sides = { source: database.mirrorUrl, target: target.url }
    const seed = newSeed()
    console.log(`${flavour} ${collation}: TEST_SEED=${seed}`)
    const next = random(seed)
    const word = (length: number): string =>
      Array.from({ length }, () => letters[Math.floor(next() * letters.length)]).join('')

    await onSource(database.adminUrl, async (connection) => {
      const query = (sql: string, values: unknown[] = []) => connection.query(sql, values)
      await query("SET SESSION sql_mode = ''")
      await query('SET NAMES utf8mb4')
      await query(
        `CREATE TABLE word (part SMALLINT NOT NULL, w VARCHAR(12) CHARACTER SET ${charset} COLLATE ${collation} NOT NULL,
           n INT NOT NULL, PRIMARY KEY (w, part)) ENGINE=InnoDB`,
      )
      const add = async (count: number): Promise<void> => {
        for (let done = 0; done < count; done += 1_000) {
          const rows = Array.from({ length: 1_000 }, () => [
            Math.floor(next() * 3),
            word(1 + Math.floor(next() * 6)),
            0,
          ])
          await query('INSERT IGNORE INTO word (part, w, n) VALUES ?', [rows])
        }
      }
      const followed = async (): Promise<void> => {
        const sync = await mirror(sides, 'sync')
        expect([sync.json.refused, sync.json.brakes, sync.exit], sync.err).toEqual([{}, [], 0])
        const compared = await compareSides({ source: database.adminUrl, target: target.adminUrl })
        expect(compared.differences).toEqual([])
      }

      await add(6_000)
      await followed()
      const segments = async (): Promise<number> =>
        onTarget(target.adminUrl, async (client) => {
          const { rows } = await client.query('SELECT count(*) AS n FROM mirror.segment')
          return Number(rows[0]?.n)
        })
      const before = await segments()
      expect(before).toBeGreaterThan(2)

      // below all, above all, and between; a key that changes in case only, and one that gains a blank
      await query(
        "INSERT IGNORE INTO word VALUES (-9, '', 1), (9, 'ÿÿÿÿÿÿÿÿÿÿÿÿ', 1), (9, 'zzzzzzzzzzzz', 1)",
      )
      await query("INSERT IGNORE INTO word VALUES (7, 'Case', 1), (7, 'blank', 1)")
      await followed()
      await query("UPDATE IGNORE word SET w = 'cASE' WHERE w = 'Case' AND part = 7")
      await query("UPDATE IGNORE word SET w = 'blank ' WHERE w = 'blank' AND part = 7")
      await query('UPDATE word SET n = n + 1 WHERE part = 1 AND MOD(LENGTH(w), 2) = 0 LIMIT 500')
      await query('DELETE FROM word WHERE part = 2 LIMIT 400')
      await followed()

      // segments that grow are divided at keys that the source returned
      await add(8_000)
      await followed()
      expect(await segments()).toBeGreaterThan(before)
      await query('UPDATE word SET n = n + 1 WHERE part = 0 LIMIT 300')
      await followed()
      const verified = await mirror(sides, 'verify')
      expect([verified.json.equal, verified.exit]).toEqual([true, 0])
    })
  })
})

describeSource(
  'keys about as long as those that the record packs',
  (flavour) => {
    it('are loaded, deleted and put in again under one identity', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const column = (name: string, length: number): string =>
        `${name} VARCHAR(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL`
      const run = async (...list: readonly string[]): Promise<void> =>
        onSource(database.adminUrl, async (connection) => {
          await connection.query('SET NAMES utf8mb4')
          for (const sql of list) await connection.query(sql)
        })
      // identities of 990 to 1,010 bytes: the text alone, or two of them as JSON, which takes seven bytes more
      const sizes = Array.from({ length: 21 }, (_, index) => 990 + index)
      const text = (bytes: number): string =>
        `'${'é𝄞'.repeat(Math.floor(bytes / 6))}${'x'.repeat(bytes % 6)}'`
      const insert = [
        `INSERT INTO one VALUES ${sizes.map((size) => `(${text(size)}, 1)`).join(', ')}`,
        `INSERT INTO two VALUES ${sizes.map((size) => `(${text(490)}, ${text(size - 497)}, 1)`).join(', ')}`,
      ]
      await run(
        `CREATE TABLE one (${column('a', 700)}, n INT, PRIMARY KEY (a)) ENGINE=InnoDB`,
        `CREATE TABLE two (${column('a', 380)}, ${column('b', 380)}, n INT, PRIMARY KEY (a, b)) ENGINE=InnoDB`,
        ...insert,
      )
      const followed = async (wanted: object): Promise<void> => {
        const sync = await mirror(sides, 'sync')
        expect(sync.json.tables, sync.err).toMatchObject({ one: wanted, two: wanted })
        const compared = await compareSides({ source: database.adminUrl, target: target.adminUrl })
        expect(compared.differences).toEqual([])
      }
      await followed({ how: 'load', inserted: 21 })
      await run('UPDATE one SET n = 2', 'UPDATE two SET n = 2')
      await followed({ updated: 21, inserted: 0, deleted: 0 })
      await run('DELETE FROM one', 'DELETE FROM two')
      await followed({ deleted: 21 })
      await run(...insert)
      await followed({ inserted: 21 })
    })
  },
  // what is packed is packed in PostgreSQL: the source's part in it is one text or another
  ['mariadb'],
)
