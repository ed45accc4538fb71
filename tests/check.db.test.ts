/** `mirror check` tells everything at once, and of what it cannot see it says that it cannot. */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror, mirrorCommand } from './support/mirror.ts'
import { createSchool } from './support/registrations.ts'
import {
  describeEachServer,
  describeSource,
  freshDatabase,
  freshTarget,
  makeDatabase,
  privateSource,
  type SourceServer,
} from './support/servers.ts'
import { until } from './support/until.ts'

describeSource('check', (flavour) => {
  it('lists both servers, each table and each type, and times a scan', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await createSchool(database.url)
    await onSource(database.url, async (connection) => {
      await connection.query('CREATE TABLE heap (a INT) ENGINE=MERGE')
      await connection.query('CREATE TABLE parted (id INT PRIMARY KEY) PARTITION BY KEY (id) PARTITIONS 2')
      await connection.query('CREATE VIEW roll AS SELECT id FROM section')
    })
    // another account's rights, so that the warning has something to warn about
    const sides = { source: database.url, target: target.url }
    const loose = await mirror(sides, 'check')
    expect(loose.exit, loose.out).toBe(0)
    expect(loose.json.capabilities['source.readOnlyAccount']).toBe(false)
    expect(loose.json.problems.map(({ code, table }) => [code, table])).toContainEqual([
      'MIRROR_2005',
      'roll',
    ])

    const good = { source: database.mirrorUrl, target: target.url }
    const { exit, json, out } = await mirror(good, 'check')
    expect(exit, out).toBe(0)
    expect(json.capabilities).toMatchObject({
      'source.flavour': flavour === 'mysql' ? 'mysql' : 'mariadb',
      'source.isolation': 'REPEATABLE-READ',
      'source.isolationDefault': 'READ-UNCOMMITTED',
      'source.binaryLog': flavour !== 'mariadb',
      'source.binaryLogFormat': flavour === 'mariadb' ? null : 'ROW',
      // without a log its redo log answers
      'source.changeToken': true,
      'source.redoLog': flavour === 'mariadb',
      'source.readOnlyAccount': true,
      // a server that says nothing of its replication to SELECT alone is not said to have none
      'source.replica': flavour === 'mysql' ? null : false,
      'source.tables': 4,
      'source.refusedTables': 1,
      'target.mayCreate': true,
      'target.sourceId': database.name,
      'target.mirrored': false,
    })
    for (const side of ['source', 'target'] as const)
      expect(Number(json.capabilities[`${side}.freeConnections`])).toBeGreaterThan(2)
    expect(json.grants.some((grant) => grant.includes('SELECT'))).toBe(true)
    // MariaDB writes a hash of the password there
    expect(json.grants.join()).not.toMatch(/IDENTIFIED|\*[0-9A-F]{40}/)

    const layers = ['token', 'hint', 'digest']
    expect(Object.keys(json.tables).sort()).toEqual(['assorted', 'enrolment', 'heap', 'parted', 'section'])
    expect(json.tables['assorted']).toMatchObject({ refused: null, consistency: 'cycle', layers })
    // of a partitioned table the server does not say when it was last written
    expect(json.tables['parted']).toMatchObject({ layers: ['token', 'digest'] })
    expect(json.tables['heap']).toMatchObject({
      refused: { code: 'MIRROR_2007' },
      consistency: null,
      layers: [],
    })
    expect(json.tables['assorted']?.columns).toMatchObject({
      big: { mysql: expect.stringContaining('unsigned'), postgres: 'numeric(20)', aside: null },
      price: { mysql: 'decimal(12,4)', postgres: 'numeric(12,4)', aside: null },
      title: { postgres: 'text', aside: expect.stringContaining('NUL') },
      day: { mysql: 'date', postgres: 'date', aside: expect.stringContaining('calendar') },
      span: { postgres: 'time(3)', aside: expect.stringContaining('longer than a day') },
      kind: { postgres: 'text', aside: expect.stringContaining('invalid ENUM') },
      raw: { postgres: 'bytea', aside: null },
    })
    for (const name of ['assorted', 'section', 'enrolment'])
      expect(json.tables[name]?.scanMs, name).toBeGreaterThan(0)
    // a tenth of the time, and at least the poll
    const scan = Number(json.capabilities['source.scanMs'])
    expect(json.capabilities['source.intervalMs']).toBeGreaterThanOrEqual(Math.max(1_000, 10 * scan - 10))

    const text = await mirrorCommand(['check'], { MIRROR_SOURCE: good.source, MIRROR_TARGET: good.target })
    expect(text.exit).toBe(0)
    expect(text.out).toMatch(/^Ready to mirror, \d+ warnings?\./)
    for (const part of ['isolation', 'REPEATABLE-READ set and read back', 'asked by', 'apart'])
      expect(text.out).toContain(part)
    // it has changed nothing
    await onTarget(target.adminUrl, async (client) => {
      const found = await client.query("SELECT 1 FROM pg_namespace WHERE nspname IN ('mirror', $1)", [
        database.name,
      ])
      expect(found.rowCount).toBe(0)
    })
  })

  it('few places left in the target are told', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    const role = decodeURIComponent(new URL(target.url).username)
    await onTarget(target.adminUrl, (client) => client.query(`ALTER ROLE "${role}" CONNECTION LIMIT 2`))
    const { json } = await mirror({ source: database.mirrorUrl, target: target.url }, 'check')
    expect(json.problems.map(({ code }) => code)).toContain('MIRROR_3024')
  })
})

/** `count` columns of one definition */
const columns = (count: number, definition: string): string =>
  Array.from({ length: count }, (_, index) => `c${index} ${definition}`).join(', ')

const enumerated = "ENUM('no', 'neither this nor that') CHARACTER SET latin1"

describeEachServer('check of widths', (flavour) => {
  it('names the tables of which PostgreSQL takes no row so wide, and no other', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await onSource(database.url, async (connection) => {
      for (const sql of [
        `CREATE TABLE broad (id INT PRIMARY KEY, ${columns(1_600, 'TINYINT')}) ENGINE=MyISAM`,
        `CREATE TABLE brim (id INT PRIMARY KEY, ${columns(1_599, 'TINYINT')}) ENGINE=MyISAM`,
        'INSERT INTO brim (id, c0, c1598) VALUES (1, 2, 3)',
        // a byte each in MySQL, and 22 in PostgreSQL; the key alone says which of the two is too much
        `CREATE TABLE survey (id INT PRIMARY KEY, ${columns(500, enumerated)}) ENGINE=InnoDB`,
        `INSERT INTO survey VALUES (1, ${Array(500).fill("'no'").join()}), (2, ${Array(500).fill('2').join()})`,
        // so wide by its definition, and by none of its rows
        `CREATE TABLE sparse (id INT PRIMARY KEY, ${columns(900, 'BIGINT UNSIGNED')}) ENGINE=InnoDB`,
        `INSERT INTO sparse VALUES (1, ${Array(900).fill('7').join()})`,
        // what is longer than 24 bytes is moved out of its row
        `CREATE TABLE essays (id INT PRIMARY KEY, ${columns(150, 'TEXT')}) ENGINE=InnoDB`,
        `INSERT INTO essays VALUES (1, ${Array(150).fill('SHA2(RAND(), 256)').join()})`,
        // to the byte: 24 of header, 8 of key, 1,016 times 8
        `CREATE TABLE edge (id INT PRIMARY KEY, ${columns(1_016, 'TIME NOT NULL')}) ENGINE=InnoDB`,
        `INSERT INTO edge VALUES (1, ${Array(1_016).fill("'12:00'").join()})`,
        `CREATE TABLE beyond (id BIGINT PRIMARY KEY, d TINYINT, ${columns(1_015, 'TIME NOT NULL')}) ENGINE=InnoDB`,
        `INSERT INTO beyond VALUES (1, NULL, ${Array(1_015).fill("'12:00'").join()})`,
        // a row that is kept whole, for its key, is in no table
        `CREATE TABLE kept (id CHAR(5) PRIMARY KEY, ${columns(500, enumerated)}) ENGINE=InnoDB`,
        `INSERT INTO kept VALUES ('a\\0b', ${Array(500).fill('2').join()})`,
      ])
        await connection.query(sql)
    })
    const sides = { source: database.mirrorUrl, target: target.url }
    const { json } = await mirror(sides, 'check')
    const wide = json.problems.filter(({ code }) => code === 'MIRROR_2013')
    expect(wide.map(({ table }) => String(table)).sort()).toEqual(['beyond', 'broad', 'survey'])
    expect(wide.find(({ table }) => table === 'broad')?.cause).toContain('1601 columns')
    expect(json.ok).toBe(true)
    // it is as foreseen, and by the same name
    const sync = await mirror(sides, 'sync')
    expect(
      Object.entries(sync.json.refused)
        .map(([name, { code }]) => `${name} ${code}`)
        .sort(),
    ).toEqual(['beyond MIRROR_2013', 'broad MIRROR_2013', 'survey MIRROR_2013'])
    await onSource(database.url, async (connection) => {
      await connection.query('UPDATE brim SET c7 = 9')
      const half = Array.from({ length: 250 }, (_, at) => `c${2 * at} = 1`)
      await connection.query(`UPDATE survey SET ${half.join()} WHERE id = 2`)
    })
    const mended = await mirror(sides, 'sync')
    expect(Object.keys(mended.json.refused).sort()).toEqual(['beyond', 'broad'])
    const compared = await compareSides({
      source: database.adminUrl,
      target: target.adminUrl,
      except: ['beyond', 'broad'],
    })
    expect(compared.differences).toEqual([])
  })
})

// what the settings name and what the target is does not depend on the source's kind
describeSource('check of settings and target', () => {
  it('a name that fits nothing is told by check, and once by a cycle', async () => {
    const database = await freshDatabase('mariadb')
    const target = await freshTarget()
    await createSchool(database.url)
    const sides = { source: database.mirrorUrl, target: target.url }
    const wrong = ['--exclude', 'asorted', '--redact', 'assorted.titel', '--redact', 'assorted.title']
    const { exit, json } = await mirror(sides, 'check', ...wrong)
    expect(exit).toBe(0)
    const told = json.problems.find(({ code }) => code === 'MIRROR_2009')
    expect(told).toMatchObject({ severity: 'warn', cause: expect.stringContaining('--exclude asorted') })
    expect(told?.cause).toContain('--redact assorted.titel')
    expect(told?.cause).not.toContain('--redact assorted.title')
    const sync = await mirror(sides, 'sync', ...wrong)
    expect(sync.exit, sync.err).toBe(0)
    expect(sync.err.match(/MIRROR_2009/g)).toHaveLength(1)
    expect(sync.err).toContain('--exclude asorted, --redact assorted.titel')
    expect((await mirror(sides, 'sync')).err).not.toContain('MIRROR_2009')
  })

  it('a target that is not UTF8 is refused by every command, before a value is lost', async () => {
    const database = await freshDatabase('mariadb')
    const target = await freshTarget()
    await createSchool(database.url)
    const name = `${target.name}_latin1`
    const role = decodeURIComponent(new URL(target.url).username)
    await onTarget(target.adminUrl, async (client) => {
      await client.query(
        `CREATE DATABASE "${name}" OWNER "${role}" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`,
      )
    })
    try {
      const url = new URL(target.url)
      url.pathname = `/${name}`
      const sides = { source: database.mirrorUrl, target: url.href }
      for (const command of ['check', 'sync', 'status'] as const) {
        const { exit, out } = await mirror(sides, command)
        expect(exit, command).toBe(1)
        expect(out, command).toContain('MIRROR_3008')
        expect(out, command).toContain('it is LATIN1')
      }
    } finally {
      await onTarget(target.adminUrl, (client) => client.query(`DROP DATABASE "${name}"`))
    }
  })
}, ['mariadb'])

const own = (server: SourceServer, sql: readonly string[]): Promise<void> =>
  onSource(server.adminUrl, async (connection) => {
    for (const statement of sql) await connection.query(statement)
  })

// replication needs a binary log at its source
describeSource(
  'check of a replica',
  (flavour) => {
    it('says how far behind it is where it may see it, and that it may not see it elsewhere', async () => {
      const primary = await privateSource(flavour)
      const replica = await privateSource(flavour, {
        settings: ['--server-id=2', '--read-only=1', '--relay-log=relay'],
      })
      const target = await freshTarget()
      const mysql = flavour === 'mysql'
      await own(primary, [
        "CREATE USER 'follower'@'%' IDENTIFIED BY 'follows'",
        "GRANT REPLICATION SLAVE ON *.* TO 'follower'@'%'",
        'CREATE DATABASE school',
      ])
      const where = mysql
        ? `SOURCE_HOST='127.0.0.1', SOURCE_PORT=${primary.port}, SOURCE_USER='follower', SOURCE_PASSWORD='follows', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, SOURCE_DELAY=600`
        : `MASTER_HOST='127.0.0.1', MASTER_PORT=${primary.port}, MASTER_USER='follower', MASTER_PASSWORD='follows', MASTER_USE_GTID=slave_pos, MASTER_DELAY=600`
      // an account, and a database to look at, of its own
      await own(replica, ['SET GLOBAL read_only = 0', ...(mysql ? [] : ['SET SESSION sql_log_bin = 0'])])
      const local = await makeDatabase(replica.adminUrl, 'local')
      await createSchool(local.url)
      await own(replica, [
        ...(mysql
          ? ['CHANGE REPLICATION SOURCE TO ' + where, 'START REPLICA']
          : ['CHANGE MASTER TO ' + where, 'START SLAVE']),
        'SET GLOBAL read_only = 1',
      ])
      // something that waits for ten minutes before it is applied
      await own(primary, ['CREATE TABLE school.late (id INT PRIMARY KEY)'])
      const sides = { source: local.mirrorUrl, target: target.url }
      const unseen = await mirror(sides, 'check')
      expect(unseen.exit, unseen.out).toBe(0)
      expect(unseen.json.capabilities['source.replicaBehindSeconds']).toBeNull()
      expect(unseen.json.capabilities['source.replica']).toBe(mysql ? null : true)
      const warning = unseen.json.problems.find(({ code }) => code === 'MIRROR_1023')
      expect(warning).toMatchObject({ severity: 'warn', cause: expect.stringContaining('may not see') })

      const account = decodeURIComponent(new URL(local.mirrorUrl).username)
      await own(replica, [
        `GRANT ${mysql ? 'REPLICATION CLIENT' : 'REPLICA MONITOR'} ON *.* TO '${account}'@'%'`,
      ])
      const seen = await until('the replica to be behind', async () => {
        const { json } = await mirror(sides, 'check')
        return Number(json.capabilities['source.replicaBehindSeconds']) > 2 && json
      })
      expect(seen.capabilities).toMatchObject({ 'source.replica': true, 'source.readOnlyAccount': true })
      expect(seen.problems).toContainEqual(
        expect.objectContaining({ code: 'MIRROR_1023', cause: expect.stringMatching(/\d+ s behind/) }),
      )
      await own(replica, [mysql ? 'STOP REPLICA SQL_THREAD' : 'STOP SLAVE SQL_THREAD'])
      const stopped = await mirror(sides, 'check')
      expect(stopped.json.problems).toContainEqual(
        expect.objectContaining({ code: 'MIRROR_1023', cause: expect.stringContaining('SQL No') }),
      )
    })
  },
  ['mariadb-binlog', 'mysql'],
)
