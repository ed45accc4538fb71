/**
 * Keys on their way back: what stands in the mirror is asked for at the source by its key, whose literal is made of what PostgreSQL
 * shows. For each kind of key rows are added and deleted on either side; the differences are exactly these, and whoever may write into
 * the mirror gets nothing but a value to the source.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror } from './support/mirror.ts'
import { describeSource, freshDatabase, freshTarget } from './support/servers.ts'

interface KeyKind {
  readonly type: string
  /** as MySQL takes them: three values, of which the second is deleted there */
  readonly values: readonly [string, string, string]
  /** as PostgreSQL takes them: the first is deleted there, and the second is one that the source never had */
  readonly shown: readonly [first: string, added: string]
  /** canonical: deleted in the mirror, deleted at the source, added */
  readonly keys: readonly [string, string, string]
}

const text = (type: string, [first, second, third]: readonly [string, string, string]): KeyKind => ({
  type,
  values: [`'${first}'`, `'${second}'`, `'${third}'`],
  shown: [`'${first}'`, `'zzz'`],
  keys: [first, second, 'zzz'],
})

const kinds: Readonly<Record<string, KeyKind>> = {
  enumerated: {
    type: "ENUM('open','shut','held','x')",
    values: ["'open'", "'shut'", "'held'"],
    shown: ["'open'", "'x'"],
    keys: ['open', 'shut', 'x'],
  },
  collected: {
    type: "SET('a','b','c')",
    values: ["'a'", "'a,b'", "''"],
    shown: ["'a'", "'b,c'"],
    keys: ['a', 'a,b', 'b,c'],
  },
  bits: {
    type: 'BIT(8)',
    values: ['5', '6', '200'],
    shown: ["B'00000101'", "B'00001111'"],
    keys: ['00000101', '00000110', '00001111'],
  },
  year: {
    type: 'YEAR',
    values: ['1999', '0', '2155'],
    shown: ['1999', '2020'],
    keys: ['1999', '0000', '2020'],
  },
  decimal: {
    type: 'DECIMAL(6,2)',
    values: ['1.50', '-2.25', '0'],
    shown: ['1.50', '7.77'],
    keys: ['1.50', '-2.25', '7.77'],
  },
  double: {
    type: 'DOUBLE',
    values: ['0.5', '-1e300', '3'],
    shown: ['0.5', '8.25'],
    keys: ['0.5', '-1e+300', '8.25'],
  },
  day: {
    type: 'DATE',
    values: ["'2024-01-02'", "'2024-02-29'", "'1000-01-01'"],
    // no server of the source's kind takes such a literal
    shown: ["'2024-01-02'", "'20000-01-01'"],
    keys: ['2024-01-02', '2024-02-29', '20000-01-01'],
  },
  moment: {
    type: 'DATETIME(3)',
    values: ["'2024-01-02 03:04:05.006'", "'2024-02-29 00:00:00'", "'9999-12-31 23:59:59.999'"],
    shown: ["'2024-01-02 03:04:05.006'", "'infinity'"],
    keys: ['2024-01-02 03:04:05.006', '2024-02-29 00:00:00.000', 'infinity'],
  },
  bytes: {
    type: 'VARBINARY(8)',
    values: ["x'00ff'", "x'27'", "x'5c'"],
    shown: ["'\\x00ff'", "'\\x99'"],
    keys: ['\\x00ff', '\\x27', '\\x99'],
  },
  latin1: text('VARCHAR(20) CHARACTER SET latin1', ['Ärger', "l''été", 'plain']),
  sjis: text('VARCHAR(20) CHARACTER SET sjis', ['林檎', 'ソース', 'plum']),
  cp1250: text('VARCHAR(20) CHARACTER SET cp1250', ['Žižka', 'ąęł', 'plum']),
  ucs2: text('VARCHAR(20) CHARACTER SET ucs2', ['Ελλάς', 'мир', 'plum']),
  hebrew: text('VARCHAR(20) CHARACTER SET hebrew', ['שלום', 'עולם', 'plum']),
  tis620: text('VARCHAR(20) CHARACTER SET tis620', ['ไทย', 'สวัสดี', 'plum']),
}
// the quote is doubled for SQL alone
const plain = (key: string): string => key.replaceAll("''", "'")

describeSource(
  'keys of every kind',
  (flavour) => {
    it('are named by verify, mended by its repair, and met by the comparison with the record', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const at = async (...list: readonly string[]) =>
        onSource(database.adminUrl, async (connection) => {
          await connection.query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
          await connection.query('SET NAMES utf8mb4')
          for (const sql of list) await connection.query(sql)
        })
      const here = async (...list: readonly string[]) =>
        onTarget(target.adminUrl, async (client) => {
          for (const sql of list) await client.query(sql)
        })
      const tables = Object.entries(kinds)
      for (const [name, { type, values }] of tables)
        await at(
          `CREATE TABLE k_${name} (k ${type} NOT NULL PRIMARY KEY, v INT) ENGINE=InnoDB`,
          `INSERT INTO k_${name} VALUES ${values.map((value, index) => `(${value}, ${index})`).join(', ')}`,
        )
      const loaded = await mirror(sides, 'sync')
      expect([loaded.exit, Object.keys(loaded.json.refused)], loaded.out).toEqual([0, []])

      for (const [name, { values, shown }] of tables) {
        await at(`DELETE FROM k_${name} WHERE k = ${values[1]}`)
        await here(
          `DELETE FROM "${database.name}".k_${name} WHERE k = ${shown[0]}`,
          `INSERT INTO "${database.name}".k_${name} VALUES (${shown[1]}, 9)`,
        )
      }
      const found = await mirror(sides, 'verify')
      expect(found.exit, found.out).toBe(3)
      for (const [name, { keys }] of tables) {
        const [missing = '', gone = '', added = ''] = keys.map(plain)
        const differences = found.json.tables[`k_${name}`]?.differences ?? []
        expect(Object.fromEntries(differences.map(({ key, kind }) => [key.join(), kind])), name).toEqual({
          [missing]: 'missing',
          [gone]: 'extra',
          [added]: 'extra',
        })
      }
      const mended = await mirror(sides, 'verify', '--repair')
      expect([mended.exit, mended.json.equal, mended.json.repaired], mended.out).toEqual([
        0,
        true,
        3 * tables.length,
      ])

      // an edited row is met by the next process, which compares the copy with what is recorded
      for (const [name] of tables) await here(`UPDATE "${database.name}".k_${name} SET v = 77 WHERE v = 2`)
      await mirror(sides, 'sync', '--drift-check', '1ms')
      const followed = await mirror(sides, 'verify')
      const stillDifferent = Object.entries(followed.json.tables).flatMap(([name, { equal }]) =>
        equal ? [] : [name.slice(2)],
      )
      // decision 0029: their bytes are not known here, so that only `verify` finds an edit
      expect(stillDifferent.sort()).toEqual(['cp1250', 'hebrew', 'sjis', 'tis620'])
      expect((await mirror(sides, 'verify', '--repair')).json.repaired).toBe(4)
      expect(await compareSides({ source: database.adminUrl, target: target.adminUrl })).toMatchObject({
        equal: true,
      })
    })

    it('give the source no SQL, whoever wrote them', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      await onSource(database.adminUrl, async (connection) => {
        await connection.query("CREATE TABLE chosen (k ENUM('a','b') NOT NULL PRIMARY KEY, v INT)")
        await connection.query("CREATE TABLE several (k SET('a','b') NOT NULL PRIMARY KEY, v INT)")
        await connection.query("INSERT INTO chosen VALUES ('a', 1)")
        await connection.query("INSERT INTO several VALUES ('a', 1)")
      })
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      // the server would end the statement with an error, were it ever asked to work it out
      const hostile = [
        'EXP(1000)+0:x',
        '0) OR EXP(1000) OR (0:x',
        '(SELECT 1 UNION SELECT 2):a',
        ':',
        "'",
        '\\',
      ]
      await onTarget(target.adminUrl, async (client) => {
        for (const key of hostile)
          for (const table of ['chosen', 'several'])
            await client.query(`INSERT INTO "${database.name}"."${table}" VALUES ($1, 9)`, [key])
      })
      const found = await mirror(sides, 'verify')
      expect(found.exit, found.out).toBe(3)
      for (const table of ['chosen', 'several'])
        expect(
          found.json.tables[table]?.differences.map(({ key, kind }) => `${kind} ${key.join()}`).sort(),
        ).toEqual(hostile.map((key) => `extra ${key}`).sort())
      expect((await mirror(sides, 'verify', '--repair')).json).toMatchObject({
        equal: true,
        repaired: 2 * hostile.length,
      })
    })
  },
  ['mariadb', 'mysql'],
)
