/**
 * `verify` trusts nothing recorded: whatever is edited in the mirror by hand is found, named by key, with exit status 3;
 * `--repair` mends exactly those rows, told by the transaction that wrote each row last, and leaves every other row as it
 * is. Likewise the ledger: an edited, deleted or added change or cycle breaks its chain.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import type { DifferenceKind } from '../packages/mirror/src/types.ts'
import { type Addresses, mirror } from './support/mirror.ts'
import { describeEachServer, freshDatabase, freshTarget, type FreshTarget } from './support/servers.ts'

type Sql = (text: string) => Promise<unknown>

interface Tamper {
  readonly what: string
  /** in the target; `school` stands for the schema's name */
  readonly sql: string
  readonly table: string
  readonly differences: readonly { readonly key: readonly string[]; readonly kind: DifferenceKind }[]
  /** keys of rows that the repair may write, as PostgreSQL prints them: of the table, or of exact_row by its column v */
  readonly written: readonly string[]
}

const odd = ['nul\0one', '1'] as const
const exactRowOf = (part: number): string =>
  `source_id = 'school' AND table_name = 'thing' AND source_bytes[2] = '${part}'`

const tampers: readonly Tamper[] = [
  {
    what: 'an edited character',
    sql: `UPDATE "school".thing SET v = 'walue 12' WHERE part = 12`,
    table: 'thing',
    differences: [{ key: ['key12', '12'], kind: 'changed' }],
    written: ['12'],
  },
  {
    what: 'a deleted row',
    sql: `DELETE FROM "school".thing WHERE part = 13`,
    table: 'thing',
    differences: [{ key: ['key13', '13'], kind: 'missing' }],
    written: ['13'],
  },
  {
    what: 'an added row',
    sql: `INSERT INTO "school".thing (k, part, v) VALUES ('nobody', 1, 'x')`,
    table: 'thing',
    differences: [{ key: ['nobody', '1'], kind: 'extra' }],
    written: [],
  },
  {
    what: 'a changed exact entry',
    sql: `UPDATE mirror.exact_value SET bytes = '2024-02-31' WHERE source_id = 'school' AND key = '{key15,15}'`,
    table: 'thing',
    differences: [{ key: ['key15', '15'], kind: 'changed' }],
    written: ['15'],
  },
  {
    what: 'a removed exact entry',
    sql: `DELETE FROM mirror.exact_value WHERE source_id = 'school' AND key = '{key15,15}'`,
    table: 'thing',
    differences: [{ key: ['key15', '15'], kind: 'changed' }],
    written: ['15'],
  },
  {
    what: 'an exact entry added beside a good value',
    sql: `INSERT INTO mirror.exact_value VALUES ('school', 'thing', '{key17,17}', 'v', 'value 17', 'no reason')`,
    table: 'thing',
    differences: [{ key: ['key17', '17'], kind: 'changed' }],
    written: ['17'],
  },
  {
    what: 'an exact entry of a column that is not there',
    sql: `INSERT INTO mirror.exact_value VALUES ('school', 'thing', '{key18,18}', 'ghost', 'x', 'no reason')`,
    table: 'thing',
    differences: [{ key: ['key18', '18'], kind: 'changed' }],
    written: ['18'],
  },
  {
    what: 'exact entries of no row, one of them no key at all',
    sql: `INSERT INTO mirror.exact_value VALUES ('school', 'thing', '{nobody,7}', 'v', 'x', 'no reason'),
            ('school', 'thing', '{nobody,not a number}', 'v', 'x', 'no reason')`,
    table: 'thing',
    differences: [
      { key: ['nobody', '7'], kind: 'extra' },
      { key: ['nobody', 'not a number'], kind: 'extra' },
    ],
    written: [],
  },
  {
    what: 'an exact entry of no table',
    sql: `INSERT INTO mirror.exact_value VALUES ('school', 'ghost', '{1}', 'v', 'x', 'no reason')`,
    table: 'ghost',
    differences: [{ key: ['1'], kind: 'extra' }],
    written: [],
  },
  {
    what: 'a shown value edited beside its exact entry',
    sql: `UPDATE "school".thing SET d = '2024-02-28' WHERE part = 15`,
    table: 'thing',
    differences: [{ key: ['key15', '15'], kind: 'shown' }],
    written: ['15'],
  },
  {
    what: 'a row kept whole, changed in a value',
    sql: `UPDATE mirror.exact_row SET source_bytes[3] = 'walue' WHERE ${exactRowOf(1)}`,
    table: 'thing',
    differences: [{ key: odd, kind: 'changed' }],
    written: ['whole 1'],
  },
  {
    what: 'a row kept whole, a NULL made an empty text',
    sql: `UPDATE mirror.exact_row SET source_bytes[4] = '' WHERE ${exactRowOf(1)}`,
    table: 'thing',
    differences: [{ key: odd, kind: 'changed' }],
    written: ['whole 1'],
  },
  {
    what: 'a row kept whole, its key changed',
    sql: `UPDATE mirror.exact_row SET key[1] = 'other' WHERE ${exactRowOf(1)}`,
    table: 'thing',
    differences: [{ key: odd, kind: 'changed' }],
    written: ['whole 1'],
  },
  {
    what: 'a row kept whole, deleted',
    sql: `DELETE FROM mirror.exact_row WHERE ${exactRowOf(1)}`,
    table: 'thing',
    differences: [{ key: odd, kind: 'missing' }],
    written: ['whole 1'],
  },
  {
    what: 'a row kept whole, added',
    sql: `INSERT INTO mirror.exact_row SELECT source_id, table_name, sha256('x'), ARRAY['a\\000b'::bytea, '9'], column_names,
            ARRAY['a\\000b'::bytea, '9', NULL, NULL], 'none' FROM mirror.exact_row WHERE ${exactRowOf(1)}`,
    table: 'thing',
    differences: [{ key: ['a\0b', '9'], kind: 'extra' }],
    written: [],
  },
]

/** Who wrote each row last: rows of the table by `part`, rows kept whole likewise. */
const writers = async (target: FreshTarget, school: string): Promise<ReadonlyMap<string, string>> =>
  onTarget(target.adminUrl, async (client) => {
    const { rows } = await client.query<{ id: string; writer: string }>(
      `SELECT part::text AS id, xmin::text || ctid::text AS writer FROM "${school}".thing
       UNION ALL SELECT 'whole ' || convert_from(source_bytes[2], 'UTF8'), xmin::text || ctid::text FROM mirror.exact_row`,
    )
    return new Map(rows.map(({ id, writer }) => [id, writer]))
  })

const create = async (query: Sql): Promise<void> => {
  await query("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
  await query('SET NAMES utf8mb4')
  await query(
    `CREATE TABLE thing (k VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, part INT NOT NULL, v VARCHAR(20),
       d DATE, PRIMARY KEY (k, part)) ENGINE=InnoDB`,
  )
  const rows = Array.from({ length: 40 }, (_, at) => `('key${at}', ${at}, 'value ${at}', NULL)`)
  await query(`INSERT INTO thing VALUES ${rows.join(', ')}`)
  await query("UPDATE thing SET d = '2024-02-30' WHERE part = 15")
  await query(
    `INSERT INTO thing VALUES (CONCAT('nul', CHAR(0), 'one'), 1, 'odd', NULL), (CONCAT('nul', CHAR(0), 'two'), 2, 'odd', NULL)`,
  )
}

describeEachServer('verify after an edit by hand', (flavour) => {
  const start = async (): Promise<{
    sides: Addresses
    target: FreshTarget
    name: string
    query: Sql
    edit: Sql
  }> => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    const sides = { source: database.mirrorUrl, target: target.url }
    await onSource(database.adminUrl, async (connection) => create((sql) => connection.query(sql)))
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    return {
      sides,
      target,
      name: database.name,
      query: async (sql) => onSource(database.adminUrl, (connection) => connection.query(sql)),
      edit: async (sql) =>
        onTarget(target.adminUrl, (client) =>
          client.query(
            sql.replaceAll('"school"', `"${database.name}"`).replaceAll("'school'", `'${database.name}'`),
          ),
        ),
    }
  }

  it('finds each, names it, and mends that row alone', async () => {
    const { sides, target, name, edit } = await start()
    const clean = await mirror(sides, 'verify')
    expect([clean.json.equal, clean.json.ledger.equal, clean.exit], clean.out).toEqual([true, true, 0])
    for (const { what, sql, table, differences, written } of tampers) {
      const before = await writers(target, name)
      await edit(sql)
      const found = await mirror(sides, 'verify')
      expect([found.json.equal, found.exit], what).toEqual([false, 3])
      expect(
        [...(found.json.tables[table]?.differences ?? [])].sort((a, b) =>
          String(a.key) < String(b.key) ? -1 : 1,
        ),
        what,
      ).toEqual(differences)
      for (const [other, { equal }] of Object.entries(found.json.tables))
        expect(equal, `${what}: ${other}`).toBe(other !== table)

      const mended = await mirror(sides, 'verify', '--repair')
      expect([mended.json.equal, mended.json.repaired, mended.exit], `${what}: ${mended.out}`).toEqual([
        true,
        differences.length,
        0,
      ])
      const after = await writers(target, name)
      expect([...after.keys()].sort(), what).toEqual([...before.keys()].sort())
      const touched = [...after].filter(([id, writer]) => before.get(id) !== writer).map(([id]) => id)
      expect(touched, what).toEqual(written)
    }
    const again = await mirror(sides, 'verify')
    expect([again.json.equal, again.exit], again.out).toEqual([true, 0])
  })

  it('a shown JSON document is compared as PostgreSQL prints it', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    const sides = { source: database.mirrorUrl, target: target.url }
    await onSource(database.adminUrl, async (connection) => {
      await connection.query('CREATE TABLE note (id INT PRIMARY KEY, doc JSON)')
      await connection.query(`INSERT INTO note VALUES (1, '{"a": 1e20, "b": [1, -0.0]}'), (2, '{"a": 1}')`)
    })
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    expect((await mirror(sides, 'verify')).exit).toBe(0)
    // another number of the same size, which only a comparison of the whole document sees
    await onTarget(target.adminUrl, (client) =>
      client.query(
        `UPDATE "${database.name}".note SET doc = replace(doc::text, '-0.0', '-0.1')::jsonb WHERE id = 1`,
      ),
    )
    await onTarget(target.adminUrl, (client) =>
      client.query(
        `UPDATE "${database.name}".note SET doc = replace(doc::text, ' 0.0', ' 0.1')::jsonb WHERE id = 1`,
      ),
    )
    const found = await mirror(sides, 'verify')
    expect(found.exit).toBe(3)
    expect(found.json.tables['note']?.differences).toEqual([
      // MariaDB's JSON is text, and stands as it is
      { key: ['1'], kind: flavour === 'mysql' ? 'shown' : 'changed' },
    ])
    expect((await mirror(sides, 'verify', '--repair')).exit).toBe(0)
  })

  it('the ledger: each edit breaks the chain where it was made, and no repair hides it', async () => {
    const { sides, target, query, edit } = await start()
    await query("UPDATE thing SET v = 'two' WHERE part = 2")
    await mirror(sides, 'sync')
    await mirror(sides, 'sync') // finds nothing, and so does the next: both share a row
    await mirror(sides, 'sync')
    await query('DELETE FROM thing WHERE part = 3')
    await mirror(sides, 'sync')
    await mirror(sides, 'sync')
    const cycles = await onTarget(target.adminUrl, async (client) => {
      const { rows } = await client.query<{ id: string }>('SELECT id::text FROM mirror.cycle ORDER BY id')
      return rows.map(({ id }) => Number(id))
    })
    const [, update = 0, quiet = 0, removal = 0, newest = 0] = cycles
    expect(cycles).toHaveLength(5)
    const whole = await mirror(sides, 'verify')
    expect(whole.json.ledger).toEqual({ equal: true, firstBroken: null, cycles: 5 })

    const edits: readonly (readonly [what: string, sql: string, back: string, firstBroken: number])[] = [
      [
        'an edited change',
        `UPDATE mirror.change SET after = jsonb_set(after, '{v}', '"2"') WHERE cycle = ${update}`,
        `UPDATE mirror.change SET after = jsonb_set(after, '{v}', '"two"') WHERE cycle = ${update}`,
        update,
      ],
      [
        'a change moved to another cycle',
        `UPDATE mirror.change SET cycle = ${removal} WHERE cycle = ${update}`,
        `UPDATE mirror.change SET cycle = ${update} WHERE op = 'update'`,
        update,
      ],
      [
        'an added change',
        `INSERT INTO mirror.change (source_id, cycle, table_name, key, op) VALUES ('school', ${quiet}, 'thing', '{x,1}', 'delete')`,
        `DELETE FROM mirror.change WHERE cycle = ${quiet}`,
        quiet,
      ],
      [
        'an added change of no cycle',
        `INSERT INTO mirror.change (source_id, cycle, table_name, key, op) VALUES ('school', 999999, 'thing', '{x,1}', 'delete')`,
        'DELETE FROM mirror.change WHERE cycle = 999999',
        999_999,
      ],
      [
        'an edited time of a cycle',
        `UPDATE mirror.cycle SET snapshot_at = snapshot_at + interval '1 microsecond' WHERE id = ${removal}`,
        `UPDATE mirror.cycle SET snapshot_at = snapshot_at - interval '1 microsecond' WHERE id = ${removal}`,
        removal,
      ],
      [
        'an edited number of quiet cycles',
        `UPDATE mirror.cycle SET quiet_cycles = quiet_cycles + 5 WHERE id = ${quiet}`,
        `UPDATE mirror.cycle SET quiet_cycles = quiet_cycles - 5 WHERE id = ${quiet}`,
        quiet,
      ],
      [
        'an added cycle',
        `INSERT INTO mirror.cycle SELECT id + 1000, source_id, snapshot_at, committed_at, proof, changes, 0, NULL, chain, sha256('x')
           FROM mirror.cycle WHERE id = ${newest}`,
        `DELETE FROM mirror.cycle WHERE id = ${newest + 1_000}`,
        newest + 1_000,
      ],
    ]
    for (const [what, sql, back, firstBroken] of edits) {
      await edit(sql)
      const found = await mirror(sides, 'verify')
      expect([found.json.ledger.firstBroken, found.json.equal, found.exit], what).toEqual([
        firstBroken,
        false,
        3,
      ])
      await edit(back)
      const restored = await mirror(sides, 'verify')
      expect([restored.json.ledger.equal, restored.exit], `${what}, taken back`).toEqual([true, 0])
    }

    // deleted: the change, then its cycle, then the newest cycle, which nothing follows
    await edit(
      `CREATE TABLE kept_changes AS SELECT * FROM mirror.change; CREATE TABLE kept_cycles AS SELECT * FROM mirror.cycle`,
    )
    await edit(`DELETE FROM mirror.change WHERE cycle = ${removal}`)
    expect((await mirror(sides, 'verify')).json.ledger.firstBroken).toBe(removal)
    await edit(`DELETE FROM mirror.cycle WHERE id = ${removal}`)
    expect((await mirror(sides, 'verify')).json.ledger.firstBroken).toBe(newest)
    await edit(
      `INSERT INTO mirror.change OVERRIDING SYSTEM VALUE SELECT * FROM kept_changes WHERE cycle = ${removal}`,
    )
    await edit(`INSERT INTO mirror.cycle SELECT * FROM kept_cycles WHERE id = ${removal}`)
    expect((await mirror(sides, 'verify')).json.ledger.equal).toBe(true)
    await edit(`DELETE FROM mirror.cycle WHERE id = ${newest}`)
    expect((await mirror(sides, 'verify')).json.ledger).toMatchObject({ equal: false, firstBroken: newest })
    await edit(`INSERT INTO mirror.cycle SELECT * FROM kept_cycles WHERE id = ${newest}`)

    // an edited quiet row is not made good by the next quiet cycle, which would share it
    await edit(`UPDATE mirror.cycle SET quiet_since = quiet_since - interval '1 day' WHERE id = ${newest}`)
    await mirror(sides, 'sync')
    const laundered = await mirror(sides, 'verify', '--repair')
    expect([laundered.json.ledger.firstBroken, laundered.exit]).toEqual([newest, 3])
    await edit(`UPDATE mirror.cycle SET quiet_since = quiet_since + interval '1 day' WHERE id = ${newest}`)
    expect((await mirror(sides, 'verify')).json.ledger.equal).toBe(true)

    // pruned on purpose: the first cycle that is left is acknowledged as it stands, and is no longer to be changed
    await edit(
      `DELETE FROM mirror.change WHERE cycle <= ${quiet}; DELETE FROM mirror.cycle WHERE id <= ${quiet}`,
    )
    expect((await mirror(sides, 'verify')).json.ledger.firstBroken).toBe(removal)
    const accepted = await mirror(sides, 'verify', '--accept-ledger')
    expect([accepted.json.ledger.equal, accepted.json.equal, accepted.exit], accepted.out).toEqual([
      true,
      true,
      0,
    ])
    await query("UPDATE thing SET v = 'four' WHERE part = 4")
    await mirror(sides, 'sync')
    expect((await mirror(sides, 'verify')).exit).toBe(0)
    await edit(`UPDATE mirror.change SET key = '{other,3}' WHERE cycle = ${removal}`)
    expect((await mirror(sides, 'verify')).json.ledger.firstBroken).toBe(removal)
  })
})

// One kind of server: what is wrong here stands in PostgreSQL alone.
