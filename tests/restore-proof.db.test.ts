/**
 * `mirror restore` gives the source back: source → mirror → empty database, compared by plain SQL that shares no code
 * with the engine, and proved by the restored server's own digests. What must refuse, refuses; what is killed goes on.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror, startCommand } from './support/mirror.ts'
import { sampleSchool } from './support/portal.ts'
import { hex, logTable, rows, run, sceneOf, schema } from './support/restore-scene.ts'
import { dumpOf } from './support/restored.ts'
import { atEnd, describeEachServer, describeSource, freshDatabase, freshTarget } from './support/servers.ts'

describeEachServer('restore', (flavour) => {
  it('gives back schema and rows, byte for byte, and proves it', async () => {
    const { source, sides } = await sceneOf(flavour)
    const before = await dumpOf(source.adminUrl)
    const to = await freshDatabase(flavour)

    const rehearsed = await mirror(sides, 'restore', '--to', to.url, '--dry-run')
    expect(rehearsed.exit, rehearsed.out).toBe(0)
    expect(rehearsed.json.statements?.filter((sql) => sql.startsWith('CREATE TABLE'))).toHaveLength(9)
    expect(Object.keys((await dumpOf(to.adminUrl)).definitions)).toEqual([])

    const restored = await mirror(sides, 'restore', '--to', to.url)
    expect(restored.exit, restored.out).toBe(0)
    const report = restored.json
    expect(report).toMatchObject({ version: 1, equal: true, proof: 'promised', remaining: [] })
    expect(report.tables).toMatchObject({
      course: { rows: 4, equal: true, autoIncrement: '1500', reworded: false },
      edge: { rows: 5, equal: true },
      odd: { rows: 4, equal: true },
      empty_one: { rows: 0, equal: true, autoIncrement: '127' },
    })
    expect(report.notCovered).toContainEqual(expect.objectContaining({ kind: 'view', name: 'roster' }))
    expect(report.notCovered.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['trigger', 'routine', 'event', 'user']),
    )
    expect(report.violations).toEqual([{ table: 'course', constraint: 'course_of', rows: 1 }])

    const after = await dumpOf(to.adminUrl)
    expect(after.rows).toEqual(before.rows)
    expect(after.definitions).toEqual(before.definitions)
    expect(after.defaults).toBe(before.defaults)
    expect(after.numbers['course']).toBe(1500n)
    // nothing of the source was touched, and it is as it was
    expect(await dumpOf(source.adminUrl)).toEqual(before)

    // what was restored can be mirrored, and its mirror is equal too
    const second = { source: to.mirrorUrl, target: (await freshTarget()).url }
    expect((await mirror(second, 'sync')).exit).toBe(0)
    // this comparer does not read mirror.exact_row, where most rows of `odd` stand; verify does
    const compared = await compareSides({ source: to.adminUrl, target: second.target, except: ['odd'] })
    expect(compared.differences).toEqual([])
    expect((await mirror(second, 'verify')).json).toMatchObject({ equal: true })
  })

  it('stops at a copy that was edited, names the rows, and goes on when it is mended', async () => {
    const { target, sides, source } = await sceneOf(flavour)
    const edit = async (sql: string): Promise<void> =>
      onTarget(target.adminUrl, async (client) => {
        await client.query(`SET search_path = "${source.name}"`)
        await client.query(sql)
      })
    await run(source.adminUrl, [
      'CREATE TABLE days (d DATE PRIMARY KEY, v INT) ENGINE=InnoDB',
      "INSERT INTO days VALUES ('0000-00-00', 1), ('2026-01-01', 2)",
    ])
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    await edit("UPDATE course SET title = replace(title, 'G', 'g') WHERE id = 1")
    await edit('DELETE FROM course WHERE id = 0')
    await edit("INSERT INTO course (id, title, credits, changed) VALUES (9, 'extra', 1, now())")
    const to = await freshDatabase(flavour)
    const stopped = await mirror(sides, 'restore', '--to', to.url)
    expect(stopped.exit).toBe(3)
    expect(stopped.json).toMatchObject({
      equal: false,
      remaining: ['days', 'department', 'edge', 'empty_one', 'odd', logTable, 'twin'],
    })
    const { course } = stopped.json.tables
    expect(course).toMatchObject({ equal: false, rows: 4, omitted: 0 })
    expect(course?.differences).toHaveLength(3)
    expect(course?.differences).toEqual(
      expect.arrayContaining([
        { key: ['0'], kind: 'missing' },
        { key: ['1'], kind: 'changed' },
        { key: ['9'], kind: 'extra' },
      ]),
    )
    expect(Object.keys((await dumpOf(to.adminUrl)).definitions)).toContain('mirror_restore_under_way')

    // rows that stand apart, since PostgreSQL cannot hold their keys: one of another value, and one that is gone
    await edit("UPDATE mirror.exact_row SET source_bytes[2] = '7' WHERE table_name = 'days'")
    await edit("DELETE FROM mirror.exact_row WHERE table_name = 'odd' AND key[1] = 'nul\\000'")
    // told to go on, it restores what the copy holds, and still says so
    const elsewhere = await freshDatabase(flavour)
    const accepted = await mirror(
      sides,
      'restore',
      '--to',
      elsewhere.url,
      '--accept-differences',
      '--limit',
      '1',
    )
    expect(accepted.exit).toBe(3)
    expect(accepted.json).toMatchObject({ equal: false, remaining: [] })
    expect(accepted.json.tables).toMatchObject({
      course: { equal: false, omitted: 2 },
      department: { equal: true },
      edge: { equal: true },
      days: { equal: false, reason: expect.stringContaining('the copy was changed beside') },
      odd: { equal: false, reason: expect.stringContaining('the copy was changed beside') },
    })
    expect(Object.keys((await dumpOf(elsewhere.adminUrl)).definitions)).toHaveLength(9)

    expect((await mirror(sides, 'verify', '--repair')).exit).toBe(0)
    const resumed = await mirror(sides, 'restore', '--to', to.url)
    expect(resumed.exit, resumed.out).toBe(0)
    expect((await dumpOf(to.adminUrl)).rows).toEqual((await dumpOf(source.adminUrl)).rows)
    expect((await dumpOf(to.adminUrl)).definitions).toEqual((await dumpOf(source.adminUrl)).definitions)
  })

  it('refuses what is not empty, the source, and what cannot be promised; and then has done nothing', async () => {
    const { source, target, sides } = await sceneOf(flavour)
    const refused = async (to: string, ...flags: readonly string[]): Promise<string> => {
      const outcome = await mirror(sides, 'restore', '--to', to, ...flags)
      expect(outcome.exit, outcome.out).toBe(1)
      return (outcome.json as unknown as { error: { code: string } }).error.code
    }
    const to = await freshDatabase(flavour)
    await run(to.adminUrl, ['CREATE VIEW v AS SELECT 1 AS one'])
    expect(await refused(to.url)).toBe('MIRROR_1104')
    expect(await refused(to.url, '--force', '--accept-differences', '--dry-run')).toBe('MIRROR_1104')
    await run(to.adminUrl, ['DROP VIEW v', 'CREATE TABLE course (id INT PRIMARY KEY)'])
    expect(await refused(to.url)).toBe('MIRROR_1104')
    await run(to.adminUrl, ['DROP TABLE course', 'CREATE PROCEDURE p() SELECT 1'])
    expect(await refused(to.url)).toBe('MIRROR_1104')
    await run(to.adminUrl, ['DROP PROCEDURE p'])

    expect(await refused(source.url, '--force')).toBe('MIRROR_1105')
    // under another address it is the same server and the same database all the same
    const elsewhere = { ...sides, source: `mysql://nobody@127.0.0.1:1/${source.name}` }
    const itself = await mirror(elsewhere, 'restore', '--to', source.url, '--force')
    expect(itself.exit).toBe(1)
    expect(itself.out).toContain('MIRROR_1105')
    expect(await refused('mysql://nobody@127.0.0.1:1/school')).toBe('MIRROR_1101')
    const unknown = new URL(to.url)
    unknown.pathname = '/no_such_database'
    expect(await refused(unknown.href)).toBe('MIRROR_1101')
    // an account that may read alone
    expect(await refused(to.mirrorUrl)).toBe('MIRROR_1103')

    const record = async (sql: string): Promise<void> =>
      onTarget(target.adminUrl, async (client) => void (await client.query(sql)))
    await record("UPDATE mirror.source_definition SET version = '99.0.1-test'")
    expect(await refused(to.url)).toBe('MIRROR_1106')
    expect(Object.keys((await dumpOf(to.adminUrl)).definitions)).toEqual([])
    const forced = await mirror(sides, 'restore', '--to', to.url, '--force', '--auto-increment-gap', '0')
    expect(forced.exit, forced.out).toBe(0)
    expect(forced.json).toMatchObject({ equal: true, proof: 'forced' })
    expect(forced.json.reasons.join()).toContain('99.0.1')
    expect((await dumpOf(to.adminUrl)).numbers['course']).toBe(500n)
    // a finished restore is no unfinished one
    expect(await refused(to.url, '--force')).toBe('MIRROR_1104')

    await record('DELETE FROM mirror.source_definition')
    expect(await refused((await freshDatabase(flavour)).url)).toBe('MIRROR_4007')
  })

  it('says of which table it may not read the definition, and restores the others', async () => {
    const source = await freshDatabase(flavour)
    await run(source.adminUrl, [...schema(flavour), ...rows])
    const reader = `columns_${source.name}`
    const asAdmin = async (sql: string): Promise<void> => run(source.adminUrl, [sql])
    await asAdmin(`CREATE USER ${reader} IDENTIFIED BY 'columns'`)
    atEnd(async () => asAdmin(`DROP USER IF EXISTS ${reader}`))
    await asAdmin(`GRANT SELECT (id, title) ON course TO ${reader}`)
    await asAdmin(`GRANT SELECT ON department TO ${reader}`)
    const url = new URL(source.mirrorUrl)
    url.username = reader
    url.password = 'columns'
    const sides = { source: url.href, target: (await freshTarget()).url }
    const checked = (await mirror(sides, 'check')).json
    expect(checked.problems).toContainEqual(
      expect.objectContaining({ code: 'MIRROR_2008', table: 'course', severity: 'warn' }),
    )
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    const restored = await mirror(sides, 'restore', '--to', (await freshDatabase(flavour)).url)
    expect(restored.exit, restored.out).toBe(0)
    expect(Object.keys(restored.json.tables)).toEqual(['department'])
    expect(restored.json.notCovered).toContainEqual({
      kind: 'table',
      name: 'course',
      reason: expect.stringMatching(/denied/),
    })
  })
})

describeSource(
  'restore of what it cannot give back whole',
  (flavour) => {
    it('says what is lost, of each table why, and restores the others', async () => {
      const source = await freshDatabase(flavour)
      const isMysql = flavour === 'mysql'
      await run(source.adminUrl, [
        'CREATE TABLE keyless (a INT, b TEXT CHARACTER SET utf8mb4, d DATE)',
        `INSERT INTO keyless VALUES (1, ${hex('ä')}, '2024-02-29'), (1, ${hex('ä')}, '2024-02-29'), (NULL, NULL, NULL)`,
        "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'",
        'CREATE TABLE keyless_odd (a INT, d DATE)',
        // five rows that PostgreSQL shows as one and the same, of three dates
        "INSERT INTO keyless_odd VALUES (1, '2024-02-30'), (1, '2024-02-31'), (1, '2024-02-31'), (1, NULL), (1, NULL), (2, '2024-02-30')",
        'CREATE TABLE z_last (id INT PRIMARY KEY)',
        'INSERT INTO z_last VALUES (1)',
        ...(isMysql
          ? [
              'CREATE TABLE doc (id INT PRIMARY KEY, `a``b` JSON, c JSON)',
              "INSERT INTO doc VALUES (1, JSON_OBJECT('d', CAST('2024-01-01' AS DATE)), NULL)",
              `CREATE TABLE face (id INT PRIMARY KEY, e ENUM('😀') CHARACTER SET utf8mb4)`,
              'INSERT INTO face VALUES (1, 1)',
            ]
          : [
              'CREATE SEQUENCE sq START WITH 100',
              'CREATE TABLE drawing (id INT PRIMARY KEY DEFAULT NEXT VALUE FOR sq, v INT)',
              'INSERT INTO drawing (v) VALUES (1)',
              'CREATE TABLE past (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING',
              'INSERT INTO past VALUES (1, 1)',
              `CREATE TABLE seen (id INT PRIMARY KEY, v INT, a TIMESTAMP(6) GENERATED ALWAYS AS ROW START,
                 b TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME(a, b)) WITH SYSTEM VERSIONING`,
              'INSERT INTO seen (id, v) VALUES (1, 1)',
            ]),
      ])
      const sides = { source: source.mirrorUrl, target: (await freshTarget()).url }
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      const to = await freshDatabase(flavour)
      const restored = await mirror(sides, 'restore', '--to', to.url, '--accept-differences')
      expect([restored.exit, restored.json.equal], restored.out).toEqual([3, false])
      const { tables, notCovered } = restored.json
      expect(tables).toMatchObject({
        keyless: { equal: true, rows: 3 },
        keyless_odd: { equal: true, rows: 6 },
        z_last: { equal: true, rows: 1 },
      })
      const named = notCovered.flatMap(({ kind, name }) => (name === null ? [] : [`${kind} ${name}`]))
      if (isMysql) {
        expect(named).toEqual(['column doc.a`b', 'column doc.c'])
        expect(tables['doc']).toMatchObject({ equal: true })
        // MySQL itself prints a question mark for the member
        expect(tables['face']?.reason).toContain('this server does not give')
      } else {
        expect(named.sort()).toEqual(['history past', 'history seen', 'sequence sq'])
        expect(tables).toMatchObject({
          drawing: { equal: false, reason: expect.stringMatching(/sequence, nextval\(.*`sq`\)/) },
          past: { equal: true },
          seen: {
            equal: false,
            reason: expect.stringContaining('the server itself gives the values of a, b'),
          },
        })
      }
      const [before, after] = [await dumpOf(source.adminUrl), await dumpOf(to.adminUrl)]
      for (const name of ['keyless', 'keyless_odd']) expect(after.rows[name]).toEqual(before.rows[name])
      expect(after.definitions['keyless']).toEqual(before.definitions['keyless'])
      // nothing draws from the source's own sequence
      expect(Object.keys(after.definitions)).not.toContain('drawing')
    })
  },
  ['mariadb', 'mysql'],
)

describeSource(
  'restore to the other kind of server',
  (flavour) => {
    it('is refused, then forced and labelled; what that one does not take is named', async () => {
      const source = await freshDatabase(flavour)
      await run(source.adminUrl, [
        `CREATE TABLE taken (id INT PRIMARY KEY AUTO_INCREMENT, t TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP, j JSON, f FLOAT, z DATE,
           v VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'x') CHARSET=latin1`,
        `INSERT INTO taken VALUES (0, NULL, '{"a": 1}', 0.1, '0000-00-00', ${hex('nul\0 😀')}), (1, NULL, NULL, NULL, NULL, '')`,
      ])
      const sides = { source: source.mirrorUrl, target: (await freshTarget()).url }
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      const to = await freshDatabase('mysql')
      expect((await mirror(sides, 'restore', '--to', to.url)).out).toContain('MIRROR_1106')
      const forced = await mirror(sides, 'restore', '--to', to.url, '--force')
      expect([forced.exit, forced.json.proof, forced.json.equal], forced.out).toEqual([0, 'forced', true])
      expect(forced.json.reasons.join()).toContain('mariadb')
      const text = async (url: string) =>
        onSource(url, async (connection) =>
          connection.query('SELECT id, HEX(v), CAST(z AS CHAR) AS z, f * 1e0 AS f FROM taken ORDER BY id'),
        )
      expect((await text(to.adminUrl))[0]).toEqual((await text(source.adminUrl))[0])

      await run(source.adminUrl, [
        'CREATE TABLE a_untaken (id INT PRIMARY KEY, u UUID)',
        'CREATE TABLE untaken (id INT PRIMARY KEY, u UUID)',
        'INSERT INTO untaken VALUES (1, UUID())',
      ])
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      const half = await freshDatabase('mysql')
      const again = await mirror(sides, 'restore', '--to', half.url, '--force')
      expect([again.exit, again.json.equal], again.out).toEqual([3, false])
      const refused = { equal: false, rows: 0, reason: expect.stringMatching(/definition: .*uuid/s) }
      expect(again.json.tables).toMatchObject({
        a_untaken: refused,
        taken: { equal: true, rows: 2 },
        untaken: refused,
      })
      expect(again.json.remaining).toEqual([])
      expect((await text(half.adminUrl))[0]).toEqual((await text(source.adminUrl))[0])
      // again: what is there is kept, and what is refused is refused again
      expect((await mirror(sides, 'restore', '--to', half.url, '--force')).json.tables).toMatchObject({
        taken: { equal: true },
        untaken: refused,
      })
    })
  },
  ['mariadb'],
)

// The slow ones once a kind of server: what differs between MariaDB's two is the binary log, which restore never asks.
describeSource(
  'restore, at length',
  (flavour) => {
    it('gives back the portal’s database, while the source is gone', async () => {
      // every table of the portal; that rows are many is nothing to a restore but time
      const { database } = await sampleSchool(flavour, 300)
      const target = await freshTarget()
      expect((await mirror({ source: database.mirrorUrl, target: target.url }, 'sync')).exit).toBe(0)
      const gone = { source: `mysql://nobody@127.0.0.1:1/${database.name}`, target: target.url }
      const to = await freshDatabase(flavour)
      const restored = await mirror(gone, 'restore', '--to', to.url)
      expect(restored.exit, restored.out).toBe(0)
      expect(restored.json).toMatchObject({ equal: true, violations: [] })
      const [before, after] = [await dumpOf(database.adminUrl), await dumpOf(to.adminUrl)]
      expect(after.rows).toEqual(before.rows)
      expect(after.definitions).toEqual(before.definitions)
      expect(Object.keys(before.rows).length).toBeGreaterThan(15)
      for (const [table, number] of Object.entries(before.numbers))
        expect(after.numbers[table], table).toBe(number + 1_000n)
    })

    it('killed at every stage, goes on and leaves nothing of its own', async () => {
      const { source, target, sides } = await sceneOf(flavour)
      await run(source.adminUrl, [
        'CREATE TABLE big (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200) CHARACTER SET utf8mb4) ENGINE=InnoDB',
        `INSERT INTO big (v) SELECT CONCAT(a.id, '-', b.id, '-', c.id, REPEAT('x', 150)) FROM course a, course b, course c`,
        ...Array.from({ length: 9 }, () => 'INSERT INTO big (v) SELECT CONCAT(id, v) FROM big'),
      ])
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      const to = await freshDatabase(flavour)
      const begin = () =>
        startCommand(['restore', '--json'], {
          MIRROR_SOURCE: sides.source,
          MIRROR_TARGET: target.url,
          MIRROR_TO: to.url,
        })
      /** While this is read nobody drops it: what is to be killed on its way does not come to its end before. */
      const unfinished = async (work: () => Promise<void>): Promise<void> =>
        onSource(to.adminUrl, async (connection) => {
          await connection.query('START TRANSACTION')
          await connection.query('SELECT COUNT(*) FROM mirror_restore_under_way')
          await work()
          await connection.query('COMMIT')
        })
      const kill = async (stage: RegExp): Promise<void> => {
        const command = begin()
        if (!(await command.saw(stage))) throw new Error(`${stage}: ${(await command.ended).err}`)
        await command.kill()
        expect(Object.keys((await dumpOf(to.adminUrl)).definitions)).toContain('mirror_restore_under_way')
      }
      for (const [at, stage] of [/made big/, /filling big/, /restored big/, /filling edge/].entries()) {
        await (at === 0 ? kill(stage) : unfinished(async () => kill(stage)))
        // the mirror goes on meanwhile: what was restored of this table is of yesterday
        await run(source.adminUrl, ["UPDATE course SET title = CONCAT(title, '!')"])
        expect((await mirror(sides, 'sync')).exit).toBe(0)
      }
      const last = await begin().ended
      expect(last.exit, last.err).toBe(0)
      expect(last.err).toContain('going on with it')
      expect(last.err).toContain('kept big')
      const [before, after] = [await dumpOf(source.adminUrl), await dumpOf(to.adminUrl)]
      expect(after.rows).toEqual(before.rows)
      expect(after.definitions).toEqual(before.definitions)
    })
  },
  ['mariadb', 'mysql'],
)
