/**
 * Tables without a primary key: by a unique index over columns that are never NULL where there is one, else as a multiset of
 * rows, duplicates and NULLs counted exactly. And tables of engines without transactions, which are of consistency `table`.
 *
 * Negative control: taken as a set, not as a multiset, the same rows would look unchanged when one of several equal ones goes.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror, startMirror } from './support/mirror.ts'
import { describeSource, freshDatabase, freshTarget, type SourceFlavour } from './support/servers.ts'
import { until } from './support/until.ts'

async function setUp(flavour: SourceFlavour, ...statements: readonly string[]) {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  const run = async (...list: readonly string[]): Promise<void> =>
    onSource(database.adminUrl, async (connection) => {
      await connection.query("SET SESSION sql_mode = ''")
      for (const sql of list) await connection.query(sql)
    })
  await run(...statements)
  const sides = { source: database.mirrorUrl, target: target.url }
  const compare = () => compareSides({ source: database.adminUrl, target: target.adminUrl })
  const inMirror = async (sql: string): Promise<readonly unknown[]> =>
    onTarget(target.adminUrl, async (client) => {
      await client.query(`SET search_path = "${database.name}"`)
      return (await client.query<Record<string, unknown>>(sql)).rows
    })
  return { database, target, run, sides, compare, inMirror }
}

const equal = { equal: true, differences: [] }

const heap = `CREATE TABLE heap (a INT NULL, b VARCHAR(20) NULL, c DECIMAL(8,2) NULL) ENGINE=InnoDB`
const heapRows =
  "INSERT INTO heap VALUES (1, 'x', 1.5), (1, 'x', 1.5), (1, 'x', 1.5), (2, NULL, NULL), (2, NULL, NULL), (NULL, NULL, NULL), (3, 'A', 0), (3, 'a', 0)"

describeSource('a table without any key', (flavour) => {
  it('is followed as a multiset: duplicates, NULLs, updates, one of several equal rows', async () => {
    const { run, sides, compare, inMirror } = await setUp(flavour, heap, heapRows)
    const checked = await mirror(sides, 'check')
    expect(checked.exit).toBe(0)
    const warned = checked.json.problems.find((problem) => problem.table === 'heap')
    expect(warned).toMatchObject({ code: 'MIRROR_2001', severity: 'warn' })
    // the cost is said
    expect(warned?.cause).toMatch(/read in [\d.]+ ms/)

    const first = await mirror(sides, 'sync')
    expect(first.exit).toBe(0)
    expect(first.json.tables['heap']).toMatchObject({ inserted: 8, how: 'load', consistency: 'cycle' })
    expect(await compare()).toMatchObject(equal)
    expect((await mirror(sides, 'sync')).json.tables['heap']).toMatchObject({ inserted: 0, deleted: 0 })

    // one of three equal rows: two are left
    await run("DELETE FROM heap WHERE b = 'x' LIMIT 1")
    expect((await mirror(sides, 'sync')).json.tables['heap']).toMatchObject({ inserted: 0, deleted: 1 })
    expect(await compare()).toMatchObject(equal)
    expect(await inMirror("SELECT 1 FROM heap WHERE b = 'x'")).toHaveLength(2)

    // one more of what is there, an update of one of two equal rows, NULL ⇄ value
    await run(
      "INSERT INTO heap VALUES (2, NULL, NULL), (9, 'new', 9)",
      "UPDATE heap SET c = 7 WHERE b = 'x' LIMIT 1",
      'UPDATE heap SET a = 0 WHERE a IS NULL',
      "DELETE FROM heap WHERE b = 'a' COLLATE utf8mb4_bin AND a = 3",
    )
    const changed = await mirror(sides, 'sync')
    expect(changed.json.tables['heap']).toMatchObject({ inserted: 4, deleted: 3 })
    expect(await compare()).toMatchObject(equal)
    const verified = await mirror(sides, 'verify')
    expect(verified.json).toMatchObject({ equal: true, tables: { heap: { rows: 8, equal: true } } })

    const { changes } = (await mirror(sides, 'history', '--table', 'heap')).json
    expect(changes.filter(({ op }) => op !== 'load').every(({ key }) => key?.length === 0)).toBe(true)
    expect(changes.find(({ op, before }) => op === 'delete' && before?.['b'] === 'x')?.before).toMatchObject({
      a: '1',
      c: '1.50',
    })
    // emptied and filled again
    await run('DELETE FROM heap', heapRows)
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    expect(await compare()).toMatchObject(equal)
  })

  it('what PostgreSQL cannot hold stands aside; verify tells what somebody else changed, and mends it', async () => {
    const { run, sides, compare, inMirror } = await setUp(
      flavour,
      'CREATE TABLE heap (d DATE NULL, t VARCHAR(9) NULL) ENGINE=InnoDB',
      "INSERT INTO heap VALUES ('0000-00-00', 'q'), ('0000-00-00', 'q'), (NULL, 'q'), ('2026-11-28', 'r')",
    )
    expect((await mirror(sides, 'sync')).json.tables['heap']).toMatchObject({ inserted: 4, exactValues: 1 })
    expect((await mirror(sides, 'verify')).json.equal).toBe(true)
    await run("DELETE FROM heap WHERE d = '0000-00-00' LIMIT 1")
    expect((await mirror(sides, 'sync')).json.tables['heap']).toMatchObject({ deleted: 1, exactValues: 1 })
    expect((await mirror(sides, 'verify')).json.equal).toBe(true)
    await run("DELETE FROM heap WHERE d = '0000-00-00' LIMIT 1")
    expect((await mirror(sides, 'sync')).json.tables['heap']).toMatchObject({ deleted: 1, exactValues: 0 })
    expect((await mirror(sides, 'verify')).json.equal).toBe(true)

    await inMirror("UPDATE heap SET t = 'edited' WHERE d = '2026-11-28'")
    const wrong = await mirror(sides, 'verify')
    expect(wrong.exit).toBe(3)
    expect(wrong.json.tables['heap']?.differences.map(({ kind }) => kind).toSorted()).toEqual([
      'extra',
      'missing',
    ])
    expect((await mirror(sides, 'verify', '--repair')).exit).toBe(0)
    expect(await inMirror("SELECT t FROM heap WHERE d = '2026-11-28'")).toEqual([{ t: 'r' }])

    // a row that the engine is to take away, and that somebody else changed: the table is loaded anew
    await inMirror("UPDATE heap SET t = 'edited' WHERE d = '2026-11-28'")
    await run("DELETE FROM heap WHERE d = '2026-11-28'")
    expect((await mirror(sides, 'sync')).json.tables['heap']).toMatchObject({ how: 'load' })
    await run("DELETE FROM heap WHERE t = 'q'", "INSERT INTO heap VALUES ('2026-01-01', 'z')")
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    expect(await compare()).toMatchObject(equal)
  })

  it('negative control: as a set of digests the loss of an equal row is not seen', async () => {
    const { database, run } = await setUp(flavour, heap, heapRows)
    const set = async (): Promise<string> =>
      onSource(database.adminUrl, async (connection) =>
        JSON.stringify(
          await connection.query('SELECT DISTINCT a, b, c FROM heap ORDER BY 1, 2, 3').then(([rows]) => rows),
        ),
      )
    const before = await set()
    await run("DELETE FROM heap WHERE b = 'x' LIMIT 1")
    expect(await set()).toBe(before)
  })
})

describeSource(
  'a table without any key, in bulk',
  (flavour) => {
    it('more changes than are held load it anew', async () => {
      const digits =
        '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)'
      const { run, sides, inMirror } = await setUp(flavour, heap, heapRows)
      await mirror(sides, 'sync')
      await run(
        `INSERT INTO heap SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d, NULL, a.d FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f`,
        'INSERT INTO heap SELECT a, b, NULL FROM heap WHERE a < 200',
      )
      const sync = await mirror(sides, 'sync')
      expect(sync.json.tables['heap'], sync.out).toMatchObject({ how: 'load', inserted: 100_215 })
      await run('DELETE FROM heap WHERE a = 7')
      expect((await mirror(sides, 'sync')).json.tables['heap']).toMatchObject({ how: 'digest', deleted: 2 })
      expect(await inMirror('SELECT count(*)::int AS n FROM heap')).toEqual([{ n: 100_213 }])
    })
  },
  // what is held is the same whatever server sent it
  ['mariadb'],
)

describeSource('a unique index in the place of a primary key', (flavour) => {
  it('leads to each row where its columns are never NULL; else the table is a multiset', async () => {
    const { run, sides, compare } = await setUp(
      flavour,
      'CREATE TABLE by_two (a INT NOT NULL, b VARCHAR(9) NOT NULL, v INT, w INT, UNIQUE KEY second (w), UNIQUE KEY first (a, b), KEY plain (v)) ENGINE=InnoDB',
      "INSERT INTO by_two VALUES (1, 'a', 1, NULL), (1, 'b', 2, NULL), (2, 'a', 3, 1)",
      'CREATE TABLE by_null (a INT NULL UNIQUE, v INT) ENGINE=InnoDB',
      'INSERT INTO by_null VALUES (NULL, 1), (NULL, 1), (3, 3)',
    )
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    expect(await compare()).toMatchObject(equal)
    await run(
      "UPDATE by_two SET v = 9 WHERE a = 1 AND b = 'b'",
      'DELETE FROM by_null WHERE v = 1 LIMIT 1',
      'UPDATE by_null SET a = NULL WHERE a = 3',
    )
    const { tables } = (await mirror(sides, 'sync')).json
    expect(tables['by_two']).toMatchObject({ inserted: 0, updated: 1, deleted: 0 })
    expect(tables['by_null']).toMatchObject({ inserted: 1, updated: 0, deleted: 2 })
    expect(await compare()).toMatchObject(equal)
    expect((await mirror(sides, 'verify')).json.equal).toBe(true)
    const { changes } = (await mirror(sides, 'history', '--table', 'by_two', '--limit', '1')).json
    expect(changes[0]).toMatchObject({ op: 'update', key: ['1', 'b'] })
  })
})

describeSource('an engine without transactions', (flavour) => {
  const engines = flavour === 'mysql' ? ['MyISAM'] : ['MyISAM', 'Aria']

  it('is of consistency table, and says so; it converges while it is written', async () => {
    const names = engines.map((engine) => `t_${engine.toLowerCase()}`)
    const { database, run, sides, compare } = await setUp(
      flavour,
      ...engines.flatMap((engine, index) => [
        `CREATE TABLE ${names[index]} (id INT AUTO_INCREMENT PRIMARY KEY, v INT NOT NULL) ENGINE=${engine}`,
        `INSERT INTO ${names[index]} (v) VALUES (1), (2), (3)`,
      ]),
      'CREATE TABLE bare (v INT NULL) ENGINE=MyISAM',
      'INSERT INTO bare VALUES (1), (1), (NULL)',
      'CREATE TABLE usual (id INT PRIMARY KEY) ENGINE=InnoDB',
    )
    names.push('bare')
    const checked = (await mirror(sides, 'check')).json
    for (const name of names) {
      expect(checked.tables[name]).toMatchObject({ refused: null, consistency: 'table' })
      expect(checked.problems.some(({ code, table }) => code === 'MIRROR_2006' && table === name)).toBe(true)
    }
    const { tables } = (await mirror(sides, 'sync')).json
    for (const name of names) expect(tables[name]).toMatchObject({ consistency: 'table' })
    expect(tables['usual']).toMatchObject({ consistency: 'cycle' })
    expect(await compare()).toMatchObject(equal)

    const running = await startMirror(sides, '--poll', '5ms', '--max-share', '1')
    await onSource(database.adminUrl, async (connection) => {
      for (let round = 0; round < 40; round += 1) {
        for (const name of names) {
          await connection.query(`INSERT INTO ${name} (v) VALUES (${round}), (${round % 7})`)
          await connection.query(`UPDATE ${name} SET v = v + 1 WHERE v % 3 = ${round % 3}`)
          await connection.query(`DELETE FROM ${name} WHERE v > ${20 + (round % 11)} LIMIT 2`)
        }
      }
    })
    await until('the copy to converge', async () => (await compare()).equal)
    expect((await mirror(sides, 'status')).json.tables['bare']).toMatchObject({
      consistency: 'table',
      state: 'live',
    })
    expect((await mirror(sides, 'verify')).json.equal).toBe(true)
    expect(await running.stop()).toBe(0)
    await run(`DELETE FROM ${names[0]}`)
    expect((await mirror(sides, 'sync')).json.tables[names[0] ?? '']).toMatchObject({ consistency: 'table' })
    expect(await compare()).toMatchObject(equal)
  })
})

describeSource(
  'restore and a table without a key',
  (flavour) => {
    it('restores it with the others, and proves it as a whole', async () => {
      const { sides } = await setUp(
        flavour,
        heap,
        heapRows,
        'CREATE TABLE usual (id INT PRIMARY KEY) ENGINE=InnoDB',
        'INSERT INTO usual VALUES (1), (2)',
      )
      await mirror(sides, 'sync')
      const to = await freshDatabase(flavour)
      const restored = await mirror(sides, 'restore', '--to', to.url)
      expect(restored.json.tables['usual']).toMatchObject({ rows: 2, equal: true })
      expect(restored.json.tables['heap']).toMatchObject({ rows: 8, equal: true, differences: [] })
      expect([restored.exit, restored.json.equal], restored.out).toEqual([0, true])
    })
  },
  // what restore makes of the record does not hang on the source's flavour
  ['mariadb'],
)

describeSource(
  'an index of a table without a key',
  (flavour) => {
    it('is made over the column that stands for one which PostgreSQL keeps for itself', async () => {
      const { sides, inMirror } = await setUp(
        flavour,
        'CREATE TABLE odd (xmin INT NULL, v INT NULL, KEY (xmin)) ENGINE=InnoDB',
        'INSERT INTO odd VALUES (1, 1), (1, 1)',
      )
      expect((await mirror(sides, 'sync')).json).toMatchObject({
        refused: {},
        tables: { odd: { inserted: 2 } },
      })
      expect(await inMirror("SELECT indexdef FROM pg_indexes WHERE tablename = 'odd'")).toEqual([
        { indexdef: expect.stringMatching(/\("xmin~[0-9a-f]{12}"\)$/) as string },
      ])
      expect((await mirror(sides, 'verify')).json.equal).toBe(true)
    })
  },
  // names are PostgreSQL's affair
  ['mariadb'],
)
