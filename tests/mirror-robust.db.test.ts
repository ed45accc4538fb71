/** What once stopped the mirror for good, or let a replaced source through: each is a case that was broken. */
import { Client } from 'pg'
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { PostgresConnection } from '../packages/mirror/src/postgres.ts'
import { compareSides } from './support/compare.ts'
import { mirror, startMirror } from './support/mirror.ts'
import { quickOptions, runHere } from './support/mirror-here.ts'
import { recordDigestsByRow } from './support/recorded-digests.ts'
import { createSchool } from './support/registrations.ts'
import {
  describeEachServer,
  describeSource,
  describeTarget,
  freshDatabase,
  freshTarget,
  type SourceFlavour,
} from './support/servers.ts'
import { until } from './support/until.ts'

const setUp = async (flavour: SourceFlavour) => {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  const sides = { source: database.mirrorUrl, target: target.url }
  const change = (...statements: readonly string[]) =>
    onSource(database.adminUrl, async (connection) => {
      await connection.query("SET SESSION sql_mode = ''")
      for (const sql of statements) await connection.query(sql)
    })
  const inTarget = (sql: string) => onTarget(target.adminUrl, (client) => client.query(sql))
  const compare = async () =>
    (await compareSides({ source: database.adminUrl, target: target.adminUrl })).differences
  return { database, target, sides, change, inTarget, compare }
}

/** `count` rows from nothing, by doubling. */
const fill = (table: string, count: number, columns: string, next: string): readonly string[] => {
  const statements: string[] = []
  for (let rows = 1; rows < count; rows *= 2)
    statements.push(
      `INSERT INTO ${table} (${columns}) SELECT ${next} FROM ${table} LIMIT ${Math.min(rows, count - rows)}`,
    )
  return statements
}

// what is done to the target is nothing to the source's log
describeEachServer('the mirror goes on', (flavour) => {
  it('when a statement of its own is cancelled in the target', async () => {
    const { database, sides, change, inTarget, compare } = await setUp(flavour)
    await createSchool(database.url)
    const running = await startMirror(sides, '--poll', '50ms', '--max-share', '1')
    await until('the first load', async () => (await running.ready())?.ready)
    for (let round = 0; round < 10; round += 1) {
      await change(`UPDATE section SET note = 'round ${round}'`)
      await inTarget(
        `SELECT ${round % 2 === 0 ? 'pg_cancel_backend' : 'pg_terminate_backend'}(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'matricula mirror: leader'`,
      )
    }
    await until('both sides to be equal', async () => (await compare()).length === 0)
    // the last of them may have come when it had followed already
    await until('it to lead again', async () => (await running.ready())?.role === 'leading')
    expect(await running.stop()).toBe(0)
  })

  it('without a table that the target does not take, and keeps its readers’ rights over a reload', async () => {
    const { database, target, sides, change, inTarget } = await setUp(flavour)
    // a thousand numbers of nine digits: 4,000 bytes in the source, more than a page in the target
    const many = Array.from({ length: 1_000 }, (_, index) => index)
    await change(
      `CREATE TABLE odd (id INT PRIMARY KEY, ${many.map((index) => `c${index} DECIMAL(9,0) NOT NULL`).join(', ')}) ENGINE=InnoDB`,
      'CREATE TABLE fine (id INT PRIMARY KEY) ENGINE=InnoDB',
      `INSERT INTO odd VALUES (1, ${many.map((index) => 123_456_789 - index).join(', ')})`,
      'INSERT INTO fine VALUES (1)',
    )
    const first = await mirror(sides, 'sync')
    expect(first.exit, first.err).toBe(0)
    expect(first.json.tables['fine']?.inserted).toBe(1)
    expect(first.json.refused['odd']?.code).toBe('MIRROR_2013')

    const reader = new URL(target.readerUrl).username
    await inTarget(`GRANT SELECT ON "${database.name}".fine TO "${reader}"`)
    // between two loads nothing lies there that anybody would miss
    await inTarget('DROP SCHEMA mirror_load CASCADE')
    await change('ALTER TABLE fine ADD COLUMN more INT')
    expect((await mirror(sides, 'sync')).json.tables['fine']?.how).toBe('load')
    const { rows } = await onTarget(target.adminUrl, (client) =>
      client.query(`SELECT has_table_privilege($1, $2, 'SELECT') AS may`, [
        reader,
        `"${database.name}".fine`,
      ]),
    )
    expect(rows).toEqual([{ may: true }])
  })

  it('when a table of the mirror was dropped: verify says so, --repair brings it back', async () => {
    const { database, sides, change, inTarget, compare } = await setUp(flavour)
    await change(
      'CREATE TABLE t (id INT PRIMARY KEY, v INT) ENGINE=InnoDB',
      'INSERT INTO t VALUES (1, 1), (2, 2)',
    )
    await mirror(sides, 'sync')
    await inTarget(`DROP TABLE "${database.name}".t`)
    const verified = await mirror(sides, 'verify')
    expect([verified.exit, verified.json.equal]).toEqual([3, false])
    const repaired = await mirror(sides, 'verify', '--repair')
    expect([repaired.exit, repaired.json.equal], repaired.err).toEqual([0, true])
    expect(await compare()).toEqual([])
    // so does the next comparison of the copy with its record
    await inTarget(`DROP TABLE "${database.name}".t`)
    const again = await mirror(sides, 'sync', '--drift-check', '1ms')
    expect(again.json.tables['t'], again.out).toMatchObject({ how: 'load', inserted: 2 })
    expect(await compare()).toEqual([])
    expect((await mirror(sides, 'history')).json.conflicts).toMatchObject([
      { table: 't', outcome: 'repaired' },
    ])
    // and where it is written before that, the refusal names what is wrong
    await inTarget(`DROP TABLE "${database.name}".t`)
    await change('INSERT INTO t VALUES (3, 3)')
    expect((await mirror(sides, 'sync')).json.refused['t']?.reason).toContain('it is not there any more')
  })

  it('without a new table whose place in the target somebody has taken', async () => {
    const { database, target, sides, change, inTarget } = await setUp(flavour)
    await change('CREATE TABLE old (id INT PRIMARY KEY) ENGINE=InnoDB')
    await mirror(sides, 'sync')
    await inTarget(`CREATE TABLE "${database.name}".new (precious text)`)
    await change('CREATE TABLE new (id INT PRIMARY KEY) ENGINE=InnoDB', 'INSERT INTO old VALUES (1)')
    const sync = await mirror(sides, 'sync')
    expect(sync.exit, sync.out).toBe(0)
    expect(sync.json.refused).toMatchObject({ new: { code: 'MIRROR_3003' } })
    expect(sync.json.tables).toMatchObject({ old: { inserted: 1 } })
    await inTarget(`ALTER TABLE "${database.name}".new RENAME TO kept`)
    const [loaded] = [(await mirror(sides, 'sync')).json]
    expect([loaded.refused, loaded.tables['new']?.how]).toEqual([{}, 'load'])

    // nor by a right upon one table that somebody took away
    const owner = new URL(target.url).username
    await inTarget(`REVOKE ALL ON "${database.name}".old FROM "${owner}"`)
    await change('INSERT INTO old VALUES (2)', 'INSERT INTO new VALUES (2)')
    const beside = (await mirror(sides, 'sync')).json
    expect(beside.refused).toMatchObject({ old: { code: 'MIRROR_3026' } })
    expect(beside.tables).toMatchObject({ new: { inserted: 1 } })
    await inTarget(`GRANT ALL ON "${database.name}".old TO "${owner}"`)
    expect((await mirror(sides, 'sync')).json).toMatchObject({
      refused: {},
      tables: { old: { inserted: 1 } },
    })
  })
})

// names in the target are nothing to the source's log
describeEachServer('the mirror goes on', (flavour) => {
  it('without renamed tables whose new place somebody has taken, and makes the rename when it is free', async () => {
    const { database, sides, change, inTarget, compare } = await setUp(flavour)
    await change(
      'CREATE TABLE a (id INT PRIMARY KEY, v INT) ENGINE=InnoDB',
      'CREATE TABLE b (id INT PRIMARY KEY, v INT, more INT) ENGINE=InnoDB',
      'CREATE TABLE c (id INT PRIMARY KEY) ENGINE=InnoDB',
      'INSERT INTO a VALUES (1, 1), (2, 2)',
      `INSERT INTO b VALUES ${Array.from({ length: 10 }, (_, id) => `(${id}, ${id}, NULL)`).join()}`,
    )
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    const place = (name: string) => `"${database.name}".${name}`
    const oids = async () =>
      (
        await inTarget(
          `SELECT oid FROM pg_class WHERE relnamespace = '"${database.name}"'::regnamespace AND relkind = 'r' ORDER BY oid`,
        )
      ).rows
    const before = await oids()
    await inTarget(`CREATE TABLE ${place('old')} (precious text)`)
    // as online schema changes end: whoever stands under the taken name's former one holds up the other as well
    await change(
      'RENAME TABLE a TO old, b TO a',
      'INSERT INTO c VALUES (1)',
      'UPDATE a SET v = 4 WHERE id = 1',
    )
    const held = await mirror(sides, 'sync')
    expect(held.exit, held.err).toBe(0)
    expect(held.json.tables).toMatchObject({ c: { inserted: 1 } })
    expect(held.json.refused).toMatchObject({ a: { code: 'MIRROR_3003' }, b: { code: 'MIRROR_3003' } })
    expect(held.json.refused['b']?.reason).toContain(': old')
    expect((await inTarget(`SELECT id, v FROM ${place('a')} ORDER BY id`)).rows).toEqual([
      { id: 1, v: 1 },
      { id: 2, v: 2 },
    ])
    // the others go on meanwhile, and so do the renamed ones with the rest when the name is free: nobody asks for it
    const { mirror: running, stop } = runHere(quickOptions(sides))
    await change('INSERT INTO c VALUES (2)')
    await until(
      'the others to follow',
      async () => (await inTarget(`SELECT 1 FROM ${place('c')} WHERE id = 2`)).rowCount,
    )
    let polls = 0
    running.on(({ type }) => void (polls += type === 'cycle' ? 1 : 0))
    await until('some polls of a source that stands still', async () => polls > 20)
    await inTarget(`ALTER TABLE ${place('old')} SET SCHEMA public`)
    await until('both sides to be equal', async () => (await compare()).length === 0)
    await stop()
    expect(await oids()).toEqual(before)
    const kinds = (await mirror(sides, 'history')).json.schemaChanges.map(({ kind, table }) => [kind, table])
    expect(kinds).toEqual(
      expect.arrayContaining([
        ['table renamed', 'a'],
        ['table renamed', 'old'],
      ]),
    )
    expect((await mirror(sides, 'sync')).json.refused).toEqual({})
  })
})

// On one server: many rows and wide rows are the engine's own concern, whatever server they come from.
describeSource(
  'the mirror goes on in bulk',
  (flavour) => {
    it('when one segment grows by more rows than a call takes arguments', async () => {
      const { database, sides, change, inTarget } = await setUp(flavour)
      await change(
        'CREATE TABLE big (id INT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL) ENGINE=InnoDB',
        'INSERT INTO big (n) VALUES (1)',
      )
      expect((await mirror(sides, 'sync')).exit).toBe(0)
      await change(...fill('big', 140_000, 'n', 'n + 1'))
      const sync = await mirror(sides, 'sync')
      expect([sync.exit, sync.json.tables['big']?.inserted], sync.err).toEqual([0, 139_999])
      // the rows say nothing new, so that sums tell as much as a comparison of each
      const sums = "SELECT CONCAT(COUNT(*), '/', SUM(id), '/', SUM(n)) AS sums FROM"
      const [here] = await onSource(database.adminUrl, (connection) => connection.query(`${sums} big`))
      expect((await inTarget(`${sums} "${database.name}".big`)).rows).toEqual(here)
    })

    it('when rows are wide', async () => {
      const { sides, change, compare } = await setUp(flavour)
      await change(
        'CREATE TABLE wide (id INT PRIMARY KEY, body LONGTEXT CHARACTER SET utf8mb4 NOT NULL) ENGINE=InnoDB',
      )
      for (let id = 1; id <= 16; id += 1)
        await change(`INSERT INTO wide VALUES (${id}, REPEAT('wide ', 400000))`)
      expect((await mirror(sides, 'sync')).json.tables['wide']?.inserted).toBe(16)
      await change("UPDATE wide SET body = CONCAT('changed ', body)")
      const sync = await mirror(sides, 'sync')
      expect([sync.exit, sync.json.tables['wide']?.updated], sync.err).toEqual([0, 16])
      expect(await compare()).toEqual([])
    })
  },
  ['mysql'],
)

describeSource('a replaced source is held', (flavour) => {
  const tables = ['a', 'b', 'c', 'd', 'e']
  const make = (extra = ''): readonly string[] =>
    tables.flatMap((name) => [
      `DROP TABLE IF EXISTS ${name}`,
      `CREATE TABLE ${name} (id INT PRIMARY KEY, v INT${extra}) ENGINE=InnoDB`,
    ])
  const rows = (from: number, to: number): readonly string[] =>
    tables.map(
      (name) =>
        `INSERT INTO ${name} (id, v) VALUES ${Array.from({ length: to - from }, (_, at) => `(${from + at}, ${from})`).join(', ')}`,
    )

  it.each([
    ['empty, with a column more', make(', more INT')],
    [
      'with other rows under the same keys',
      [...make(), ...rows(1, 500).map((sql) => sql.replaceAll(', 1)', ', 77)'))],
    ],
  ])('%s', async (_, replacement) => {
    const { sides, change, inTarget, database } = await setUp(flavour)
    await change(...make(), ...rows(1, 601))
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    // a table's time of making has a grain of one second
    await until('the next second by the source', () =>
      onSource(database.adminUrl, async (connection) => {
        const [found] = await connection.query(
          'SELECT NOW() > MAX(CREATE_TIME) AS later FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
        )
        return Number((found as { later: number }[])[0]?.later) === 1
      }),
    )
    await change(...replacement)
    const sync = await mirror(sides, 'sync')
    expect([sync.exit, sync.json.brakes.map((brake) => brake.code)], sync.out).toEqual([4, ['MIRROR_4104']])
    const { rows: counted } = await inTarget(`SELECT count(*) AS n FROM "${database.name}".a WHERE v = 1`)
    expect(counted).toEqual([{ n: '600' }])
  })

  it('also while a decision about one of its tables is open', async () => {
    const { sides, change, database, inTarget } = await setUp(flavour)
    await change(...make(), ...rows(1, 2_001))
    await mirror(sides, 'sync')
    await change('DELETE FROM a')
    expect((await mirror(sides, 'sync')).json.brakes.map((brake) => brake.table)).toEqual(['a'])
    await mirror(sides, 'resume', '--accept', 'a')
    await change(...tables.slice(1).map((name) => `DELETE FROM ${name} WHERE id > 1100`))
    const sync = await mirror(sides, 'sync')
    expect(sync.exit).toBe(4)
    const { rows: counted } = await inTarget(`SELECT count(*) AS n FROM "${database.name}".b`)
    expect(counted).toEqual([{ n: '2000' }])
  })
})

describeSource(
  'what is noted beside a cycle',
  (flavour) => {
    it('does not lose the report of what was committed', async () => {
      const { sides, change, inTarget, compare } = await setUp(flavour)
      await change('CREATE TABLE fine (id INT PRIMARY KEY) ENGINE=InnoDB', 'INSERT INTO fine VALUES (1)')
      await mirror(sides, 'sync')
      await inTarget(
        `CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not now'; END $$;
         CREATE TRIGGER refuse BEFORE UPDATE OF measured, waiting ON mirror.limits FOR EACH ROW
           WHEN (NEW.measured IS NOT NULL) EXECUTE FUNCTION public.refuse()`,
      )
      await change('INSERT INTO fine VALUES (2), (3)')
      const sync = await mirror(sides, 'sync')
      expect([sync.exit, sync.json.tables['fine']], sync.err).toMatchObject([0, { inserted: 2 }])
      expect(await compare()).toEqual([])
    })

    it('is asked for its state also where a version before this one wrote it', async () => {
      const { target, sides, change, inTarget } = await setUp(flavour)
      await change('CREATE TABLE fine (id INT PRIMARY KEY) ENGINE=InnoDB')
      await mirror(sides, 'sync')
      await onTarget(target.url, recordDigestsByRow)
      await inTarget(
        `DROP TABLE mirror.load_segment, mirror.load_state, mirror.limits, mirror.wait, mirror.conflict;
         ALTER TABLE mirror.source DROP COLUMN drift_checked_at; UPDATE mirror.meta SET version = 6`,
      )
      const status = await mirror(sides, 'status')
      expect([status.exit, status.json.state], status.out).toEqual([0, 'live'])
      expect((await mirror(sides, 'check')).exit).toBe(0)
      // who leads next brings it up to date
      const sync = await mirror(sides, 'sync')
      expect(sync.exit, sync.out).toBe(0)
    })
  },
  // it lies in PostgreSQL
  ['mariadb'],
)

describeTarget('a connection to the target', () => {
  it('sends one statement at a time, and each answer to who asked', async () => {
    const { url } = await freshTarget()
    const warnings: string[] = []
    const listen = ({ message }: Error): void => void warnings.push(message)
    process.on('warning', listen)
    const connection = await PostgresConnection.open({ url, deadlineMs: 10_000, applicationName: 'a test' })
    try {
      await connection.run('CREATE TEMPORARY TABLE line (n int)')
      const asked = [
        connection.rows('SELECT 1 FROM pg_sleep(0.1)'),
        connection.run('SELECT * FROM nothing'),
        connection.copy('COPY line FROM STDIN', ['1\n', '2\n']),
        connection.rows('SELECT count(*) FROM line'),
      ]
      expect(connection.busy).toBe(true)
      expect(
        (await Promise.allSettled(asked)).map((each) => ('value' in each ? each.value : 'failed')),
      ).toEqual([[['1']], 'failed', undefined, [['2']]])
      expect(connection.busy).toBe(false)
      expect(warnings).toEqual([])
      // negative control: the driver warns when it is asked for two at once
      const bare = new Client({ connectionString: url })
      await bare.connect()
      await Promise.all([bare.query('SELECT 1'), bare.query('SELECT 2'), bare.query('SELECT 3')])
      await bare.end()
      expect(warnings.join()).toContain('already executing a query')
    } finally {
      process.off('warning', listen)
      await connection.close()
    }
  })
})
