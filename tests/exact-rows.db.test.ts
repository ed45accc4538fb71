/**
 * Rows whose key PostgreSQL cannot hold stand whole in mirror.exact_row, byte for byte; one odd value stops neither its table
 * nor another row. The oracle shares no code with the engine: each side writes every column as hexadecimal digits, and the
 * sorted lines must be the same, with none of such rows in the mirrored table.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { codecFor } from '../packages/mirror/src/codec/index.ts'
import { compareSides } from './support/compare.ts'
import { type Addresses, mirror } from './support/mirror.ts'
import {
  describeEachServer,
  describeSource,
  freshDatabase,
  freshTarget,
  type FreshDatabase,
} from './support/servers.ts'

type Ask = (sql: string) => Promise<readonly (readonly (string | null)[])[]>

const columns = ['k', 'part', 'v', 'd'] as const

/** One key type a table; `part` is a second key column, `v` has its own NULLs, `d` its own exact values. */
const tableOf = (name: string, key: string): string =>
  `CREATE TABLE ${name} (k ${key} NOT NULL, part SMALLINT NOT NULL, v VARCHAR(20) CHARACTER SET utf8mb4, d DATE,
    PRIMARY KEY (k, part)) ENGINE=InnoDB`

const asBytes = (text: string): string => `x'${Buffer.from(text, 'utf8').toString('hex')}'`
const asText = (text: string): string => `_utf8mb4 ${asBytes(text)}`
/** Long, and not to be compressed: what compression leaves of it decides in PostgreSQL. */
const noise = (length: number): Buffer => {
  let seed = length
  return Buffer.from(Array.from({ length }, () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) >> 16))
}
const wide = (characters: number): string =>
  Array.from(noise(characters), (byte, at) => String.fromCodePoint(0x1f300 + ((byte * 7 + at) % 700))).join(
    '',
  )

interface Case {
  readonly name: string
  readonly type: string
  /** SQL literals */
  readonly holdable: readonly [string, string, string]
  readonly odd: readonly [string, string, string]
}

const cases: readonly Case[] = [
  {
    name: 'odd_text',
    type: 'VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci',
    holdable: [asText('plain'), asText('␀marked'), asText('back\\slash"{,}')],
    odd: [asText('nul\0inside'), asText('\0'), asText('␀\\\0"é')],
  },
  {
    name: 'odd_date',
    type: 'DATE',
    holdable: ["'2024-02-29'", "'0001-01-01'", "'9999-12-31'"],
    odd: ["'0000-00-00'", "'2024-02-30'", "'2024-00-10'"],
  },
  {
    name: 'odd_time',
    type: 'TIME(3)',
    holdable: ["'00:00:00.125'", "'10:00:00.375'", "'23:59:59.999'"],
    odd: ["'24:00:00.001'", "'-00:00:00.500'", "'838:59:59.000'"],
  },
  {
    name: 'long_text',
    type: 'VARCHAR(766) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    // the longest that an index entry takes beside `part`
    holdable: [asText('short'), asText(wide(640)), asText('')],
    odd: [asText(wide(660)), asText(wide(766)), asText(`${wide(700)}\0`)],
  },
  {
    name: 'long_bytes',
    type: 'VARBINARY(3000)',
    holdable: ["x'00'", `x'${noise(2_570).toString('hex')}'`, "x''"],
    odd: [
      `x'${noise(2_600).toString('hex')}'`,
      `x'${noise(2_700).toString('hex')}'`,
      `x'${noise(3_000).toString('hex')}'`,
    ],
  },
]

/** MariaDB takes half of a surrogate pair for a character of UTF-8 (facts: digests). */
const half = (hex: string): string => `_utf8mb4 x'${hex}'`
const halves: Case = {
  name: 'odd_half',
  type: 'VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
  holdable: [asText('plain'), asText('\uFFFD'), asText('utf8:eda080')],
  odd: [half('EDA080'), half('61EDBFBF62'), half('EDA08000')],
}

const enumIsKnown =
  codecFor({
    name: 'k',
    dataType: 'enum',
    columnType: "enum('a')",
    nullable: false,
    charset: 'utf8mb4',
    collation: 'utf8mb4_bin',
    octets: 4,
    precision: null,
    scale: null,
    fraction: null,
  })?.literal !== undefined

const enumCase: Case = {
  name: 'odd_enum',
  type: "ENUM('', 'a', 'b', 'c')",
  holdable: ["''", "'a'", "'b'"],
  odd: ['0', '0', '0'],
}

const lines = (rows: readonly (readonly (string | null)[])[]): readonly string[] =>
  rows.map((row) => row.join('|').toLowerCase()).sort()

/** What the source holds, and what the mirror holds, line by line; how many rows the mirror keeps whole. */
const bothSides = async (
  ask: Ask,
  target: string,
  database: FreshDatabase,
  { name, type }: Case,
): Promise<{ source: readonly string[]; mirror: readonly string[]; whole: number }> => {
  const inMysql = (column: string): string => {
    if (column === 'k' && type.startsWith('VARBINARY')) return 'HEX(k)'
    if (column === 'k' && type.startsWith('ENUM')) return "HEX(CONCAT(k+0, ':', k))"
    return `IFNULL(HEX(CONVERT(CAST(${column} AS CHAR) USING utf8mb4)), 'NULL')`
  }
  const source = lines(await ask(`SELECT ${columns.map(inMysql).join(', ')} FROM ${name}`))
  return onTarget(target, async (client) => {
    const select = async (sql: string): Promise<(string | null)[][]> =>
      (await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })).rows
    await client.query("SET datestyle = 'ISO'; SET bytea_output = 'hex'")
    const labels = "array_position(ARRAY['','a','b','c'], k) || ':' || k"
    const inPostgres = (column: string): string => {
      if (column === 'k' && type.startsWith('VARBINARY')) return "encode(k, 'hex')"
      const shown = column === 'k' && type.startsWith('ENUM') ? labels : `t.${column}::text`
      return `coalesce(encode(convert_to(${shown}, 'UTF8'), 'hex'), 'NULL')`
    }
    const exactDate = `coalesce((SELECT encode(e.bytes, 'hex') FROM mirror.exact_value e WHERE e.table_name = '${name}'
      AND e.column_name = 'd' AND e.key = ARRAY[t.k::text, t.part::text]), ${inPostgres('d')})`
    const standing = await select(
      `SELECT ${inPostgres('k')}, ${inPostgres('part')}, ${inPostgres('v')}, ${exactDate} FROM "${database.name}"."${name}" t`,
    )
    const whole = await select(
      `SELECT ${columns.map((_, at) => `coalesce(encode(source_bytes[${at + 1}], 'hex'), 'NULL')`).join(', ')}
         FROM mirror.exact_row WHERE table_name = '${name}' AND column_names = '{k,part,v,d}'`,
    )
    return { source, mirror: lines([...standing, ...whole]), whole: whole.length }
  })
}

const prepare = async (query: (sql: string) => Promise<unknown>): Promise<void> => {
  await query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
  await query('SET NAMES utf8mb4')
  await query("SET SESSION time_zone = '+00:00'")
}

const withSource = async (
  database: FreshDatabase,
  work: (query: (sql: string) => Promise<unknown>, ask: Ask) => Promise<void>,
): Promise<void> =>
  onSource(database.adminUrl, async (connection) => {
    const query = (sql: string) => connection.query(sql)
    await prepare(query)
    const ask: Ask = async (sql) => {
      const [rows] = await connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() })
      return rows as unknown as (string | null)[][]
    }
    await work(query, ask)
  })

// the binary log has no part in what a value is
describeEachServer('rows whose key PostgreSQL cannot hold', (flavour) => {
  const follow = async (
    database: FreshDatabase,
    sides: Addresses,
    target: string,
    which: readonly Case[],
  ) => {
    await withSource(database, async (query, ask) => {
      const each = async (work: (one: Case) => Promise<unknown>): Promise<void> => {
        for (const one of which) await work(one)
      }
      /** One cycle; `whole` rows of each table stand in mirror.exact_row. */
      const followed = async (whole: number): Promise<void> => {
        const sync = await mirror(sides, 'sync')
        expect([sync.json.refused, sync.json.brakes, sync.exit], sync.out).toEqual([{}, [], 0])
        await each(async (one) => {
          const found = await bothSides(ask, target, database, one)
          expect(found.mirror, one.name).toEqual(found.source)
          expect(found.whole, one.name).toBe(whole)
        })
        const verified = await mirror(sides, 'verify')
        expect([verified.json.equal, verified.exit], verified.out).toEqual([true, 0])
      }
      await each(async ({ name, type, holdable, odd }) => {
        await query(tableOf(name, type))
        await query(
          `INSERT INTO ${name} VALUES (${holdable[0]}, 1, 'a', '0000-00-00'), (${holdable[1]}, 2, NULL, '0000-00-00'),
             (${odd[0]}, 3, 'a', '2024-01-01'), (${odd[1]}, 4, NULL, NULL)`,
        )
      })
      await followed(2)

      // inserts, values and exact values of both kinds, and a key that leaves and one that comes
      await each(async ({ name, holdable, odd }) => {
        await query(
          `INSERT INTO ${name} VALUES (${holdable[2]}, 5, 'new', '2024-02-30'), (${odd[2]}, 6, 'new', '2024-02-30')`,
        )
        await query(`UPDATE ${name} SET v = 'changed', d = '2024-02-29' WHERE part IN (1, 3)`)
      })
      await followed(3)
      await each(async ({ name, holdable, odd }) => {
        await query(`UPDATE ${name} SET k = ${odd[0]} WHERE part = 1`)
        await query(`UPDATE ${name} SET k = ${holdable[0]} WHERE part = 3`)
      })
      await followed(3)
      await each(async ({ name }) => query(`DELETE FROM ${name} WHERE part IN (2, 4)`))
      await followed(2)

      // a reload keeps them whole
      await each(async ({ name }) => query(`ALTER TABLE ${name} MODIFY v VARCHAR(30) CHARACTER SET utf8mb4`))
      await followed(2)

      const status = await mirror(sides, 'status')
      for (const { name } of which)
        expect(status.json.tables[name]).toMatchObject({ rows: 4, exactValues: 3 })
      const verified = await mirror(sides, 'verify')
      for (const { name } of which) {
        const { exact } = verified.json.tables[name] ?? {}
        expect(exact?.count).toBe(3)
        expect(exact?.listed.map(({ column }) => column)).toEqual([null, null, 'd'])
      }
    })
  }

  it('are kept whole, follow every change, and leave the others alone', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    const sides = { source: database.mirrorUrl, target: target.url }
    await follow(database, sides, target.adminUrl, flavour === 'mysql' ? cases : [...cases, halves])

    const history = await mirror(sides, 'history', '--table', 'odd_text', '--key', '["nul\\u0000inside","1"]')
    expect(history.json.changes.map(({ op, key, before, after }) => ({ op, key, before, after }))).toEqual([
      {
        op: 'insert',
        key: ['nul\0inside', '1'],
        before: null,
        after: {
          k: { exact: Buffer.from('nul\0inside').toString('hex') },
          part: '1',
          v: 'changed',
          d: '2024-02-29',
        },
      },
    ])
    const deleted = await mirror(sides, 'history', '--table', 'odd_text', '--key', '["\\u0000","4"]')
    expect(deleted.json.changes).toMatchObject([
      { op: 'delete', before: { k: { exact: '00' }, part: '4', v: null, d: null } },
    ])
    const marked = await mirror(sides, 'history', '--table', 'odd_text', '--key', '["␀marked","2"]')
    expect(marked.json.changes).toMatchObject([{ op: 'delete', key: ['␀marked', '2'] }])
    const long = await mirror(
      sides,
      'history',
      '--table',
      'long_text',
      '--key',
      JSON.stringify([wide(660), '1']),
    )
    expect(long.json.changes).toMatchObject([
      { op: 'insert', key: [wide(660), '1'], after: { k: wide(660) } },
    ])
  })

  it.runIf(enumIsKnown)('an invalid ENUM as a key, beside the member that looks like it', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await follow(database, { source: database.mirrorUrl, target: target.url }, target.adminUrl, [enumCase])
  })

  it('in segments that are divided, among thousands of ordinary rows', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    const sides = { source: database.mirrorUrl, target: target.url }
    await withSource(database, async (query, ask) => {
      const one: Case = {
        name: 'many',
        type: 'VARCHAR(30) CHARACTER SET latin1',
        holdable: ['', '', ''],
        odd: ['', '', ''],
      }
      await query(tableOf('many', one.type))
      const add = async (from: number, to: number): Promise<void> => {
        const rows = Array.from({ length: to - from }, (_, at) => {
          const key = `${((from + at) * 7_919) % 100_003}${(from + at) % 10 === 0 ? '\0' : ''}`
          return `(${asText(key)}, 0, '${from + at}', NULL)`
        })
        for (let start = 0; start < rows.length; start += 2_000)
          await query(`INSERT INTO many VALUES ${rows.slice(start, start + 2_000).join(', ')}`)
      }
      const followed = async (whole: number): Promise<void> => {
        const sync = await mirror(sides, 'sync')
        expect([sync.json.refused, sync.json.brakes, sync.exit], sync.out).toEqual([{}, [], 0])
        const found = await bothSides(ask, target.adminUrl, database, one)
        expect(found.mirror).toEqual(found.source)
        expect(found.whole).toBe(whole)
      }
      await add(0, 2_000)
      await followed(200)
      // the one segment grows beyond its double: its rows, kept whole or not, move to others
      await add(2_000, 7_000)
      await followed(700)
      await query("UPDATE many SET v = CONCAT('x', v) WHERE MOD(CAST(v AS UNSIGNED), 50) = 0")
      await query("DELETE FROM many WHERE v LIKE '%17' OR v LIKE 'x%00'")
      const [left] = await ask('SELECT COUNT(*) FROM many WHERE INSTR(k, CHAR(0)) > 0')
      await followed(Number(left?.[0]))
      const verified = await mirror(sides, 'verify')
      expect([verified.json.equal, verified.exit]).toEqual([true, 0])
    })
  })
})

describeSource(
  'a text that is no UTF-8',
  (flavour) => {
    it('is the same exact value whether it was loaded or changed', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const run = async (...list: readonly string[]): Promise<void> =>
        onSource(database.adminUrl, async (connection) => {
          for (const sql of list) await connection.query(sql)
        })
      const followed = async (wanted: object): Promise<void> => {
        const sync = await mirror(sides, 'sync', '--drift-check', '1ms')
        expect([sync.json.refused, sync.json.tables['note']], sync.out).toMatchObject([{}, wanted])
        const compared = await compareSides({ source: database.adminUrl, target: target.adminUrl })
        expect(compared.differences).toEqual([])
        const verified = await mirror(sides, 'verify')
        expect([verified.json.equal, verified.exit], verified.out).toEqual([true, 0])
      }
      const aside = async () =>
        onTarget(target.adminUrl, async (client) => {
          const { rows } = await client.query<{ key: string; bytes: string }>(
            "SELECT key[1] AS key, encode(bytes, 'hex') AS bytes FROM mirror.exact_value ORDER BY column_name, key",
          )
          return rows.map(({ key, bytes }) => `${key} ${bytes}`)
        })
      await run(
        `CREATE TABLE note (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET utf8mb4, w TEXT CHARACTER SET utf8mb3, j JSON) ENGINE=InnoDB`,
        `INSERT INTO note VALUES (1, ${half('61EDA080')}, 'a', '{}'), (2, 'b', _utf8mb3 x'EDBFBF', '{}'), (3, 'c', 'c', '{}')`,
      )
      await followed({ how: 'load', inserted: 3, exactValues: 2 })
      const loaded = await aside()
      // the same values by the other way, and back
      await run("UPDATE note SET v = '', w = ''")
      await followed({ updated: 3, exactValues: 0 })
      await run(
        `UPDATE note SET v = ${half('61EDA080')} WHERE id = 1`,
        "UPDATE note SET w = _utf8mb3 x'EDBFBF' WHERE id = 2",
      )
      await followed({ updated: 2, exactValues: 2 })
      expect(await aside()).toEqual(loaded)
      await run(`INSERT INTO note VALUES (4, ${half('EDA081')}, NULL, CONCAT('"', ${half('EDA080')}, '"'))`)
      await followed({ inserted: 1, exactValues: 4 })
      // one half for another: U+FFFD stands for both
      await run(`UPDATE note SET v = ${half('EDA082')} WHERE id = 4`)
      await followed({ updated: 1, exactValues: 4 })
    })
  },
  // MySQL stores none
  ['mariadb'],
)
