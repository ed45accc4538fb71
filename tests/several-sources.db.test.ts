/**
 * Several mirrors on one target: each source has a name there, `--source-id` or the database's, which is its schema,
 * its leader's lock, its brakes and its history. What else stands in the target is none of the mirror's business.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { type Addresses, mirror, mirrorCommand, startMirror } from './support/mirror.ts'
import { createSchool } from './support/registrations.ts'
import {
  describeEachServer,
  freshDatabase,
  freshTarget,
  makeDatabase,
  privateSource,
} from './support/servers.ts'
import { until } from './support/until.ts'

/** A school of 220 rows, of which most are not those of another. */
async function createOtherSchool(url: string): Promise<void> {
  await createSchool(url)
  await onSource(url, (connection) =>
    connection.query("UPDATE assorted SET title = CONCAT('other ', id), price = id + 0.5"),
  )
}

/**
 * All that stands in schemas that are not the mirror's: definitions, rights, and rows with the transaction that wrote
 * them, so that even a row written anew with the same values shows.
 */
async function contentOfOthers(url: string, schemas: readonly string[]): Promise<readonly unknown[]> {
  return onTarget(url, async (client) => {
    const objects = await client.query(
      `SELECT n.nspname, c.relname, c.relkind, c.relfilenode, c.relacl::text, c.relowner, pg_get_viewdef(c.oid) AS view
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY($1) ORDER BY 1, 2`,
      [schemas],
    )
    const routines = await client.query(
      `SELECT n.nspname, p.proname, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = ANY($1) ORDER BY 1, 2`,
      [schemas],
    )
    const rows: unknown[] = []
    for (const { nspname, relname, relkind } of objects.rows) {
      if (relkind !== 'r') continue
      const found = await client.query(
        `SELECT xmin::text, t::text FROM "${nspname}"."${relname}" t ORDER BY 2`,
      )
      rows.push([nspname, relname, found.rows])
    }
    return [objects.rows, routines.rows, rows]
  })
}

describeEachServer('several sources in one target', (flavour) => {
  it('two servers with databases of one name, each under its own', async () => {
    const first = await freshDatabase(flavour)
    const server = await privateSource(flavour)
    const second = await makeDatabase(server.adminUrl, first.name)
    const target = await freshTarget()
    await createSchool(first.url)
    await createOtherSchool(second.url)
    const north: Addresses = { source: first.mirrorUrl, target: target.url }
    const south: Addresses = { source: second.mirrorUrl, target: target.url }
    const compare = (database: typeof first, schema: string) =>
      compareSides({ source: database.adminUrl, target: target.adminUrl, schema })

    // a target that others use already
    await onTarget(target.url, (client) =>
      client.query(`CREATE SCHEMA library; CREATE TABLE library.book (id int PRIMARY KEY, title text);
        INSERT INTO library.book VALUES (1, 'ours'); CREATE VIEW library.titles AS SELECT title FROM library.book;
        CREATE FUNCTION library.one() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE SCHEMA "North"; CREATE TABLE "North".section (precious text); INSERT INTO "North".section VALUES ('keep me')`),
    )
    const others = ['library', 'North', 'public']
    const before = await contentOfOthers(target.adminUrl, others)
    expect(JSON.stringify(before)).toContain('keep me')

    expect((await mirror(north, 'sync', '--source-id', 'north')).exit).toBe(0)
    expect((await mirror(south, 'sync', '--source-id', 'south')).exit).toBe(0)
    expect((await compare(first, 'north')).differences).toEqual([])
    expect((await compare(second, 'south')).differences).toEqual([])
    // the comparer tells them apart
    expect((await compare(first, 'south')).equal).toBe(false)
    for (const [sides, id] of [
      [north, 'north'],
      [south, 'south'],
    ] as const)
      expect((await mirror(sides, 'verify', '--source-id', id)).json).toMatchObject({ equal: true })

    // each has a leader of its own, at the same time
    const running = [
      await startMirror(north, '--source-id', 'north', '--poll', '200ms'),
      await startMirror(south, '--source-id', 'south', '--poll', '200ms'),
    ]
    for (const one of running) {
      await until('it to lead', async () => {
        const ready = await one.ready()
        return ready?.ready === true && ready.role === 'leading'
      })
    }
    await onSource(second.url, (connection) =>
      connection.query("UPDATE section SET note = 'south' WHERE id = 1"),
    )
    await until('the change of the second to arrive', async () => (await compare(second, 'south')).equal)
    expect((await compare(first, 'north')).differences).toEqual([])
    for (const one of running) expect(await one.stop()).toBe(0)

    // and brakes of its own: the tables of the second go, the first goes on
    await onSource(second.url, (connection) => connection.query('DROP TABLE assorted'))
    const braked = await mirror(south, 'sync', '--source-id', 'south')
    expect(braked.exit).toBe(4)
    expect(braked.json.brakes).toMatchObject([{ table: 'assorted', code: 'MIRROR_4102' }])
    await onSource(first.url, (connection) =>
      connection.query("UPDATE section SET note = 'north' WHERE id = 2"),
    )
    const on = await mirror(north, 'sync', '--source-id', 'north')
    expect(on.exit, on.out).toBe(0)
    expect(on.json.brakes).toEqual([])
    expect((await compare(first, 'north')).differences).toEqual([])
    const changes = (await mirror(north, 'history', '--source-id', 'north', '--table', 'section')).json
      .changes
    expect(JSON.stringify(changes)).not.toContain('south')

    expect(await contentOfOthers(target.adminUrl, others)).toEqual(before)

    // the name of one for the other: nothing is copied
    const mistaken = await mirror(south, 'sync', '--source-id', 'north')
    expect(mistaken.exit, mistaken.out).toBe(4)
    expect(mistaken.json.brakes[0]).toMatchObject({ table: null, code: 'MIRROR_4104' })
    expect((await compare(first, 'north')).differences).toEqual([])
  })

  it('several databases of one server, and a name that belongs to another of them', async () => {
    const [one, two] = [await freshDatabase(flavour), await freshDatabase(flavour)]
    const target = await freshTarget()
    await createSchool(one.url)
    await createSchool(two.url)
    const sides = (database: typeof one): Addresses => ({ source: database.mirrorUrl, target: target.url })
    for (const database of [one, two]) {
      const sync = await mirror(sides(database), 'sync')
      expect(sync.exit, sync.out).toBe(0)
      // without a word about it, as ever: the schema is called like the database
      const found = await compareSides({ source: database.adminUrl, target: target.adminUrl })
      expect(found.differences).toEqual([])
    }
    // equal content and the same server: only the database's name tells them apart
    const mistaken = await mirror(sides(two), 'sync', '--source-id', one.name)
    expect(mistaken.exit, mistaken.out).toBe(4)
    expect(mistaken.json.brakes[0]).toMatchObject({ table: null, code: 'MIRROR_4104' })
    expect(mistaken.json.brakes[0]?.reason).toContain(`database ${two.name}, before ${one.name}`)
    // a person may mean it: the database was renamed
    expect((await mirror(sides(two), 'resume', '--accept', 'source', '--source-id', one.name)).exit).toBe(0)
    expect((await mirror(sides(two), 'sync', '--source-id', one.name)).exit).toBe(0)
    expect((await mirror(sides(two), 'sync', '--source-id', one.name)).exit).toBe(0)
  })

  it('names that would collide are refused before anything is opened', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    const sides = { source: database.mirrorUrl, target: target.url }
    for (const name of [
      'mirror',
      'mirror_load',
      'pg_school',
      'information_schema',
      'public',
      'x'.repeat(64),
    ]) {
      const { exit, out } = await mirror(sides, 'sync', '--source-id', name)
      expect(exit, out).toBe(2)
      expect(out).toContain('--source-id')
    }
    // a database that bears such a name, too
    const unlucky = new URL(database.mirrorUrl)
    unlucky.pathname = '/mirror'
    const { exit, out } = await mirrorCommand(['check', '--source', unlucky.href, '--target', target.url])
    expect(exit, out).toBe(2)
    const named = await mirror({ ...sides, source: unlucky.href }, 'check', '--source-id', 'ours')
    // there is no such database, but its name is no problem any more
    expect(named.json.problems.map(({ code }) => code)).toEqual(['MIRROR_1003'])
  })
})
