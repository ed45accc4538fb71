/**
 * Brakes: an emptied, replaced or shortened source must not empty the backup. Each test shows that the copy stands
 * as it was, that the exit status is 4 and status says why, and what happens after a person has decided.
 */
import { expect, it } from 'vitest'
import { createSourceDatabase, onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror, startMirror } from './support/mirror.ts'
import { createSchool } from './support/registrations.ts'
import {
  describeEachServer,
  describeSource,
  freshDatabase,
  freshTarget,
  privateSource,
  type SourceFlavour,
} from './support/servers.ts'
import { until } from './support/until.ts'

/** A school, mirrored once, with a table of 5,000 rows beside it. */
async function mirrored(flavour: SourceFlavour) {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  await createSchool(database.url)
  const run = (...statements: readonly string[]) =>
    onSource(database.adminUrl, async (connection) => {
      for (const sql of statements) await connection.query(sql)
    })
  await run(
    'CREATE TABLE grade (id INT PRIMARY KEY, mark INT NOT NULL, remark VARCHAR(40)) ENGINE=InnoDB',
    `INSERT INTO grade ${numbers(5_000)}`,
  )
  const sides = { source: database.mirrorUrl, target: target.url }
  expect((await mirror(sides, 'sync')).exit).toBe(0)
  const rows = (table: string) => countIn(target.adminUrl, database.name, table)
  const compare = () => compareSides({ source: database.adminUrl, target: target.adminUrl })
  return { database, target, sides, run, rows, compare }
}

/** 0 … n − 1 without a recursive statement, which some servers limit to 1,000. */
function numbers(count: number): string {
  const digits =
    '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)'
  return `SELECT n, n % 7, NULL FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e) x WHERE n < ${count}`
}

const countIn = (url: string, schema: string, table: string): Promise<number> =>
  onTarget(url, async (client) =>
    Number((await client.query(`SELECT count(*) AS n FROM "${schema}"."${table}"`)).rows[0]?.n),
  )

// what goes missing shows in the catalogue, whether or not the source has a log
describeEachServer('brakes', (flavour) => {
  it('hold a delete of more than a fifth and more than 1,000 rows, and let the other tables go on', async () => {
    const { sides, run, rows, compare } = await mirrored(flavour)
    // exactly a fifth passes
    await run('DELETE FROM grade WHERE id < 1000')
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    expect(await rows('grade')).toBe(4_000)

    await run('DELETE FROM grade WHERE id < 2100', 'UPDATE section SET enrolled = 9 WHERE id = 1')
    const braked = await mirror(sides, 'sync')
    expect(braked.exit).toBe(4)
    expect(braked.json.brakes).toMatchObject([{ table: 'grade', code: 'MIRROR_4101' }])
    expect(braked.json.brakes[0]?.reason).toContain('1100 of 4000')
    expect(await rows('grade')).toBe(4_000)
    // the table alone is held
    const apart = (await compare()).differences.map((difference) => difference.split(':')[0])
    expect([...new Set(apart)]).toEqual(['grade'])
    const status = await mirror(sides, 'status')
    expect(status.json).toMatchObject({
      state: 'braked',
      tables: { grade: { state: 'braked', rows: 4_000 }, section: { state: 'live' } },
    })
    expect((await mirror(sides, 'verify')).exit).toBe(3)
    // it holds for as long as nobody decides
    expect((await mirror(sides, 'sync')).exit).toBe(4)
    expect(await rows('grade')).toBe(4_000)

    // a slip is no decision
    const slip = await mirror(sides, 'resume', '--accept', 'grades')
    expect(slip.exit).toBe(2)
    expect(slip.out).toContain('There is no table grades. Did you mean grade?')
    expect((await mirror(sides, 'resume', '--accept', 'section')).exit).toBe(2)
    expect((await mirror(sides, 'sync')).exit).toBe(4)

    expect((await mirror(sides, 'resume', '--accept', 'grade')).exit).toBe(0)
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    expect(await rows('grade')).toBe(2_900)
    expect(await compare()).toMatchObject({ equal: true, differences: [] })

    // the decision was for once
    await run('TRUNCATE TABLE grade')
    expect((await mirror(sides, 'sync')).exit).toBe(4)
    expect(await rows('grade')).toBe(2_900)
  })

  it('--max-delete moves the line', async () => {
    const { sides, run, rows } = await mirrored(flavour)
    await run('DELETE FROM grade WHERE id < 2000')
    expect((await mirror(sides, 'sync', '--max-delete', '30%')).exit).toBe(4)
    expect(await rows('grade')).toBe(5_000)
    const { database, target, ...other } = await mirrored(flavour)
    await other.run('DELETE FROM grade WHERE id < 2000')
    expect((await mirror(other.sides, 'sync', '--max-delete', '50%')).exit).toBe(0)
    expect(await countIn(target.adminUrl, database.name, 'grade')).toBe(3_000)
  })

  it('hold a dropped table; accepted, its copy stays and is no longer followed', async () => {
    const { sides, run, rows } = await mirrored(flavour)
    await run(
      'DROP TABLE grade',
      'UPDATE section SET enrolled = 4 WHERE id = 2',
      // a statement by name finds what stands in its place
      'DROP TABLE assorted',
      'CREATE VIEW assorted AS SELECT id FROM section',
    )
    const braked = await mirror(sides, 'sync')
    expect(braked.exit, braked.out).toBe(4)
    expect(braked.json.brakes).toMatchObject([
      { table: 'assorted', code: 'MIRROR_4102', reason: expect.stringContaining('a view bears its name') },
      { table: 'grade', code: 'MIRROR_4102' },
    ])
    expect(braked.json.tables['section']).toMatchObject({ updated: 1 })
    expect(await rows('grade')).toBe(5_000)
    expect((await mirror(sides, 'resume', '--accept', 'grade', '--accept', 'assorted')).exit).toBe(0)
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    // a vanished table is never dropped
    expect(await rows('grade')).toBe(5_000)
    expect((await mirror(sides, 'status')).json.tables['grade']?.state).toBe('vanished')
    expect((await mirror(sides, 'sync')).exit).toBe(0)
  })

  it('hold a dropped column; accepted, the table is loaded without it', async () => {
    const { sides, run, rows, target, database, compare } = await mirrored(flavour)
    await run("UPDATE grade SET remark = 'kept' WHERE id = 3")
    await mirror(sides, 'sync')
    await run('ALTER TABLE grade DROP COLUMN remark')
    const braked = await mirror(sides, 'sync')
    expect(braked.exit).toBe(4)
    expect(braked.json.brakes).toMatchObject([{ table: 'grade', code: 'MIRROR_4103' }])
    await onTarget(target.adminUrl, async (client) => {
      const { rows: kept } = await client.query(`SELECT remark FROM "${database.name}".grade WHERE id = 3`)
      expect(kept).toEqual([{ remark: 'kept' }])
    })
    expect((await mirror(sides, 'resume', '--accept', 'grade')).exit).toBe(0)
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    expect(await rows('grade')).toBe(5_000)
    expect(await compare()).toMatchObject({ equal: true, differences: [] })
  })

  it('a revoked grant takes nothing away, and is followed again when it is back', async () => {
    const { sides, run, rows, compare, database } = await mirrored(flavour)
    const account = decodeURIComponent(new URL(sides.source).username)
    const schema = `\`${database.name.replaceAll('_', '\\_')}\``
    await run(
      `REVOKE SELECT ON ${schema}.* FROM '${account}'@'%'`,
      'UPDATE grade SET mark = 100 WHERE id = 1',
    )
    const refused = await mirror(sides, 'sync')
    expect([1, 4]).toContain(refused.exit)
    expect(refused.out).toMatch(/MIRROR_(100[236]|4102|4104)/)
    for (const [table, count] of [
      ['grade', 5_000],
      ['section', 20],
      ['assorted', 200],
    ] as const)
      expect(await rows(table), table).toBe(count)
    await run(`GRANT SELECT ON ${schema}.* TO '${account}'@'%'`)
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    expect(await compare()).toMatchObject({ equal: true, differences: [] })
  })

  it('a grant on single tables: the one that is revoked looks like a dropped table, and nothing is lost', async () => {
    const { sides, run, rows, database, compare } = await mirrored(flavour)
    const account = decodeURIComponent(new URL(sides.source).username)
    await run(`REVOKE SELECT ON \`${database.name.replaceAll('_', '\\_')}\`.* FROM '${account}'@'%'`)
    for (const table of ['grade', 'section', 'enrolment', 'assorted'])
      await run(`GRANT SELECT ON ${table} TO '${account}'@'%'`)
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    await run(`REVOKE SELECT ON grade FROM '${account}'@'%'`, 'UPDATE section SET enrolled = 3 WHERE id = 8')
    const braked = await mirror(sides, 'sync')
    expect(braked.exit).toBe(4)
    expect(braked.json.brakes).toMatchObject([{ table: 'grade' }])
    expect(await rows('grade')).toBe(5_000)
    expect((await compare()).equal).toBe(true)
  })
})

// each knows another server by other signs
describeSource('brakes on the whole', (flavour) => {
  it('a source whose data folder was replaced by an empty one does not empty the backup', async () => {
    const server = await privateSource(flavour, { hostile: true })
    const target = await freshTarget()
    const names = {
      name: 'school',
      owner: { user: 'portal', password: 'portal-secret' },
      reader: { user: 'mirror', password: 'mirror-secret' },
    }
    const address = (account: { user: string; password: string }) =>
      server.url(account.user, account.password, names.name)
    const addSchool = async () => {
      await createSourceDatabase(server.adminUrl, names)
      await createSchool(address(names.owner))
    }
    await addSchool()
    const sides = { source: address(names.reader), target: target.url }
    const running = await startMirror(sides, '--poll', '50ms')
    await until('the first load', async () => (await running.ready())?.ready)
    const intact = async (when: string) => {
      for (const [table, count] of [
        ['section', 20],
        ['assorted', 200],
      ] as const) {
        expect(await countIn(target.adminUrl, 'school', table), when).toBe(count)
      }
    }
    await intact('before')

    await server.stop()
    await server.wipe()
    await server.restart()
    // neither account nor database are there
    await until('the mirror to notice', () => running.log().includes('waiting for the source'))
    await intact('empty server')
    await createSourceDatabase(server.adminUrl, names)
    const brake = await until('the brake', async () => (await mirror(sides, 'status')).json.brakes[0])
    expect(brake.code).toMatch(/^MIRROR_410[245]$/)
    await intact('empty database')
    // the same tables, empty or filled anew: still another server
    await createSchool(address(names.owner))
    const before = (await mirror(sides, 'status')).json
    expect(before.brakes.length).toBeGreaterThan(0)
    expect(await running.stop()).toBe(0)
    expect((await mirror(sides, 'sync')).exit).toBe(4)
    await intact('tables made anew')

    const held = (await mirror(sides, 'status')).json.brakes.map(({ table }) => table ?? 'source')
    expect((await mirror(sides, 'resume', ...held.flatMap((name) => ['--accept', name]))).exit).toBe(0)
    const accepted = await mirror(sides, 'sync')
    expect(accepted.exit, accepted.out).toBe(0)
    const sidesEqual = await compareSides({
      source: server.url(names.owner.user, names.owner.password, 'school'),
      target: target.adminUrl,
    })
    expect(sidesEqual).toMatchObject({ equal: true, differences: [] })
  })
})

describeSource(
  'a brake that is taken off',
  (flavour) => {
    it('is that of a table, whatever it is called', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const each = async (sql: (table: string) => string) =>
        onSource(database.adminUrl, async (connection) => {
          for (const table of ['`source`', '`a,b`']) await connection.query(sql(table))
        })
      await each((table) => `CREATE TABLE ${table} (id INT PRIMARY KEY, remark INT) ENGINE=InnoDB`)
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      await each((table) => `ALTER TABLE ${table} DROP COLUMN remark`)
      expect((await mirror(sides, 'sync')).exit).toBe(4)
      const accepted = await mirror(sides, 'resume', '--accept', 'source', '--accept', '["a,b"]')
      expect(accepted.exit, accepted.out).toBe(0)
      const passed = await mirror(sides, 'sync')
      expect(passed.exit, passed.out).toBe(0)
    })

    it('lets a table pass that is too slow for the common snapshot', async () => {
      const { sides, run, rows, compare, target } = await mirrored(flavour)
      // as if its last scan had taken longer than a snapshot may live: it is read after the others
      const slow = async () =>
        onTarget(target.url, async (client) => {
          await client.query("UPDATE mirror.table_state SET scan_ms = 60000 WHERE table_name = 'grade'")
        })
      await slow()
      await run('DELETE FROM grade WHERE id < 2000')
      const braked = await mirror(sides, 'sync')
      expect(braked.exit, braked.out).toBe(4)
      expect((await mirror(sides, 'resume', '--accept', 'grade')).exit).toBe(0)
      const passed = await mirror(sides, 'sync')
      expect(passed.exit, passed.out).toBe(0)
      expect(passed.json.tables['grade'], passed.out).toMatchObject({ deleted: 2_000, consistency: 'table' })
      expect(await rows('grade')).toBe(3_000)
      expect(await compare()).toMatchObject({ equal: true, differences: [] })
      // the decision was for once
      await slow()
      await run('DELETE FROM grade WHERE id < 4000')
      const again = await mirror(sides, 'sync')
      expect(again.exit, again.out).toBe(4)
    })

    it('lets a leader go on that is running, though nothing happens in the source', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      const sides = { source: database.mirrorUrl, target: target.url }
      const run = async (sql: string) =>
        onSource(database.adminUrl, async (connection) => connection.query(sql))
      await run('CREATE TABLE grade (id INT PRIMARY KEY, remark VARCHAR(40)) ENGINE=InnoDB')
      const running = await startMirror(sides, '--poll', '50ms')
      const isIn = async (state: string) =>
        (await mirror(sides, 'status')).json.tables['grade']?.state === state
      const told = () => running.log().slice(-1_500)
      await until('the load', async () => isIn('live'), told)
      await run('ALTER TABLE grade DROP COLUMN remark')
      await until('the brake', async () => isIn('braked'), told)
      // the decision, on a source in which nothing happens any more
      expect((await mirror(sides, 'resume', '--accept', 'grade')).exit).toBe(0)
      await until(
        'the table without the column',
        async () => (await compareSides({ source: database.adminUrl, target: target.adminUrl })).equal,
        told,
      )
      await running.stop()
    })
  },
  // what a leader knows of its own record is the same whatever server it reads
  ['mysql'],
)
