/**
 * The mirror's account holds GRANT SELECT on one database and nothing else, and the mirror never asks for more: what
 * the server itself has logged of that account is SELECT, SHOW, EXPLAIN, session settings and transaction control.
 */
import { expect, it } from 'vitest'
import { onSource } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror, startMirror } from './support/mirror.ts'
import { createSchool } from './support/registrations.ts'
import { describeSource, freshTarget, makeDatabase, privateSource } from './support/servers.ts'
import { until } from './support/until.ts'

/** A statement that can change nothing on the server but the session itself. */
const harmless =
  /^(SELECT|SHOW|EXPLAIN|SET (SESSION|NAMES|TRANSACTION)|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE SAVEPOINT)\b/i
/** SELECT … INTO OUTFILE writes a file, FOR UPDATE and FOR SHARE take row locks, GET_LOCK and SLEEP hold others up. */
const harmful =
  /\b(INTO\s+(OUTFILE|DUMPFILE)|FOR\s+(UPDATE|SHARE)|LOCK\s+IN\s+SHARE|GET_LOCK|SLEEP|GLOBAL\s+\w+\s*=|@\w+\s*:=)\b/i
const isHarmless = (sql: string): boolean => harmless.test(sql.trim()) && !harmful.test(sql)

it('the rule itself can fail', () => {
  expect(['SELECT 1', 'SET SESSION time_zone = 1', 'ROLLBACK TO SAVEPOINT a'].every(isHarmless)).toBe(true)
  const harmfulOnes = [
    'INSERT INTO t VALUES (1)',
    'SET GLOBAL x = 1',
    'SELECT 1 INTO OUTFILE "x"',
    'SELECT 1 FOR UPDATE',
    'LOCK TABLES t READ',
    'CREATE TEMPORARY TABLE t (a INT)',
    'FLUSH TABLES',
  ]
  expect(harmfulOnes.filter(isHarmless)).toEqual([])
})

describeSource('an account with SELECT alone', (flavour) => {
  it('is enough for every command, and the source sees nothing but reading', async () => {
    const server = await privateSource(flavour, { hostile: true })
    const database = await makeDatabase(server.adminUrl, 'school')
    await createSchool(database.url)
    const target = await freshTarget()
    const sides = { source: database.mirrorUrl, target: target.url }
    const account = decodeURIComponent(new URL(database.mirrorUrl).username)
    const asAdmin = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
      onSource(database.adminUrl, async (connection) => {
        await connection.query('SET sql_select_limit = 18446744073709551615')
        const [rows] = await connection.query(sql)
        return rows as unknown as Record<string, unknown>[]
      })

    const grants = (await asAdmin(`SHOW GRANTS FOR '${account}'@'%'`)).map((row) =>
      String(Object.values(row)[0]),
    )
    expect(grants.filter((grant) => !grant.startsWith('GRANT USAGE ON *.*'))).toEqual([
      expect.stringMatching(/^GRANT SELECT ON `school`\.\* TO/),
    ])
    await expect(
      onSource(database.mirrorUrl, (connection) =>
        connection.query('INSERT INTO section VALUES (999, 0, NULL)'),
      ),
    ).rejects.toThrow(/denied/)

    const objects = 'SELECT COUNT(*) AS n FROM information_schema.TABLES'
    const checksum = 'CHECKSUM TABLE school.section, school.enrolment, school.assorted'
    const before = { objects: await asAdmin(objects), checksum: await asAdmin(checksum) }
    await asAdmin("SET GLOBAL log_output = 'TABLE'")
    await asAdmin('SET GLOBAL general_log = 1')

    expect((await mirror(sides, 'check')).json).toMatchObject({ ok: true })
    expect((await mirror(sides, 'sync')).exit).toBe(0)
    const running = await startMirror(sides, '--poll', '50ms', '--deep-scan', '1s')
    await until('some cycles', async () => Number((await mirror(sides, 'status')).json.cycle) > 5)
    await asAdmin('UPDATE section SET enrolled = enrolled + 1')
    const equal = () => compareSides({ source: database.adminUrl, target: target.adminUrl })
    await until('the change to arrive', async () => (await equal()).equal)
    expect(await running.stop()).toBe(0)
    expect((await mirror(sides, 'verify', '--repair')).json).toMatchObject({ equal: true })

    await asAdmin('SET GLOBAL general_log = 0')
    const logged = await asAdmin(
      `SELECT CONVERT(argument USING utf8mb4) AS sql_text FROM mysql.general_log
        WHERE user_host LIKE '${account}[%' AND command_type IN ('Query', 'Execute', 'Prepare')`,
    )
    const statements = logged.map((row) => String(row['sql_text']))
    // init_connect of the server itself runs as the account; its words are the administrator's
    const own = statements.filter((sql) => !sql.startsWith('SET sql_select_limit=2, autocommit=0'))
    expect(own.length).toBeGreaterThan(50)
    expect(own.some((sql) => sql.includes('SHA2'))).toBe(true)
    expect(own.filter((sql) => !isHarmless(sql)).map((sql) => sql.slice(0, 200))).toEqual([])

    await asAdmin('UPDATE section SET enrolled = enrolled - 1')
    expect({ objects: await asAdmin(objects), checksum: await asAdmin(checksum) }).toEqual({
      objects: before.objects,
      checksum: before.checksum,
    })
  })
})
