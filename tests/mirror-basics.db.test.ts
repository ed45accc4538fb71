/** The mirror's commands from end to end: load, follow, changes while it was down, verify, repair, pause, history. */
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror, mirrorCommand, startMirror } from './support/mirror.ts'
import { createSchool } from './support/registrations.ts'
import { describeSource, freshDatabase, freshTarget, type SourceFlavour } from './support/servers.ts'
import { until } from './support/until.ts'

async function setUp(flavour: SourceFlavour) {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  await createSchool(database.url)
  const sides = { source: database.mirrorUrl, target: target.url }
  const change = (...statements: readonly string[]) =>
    onSource(database.adminUrl, async (connection) => {
      for (const sql of statements) await connection.query(sql)
    })
  const compare = () => compareSides({ source: database.adminUrl, target: target.adminUrl })
  /** Names of the copy's indexes, beside those that PostgreSQL itself gives to tables with the same indexes. */
  const indexNames = async () =>
    onTarget(target.adminUrl, async (client) => {
      const list = async (sql: string): Promise<readonly string[]> =>
        (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name)
      const schema = `"${database.name}"`
      const namesIn = async (owner: string) =>
        list(
          `SELECT indexname AS name FROM pg_indexes WHERE schemaname = '${owner}' ORDER BY indexname COLLATE "C"`,
        )
      await client.query('CREATE SCHEMA named_afresh')
      for (const table of await list(
        `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = '${database.name}'`,
      ))
        await client.query(`CREATE TABLE named_afresh.${table} (LIKE ${schema}.${table} INCLUDING INDEXES)`)
      return { found: await namesIn(database.name), asPostgresNames: await namesIn('named_afresh') }
    })
  return { database, target, sides, change, compare, indexNames }
}

/** Names that must be cut, also within a character, and two indexes over one column. */
const manyIndexes = `CREATE TABLE \`a table whose name is so long that index names are cut\` (id INT PRIMARY KEY,
  \`Überlänge des Namens einer Spalte\` INT, b INT, KEY (\`Überlänge des Namens einer Spalte\`), KEY x (b, \`Überlänge des Namens einer Spalte\`),
  KEY b1 (b), UNIQUE KEY b2 (b)) ENGINE=InnoDB`

/** PostgreSQL compresses what it can before it finds an entry too long. */
const hardlyCompressed = Array.from({ length: 79 }, (_, index) =>
  createHash('sha256').update(String(index)).digest(),
)
  .flatMap((digest) => [...digest])
  .slice(0, 2_500)
  .map((byte) => String.fromCodePoint(0xc0 + (byte % 64)))
  .join('')

const counts = (inserted: number, updated: number, deleted: number) => ({ inserted, updated, deleted })

describeSource('the mirror follows', (flavour) => {
  it('loads what was there, then finds what changed while it was down', async () => {
    const { sides, change, compare, indexNames } = await setUp(flavour)
    await change(
      manyIndexes,
      // shorter than an index entry may be there, and longer here: its index is left out, its rows are not
      'CREATE TABLE widened (id INT PRIMARY KEY, v VARCHAR(2500) CHARACTER SET latin1, KEY (v)) ENGINE=InnoDB',
      `INSERT INTO widened VALUES (1, '${hardlyCompressed}')`,
    )
    const check = await mirror(sides, 'check')
    expect(check.json).toMatchObject({ version: 1, ok: true })
    expect(check.json.problems.filter(({ severity }) => severity === 'block')).toEqual([])
    expect(check.exit).toBe(0)

    const load = await mirror(sides, 'sync')
    expect(load.exit).toBe(0)
    expect(load.json).toMatchObject({ version: 1, refused: {}, brakes: [] })
    expect(load.json.tables['assorted']).toMatchObject({
      ...counts(200, 0, 0),
      how: 'load',
      consistency: 'cycle',
    })
    expect(load.json.tables['assorted']?.exactValues).toBeGreaterThan(0)
    expect(await compare()).toMatchObject({
      equal: true,
      rows: { section: 20, assorted: 200, enrolment: 0 },
      differences: [],
    })

    const names = await indexNames()
    expect(names.found).toContain('section_pkey')
    expect(names.found.filter((name) => name.endsWith('_b_idx1'))).toHaveLength(1)
    expect(names.found).toEqual(names.asPostgresNames)

    // nothing runs now: whatever happens is found by comparing
    await change(
      // as the index of another table is called
      'CREATE TABLE section_pkey (id INT PRIMARY KEY) ENGINE=InnoDB',
      "INSERT INTO enrolment VALUES (3, 77, '2026-11-22 10:00:00.123456')",
      'UPDATE section SET enrolled = enrolled + 1 WHERE id = 3',
      'DELETE FROM assorted WHERE id IN (10, 11)',
      // a changed key: one row goes, another comes
      'UPDATE assorted SET id = 5000 WHERE id = 12',
      // two rows swap the values of a unique column
      'CREATE TEMPORARY TABLE swap SELECT id, title FROM assorted WHERE id IN (20, 21)',
      'UPDATE assorted SET title = NULL WHERE id = 20',
      'UPDATE assorted SET title = (SELECT title FROM swap WHERE id = 20) WHERE id = 21',
      'UPDATE assorted SET title = (SELECT title FROM swap WHERE id = 21) WHERE id = 20',
    )
    const found = await mirror(sides, 'sync')
    expect(found.json.tables).toMatchObject({
      enrolment: counts(1, 0, 0),
      section: counts(0, 1, 0),
      assorted: counts(1, 2, 3),
    })
    expect(found.json.cycle).toBeGreaterThan(load.json.cycle)
    expect(await compare()).toMatchObject({ equal: true, differences: [] })

    const idle = await mirror(sides, 'sync')
    expect(idle.exit, idle.out).toBe(0)
    for (const [table, report] of Object.entries(idle.json.tables)) {
      expect(report, table).toMatchObject({ ...counts(0, 0, 0), rowsRead: 0 })
    }
  })

  it('tells what it did: history by table, by key, in pages, across restarts', async () => {
    const { sides, change } = await setUp(flavour)
    await mirror(sides, 'sync')
    for (const enrolled of [1, 2, 3]) {
      await change(`UPDATE section SET enrolled = ${enrolled} WHERE id = 7`)
      await mirror(sides, 'sync')
    }
    await change('DELETE FROM assorted WHERE id = 9')
    await mirror(sides, 'sync')

    const row = await mirror(sides, 'history', '--table', 'section', '--key', '7')
    expect(row.exit).toBe(0)
    const values = row.json.changes.map(({ op, key, before, after }) => [
      op,
      key,
      before?.['enrolled'],
      after?.['enrolled'],
    ])
    expect(values.toSorted((a, b) => Number(a[3]) - Number(b[3]))).toEqual([
      ['update', ['7'], '0', '1'],
      ['update', ['7'], '1', '2'],
      ['update', ['7'], '2', '3'],
    ])
    const loads = (await mirror(sides, 'history', '--limit', '1000')).json.changes.filter(
      ({ op }) => op === 'load',
    )
    expect(loads.map(({ table, key }) => `${table} ${JSON.stringify(key)}`).toSorted()).toEqual([
      'assorted null',
      'enrolment null',
      'section null',
    ])

    const all = (await mirror(sides, 'history', '--limit', '1000')).json
    expect(all.next).toBeNull()
    expect(all.cycles.length).toBeGreaterThan(0)
    const paged = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof mirror<'history'>>> = await mirror(
        sides,
        'history',
        '--limit',
        '3',
        ...(cursor === null ? [] : ['--after', cursor]),
      )
      expect(page.json.changes.length).toBeLessThanOrEqual(3)
      paged.push(...page.json.changes)
      cursor = page.json.next
    } while (cursor !== null)
    expect(paged).toEqual(all.changes)

    const unknown = await mirror(sides, 'history', '--table', 'sektion')
    expect([unknown.exit, unknown.out]).toEqual([
      2,
      expect.stringMatching(/MIRROR_4008.*Did you mean section/s),
    ])
    // negative control: one without changes is no unknown one
    expect((await mirror(sides, 'history', '--table', 'enrolment', '--since', '1ms')).exit).toBe(0)
    const later = await mirror(sides, 'history', '--since', new Date(Date.now() + 60_000).toISOString())
    expect(later.json.changes).toEqual([])
  })

  it('verify sees what nobody recorded, and --repair mends it', async () => {
    const { sides, target, database, compare } = await setUp(flavour)
    await mirror(sides, 'sync')
    expect((await mirror(sides, 'verify')).json).toMatchObject({ version: 1, equal: true, refused: {} })
    const schema = `"${database.name}"`
    await onTarget(target.adminUrl, (client) =>
      client.query(`UPDATE ${schema}.section SET enrolled = 99 WHERE id = 2; DELETE FROM ${schema}.section WHERE id = 3;
        INSERT INTO ${schema}.section VALUES (1000, 1, 'drift')`),
    )
    expect((await compare()).equal).toBe(false)
    const found = await mirror(sides, 'verify')
    expect(found.exit).toBe(3)
    expect(found.json.equal).toBe(false)
    expect(found.json.tables['section']?.equal).toBe(false)
    const differences = found.json.tables['section']?.differences ?? []
    expect(differences.map(({ key, kind }) => `${key.join()} ${kind}`).toSorted()).toEqual([
      '1000 extra',
      '2 changed',
      '3 missing',
    ])
    const short = await mirror(sides, 'verify', '--limit', '1')
    expect(short.json.tables['section']).toMatchObject({ omitted: 2 })
    expect(short.json.tables['section']?.differences).toHaveLength(1)

    const repaired = await mirror(sides, 'verify', '--repair')
    expect(repaired.json).toMatchObject({ equal: true })
    expect(repaired.json.repaired).toBeGreaterThanOrEqual(3)
    expect(repaired.exit).toBe(0)
    expect(await compare()).toMatchObject({ equal: true, differences: [] })
    expect((await mirror(sides, 'verify')).exit).toBe(0)
  })

  it('run follows, pauses on request, goes on, and ends in order', async () => {
    const { sides, change, compare, target } = await setUp(flavour)
    const running = await startMirror(sides, '--poll', '100ms')
    await until('ready', async () => (await running.ready())?.ready)
    await change(
      'INSERT INTO enrolment VALUES (1, 1, NOW(6))',
      'UPDATE section SET enrolled = 1 WHERE id = 1',
    )
    await until('the change to arrive', async () => (await compare()).equal)
    const status = await mirror(sides, 'status')
    expect(status.json).toMatchObject({ version: 1, state: 'live', brakes: [], refused: {} })
    expect(status.json.leader?.epoch).toBeGreaterThan(0)
    expect(status.json.tables['section']).toMatchObject({ state: 'live', rows: 20, consistency: 'cycle' })
    expect(status.json.tables['section']?.provedAt).toMatch(/^\d{4}-.*Z$/)
    // what a person reads
    const words = await mirrorCommand(['status'], {
      MIRROR_SOURCE: sides.source,
      MIRROR_TARGET: sides.target,
    })
    expect(words.out).toMatch(/^Equal to the source as of [\d: -]+, proved; .* in the last minute\.\n/)

    // another one does not work beside it
    const other = await mirror(sides, 'sync')
    expect(other.exit).toBe(1)
    expect(other.json).toMatchObject({ error: { code: 'MIRROR_4001' } })

    expect((await mirror(sides, 'pause')).exit).toBe(0)
    await until('the pause to be seen', async () => (await running.ready())?.role === 'paused')
    expect((await mirror(sides, 'status')).json.state).toBe('paused')
    await change('UPDATE section SET enrolled = 5 WHERE id = 5')
    expect((await compare()).equal).toBe(false)
    expect((await mirror(sides, 'resume')).exit).toBe(0)
    await until('the change to arrive after the pause', async () => (await compare()).equal)

    const metrics = await (await fetch(`${running.url}/metrics`)).text()
    expect(metrics).toMatch(/^mirror_table_equal\{table="section"\} 1$/m)
    expect(Number(/^mirror_lag_seconds (\S+)$/m.exec(metrics)?.[1])).toBeLessThan(30)
    expect(await (await fetch(running.url)).text()).toContain('<h1>Equal to the source as of')
    expect(await running.stop()).toBe(0)
    expect(running.log()).toContain('stopped')

    // what is known survives the process
    const after = await mirror(sides, 'status')
    expect(after.json).toMatchObject({ state: 'live', leader: null })
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    // a connection that is closed is one of the server's for a moment more
    await until('no connection to be left', async () =>
      onTarget(target.adminUrl, async (client) => {
        const { rows } = await client.query(
          "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'matricula mirror%'",
        )
        return Number(rows[0]?.n) === 0
      }),
    )
  })

  it('leaves out what it is told to, and refuses by name a table that holds no rows of its own', async () => {
    const { sides, change, compare } = await setUp(flavour)
    await change('CREATE TABLE merged (a INT) ENGINE=MERGE')
    const report = await mirror(sides, 'sync', '--exclude', 'assor*')
    expect(Object.keys(report.json.tables).toSorted()).toEqual(['enrolment', 'section'])
    expect(report.json.refused['merged']).toMatchObject({ code: 'MIRROR_2007' })
    // refused tables alone do not change the exit status, but nothing is said of the whole
    expect(report.exit).toBe(0)
    const verified = await mirror(sides, 'verify', '--exclude', 'assorted')
    expect(verified.json.equal).toBeNull()
    expect(verified.exit).toBe(0)
    const { differences } = await compare()
    expect(differences).toEqual(['assorted: not in the mirror', 'merged: not in the mirror'].toSorted())
  })

  it('keeps redacted values out of the ledger, and in the copy', async () => {
    const { sides, change, target, database } = await setUp(flavour)
    await mirror(sides, 'sync', '--redact', 'section.note')
    await change("UPDATE section SET note = 'top secret' WHERE id = 1")
    await mirror(sides, 'sync', '--redact', 'section.note')
    const { out } = await mirror(sides, 'history', '--table', 'section')
    expect(out).toContain('note')
    expect(out).not.toContain('top secret')
    await onTarget(target.adminUrl, async (client) => {
      const { rows } = await client.query(`SELECT note FROM "${database.name}".section WHERE id = 1`)
      expect(rows[0]?.note).toBe('top secret')
      const ledger = await client.query(
        "SELECT coalesce(string_agg(c::text, ''), '') AS text FROM mirror.change c",
      )
      expect(ledger.rows[0]?.text).toContain('note')
      expect(ledger.rows[0]?.text).not.toContain('top secret')
    })
  })
})
