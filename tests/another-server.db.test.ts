/**
 * The source's address leads to another server: what was known of the former one's log and tables says nothing of it, though both logs stand at the
 * same place; nor do connections lie about that are to nobody any more, or end while the target is being written.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { onSource, onTarget, type SourceServer } from '../packages/devstack/src/index.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { compareSides } from './support/compare.ts'
import { quickOptions, runHere } from './support/mirror-here.ts'
import { mirror } from './support/mirror.ts'
import { atEnd, describeSource, freshTarget, privateSource } from './support/servers.ts'
import { until } from './support/until.ts'

/** A school on a server of its own, past the log: it stands where that of a new server stands. */
const filledPastTheLog = async (flavour: 'mariadb-binlog' | 'mysql', mark: number) => {
  // of the mirror's account alone: the test's own connections may be idle for longer on a busy machine
  const server = await privateSource(flavour, { settings: ['--init-connect=SET SESSION wait_timeout = 2'] })
  await onSource(server.adminUrl, async (connection) => {
    for (const sql of [
      'SET SESSION sql_log_bin = 0',
      'CREATE DATABASE school',
      "CREATE USER mirror@'%' IDENTIFIED BY 'reads'",
      "GRANT SELECT ON school.* TO mirror@'%'",
      'CREATE TABLE school.grade (id INT PRIMARY KEY, mark INT) ENGINE=InnoDB',
      `INSERT INTO school.grade VALUES (1, ${mark}), ${Array.from({ length: 19 }, (_, at) => `(${at + 2}, 0)`).join(', ')}`,
    ])
      await connection.query(sql)
  })
  return server
}

/** One address, behind which stands what `lead` was given last. */
const movingAddress = async (first: SourceServer) => {
  let server = first
  const open = new Set<Socket>()
  const proxy = createServer((from) => {
    const { port, hostname } = new URL(server.adminUrl)
    const to = connect(Number(port), hostname)
    open.add(from)
    from.pipe(to).pipe(from)
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
  })
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve)
  })
  const cut = (): void => open.forEach((socket) => socket.destroy())
  atEnd(async () => {
    cut()
    proxy.close()
  })
  const lead = (to: SourceServer): void => void (server = to)
  return { url: `mysql://mirror:reads@127.0.0.1:${(proxy.address() as AddressInfo).port}/school`, lead, cut }
}

const inSchool = (server: SourceServer): string => new URL('/school', server.adminUrl).href

describeSource(
  'an address that leads to another server',
  (flavour) => {
    it('is met by a look, where both logs stand at one place', async () => {
      if (flavour === 'mariadb') throw new Error('it has no log')
      const [a, b] = await Promise.all([1, 2].map(async (mark) => filledPastTheLog(flavour, mark)))
      if (a === undefined || b === undefined) throw new Error('no servers')
      const address = await movingAddress(a)
      const target = await freshTarget()
      const here = runHere({ ...quickOptions({ source: address.url, target: target.url }), pollMs: 50 })
      const seen: string[] = []
      here.mirror.on((event) => {
        if (event.type === 'cycle') seen.push(event.report.tables['grade']?.how ?? '')
      })
      await until('cycles that the log’s word is enough for', async () => seen.at(-1) === 'token')
      const inRecord = async () =>
        onTarget(target.adminUrl, async (client) => {
          const { rows } = await client.query('SELECT token, brake_code FROM mirror.source')
          return rows[0] as { token: string | null; brake_code: string | null } | undefined
        })
      const token = (await inRecord())?.token

      address.lead(b)
      // a sibling is one of the same server, whoever answers at the address by now
      const main = await SourceConnection.open({ url: inSchool(a), statementLimitMs: 1_000 })
      expect(await main.siblings(1)).toHaveLength(1)
      await main.close()
      const moved = await SourceConnection.open({ url: address.url, statementLimitMs: 1_000 })
      address.lead(a)
      expect(await moved.siblings(1)).toHaveLength(0)
      await moved.close()

      address.lead(b)
      address.cut()
      if (flavour === 'mysql') {
        // it has a name of its own, and nothing is taken over unasked
        await until('the brake', async () => (await inRecord())?.brake_code === 'MIRROR_4104')
        await here.stop()
        return
      }
      const isEqual = async () => (await compareSides({ source: inSchool(b), target: target.adminUrl })).equal
      await until('the other server’s rows', isEqual)
      await until('cycles of its own', async () => seen.at(-1) === 'token')
      // what it is about: by the log alone nothing had happened
      const place = (text: string | null | undefined) => text?.replace(/^log:[^:]*:/, '')
      expect(place((await inRecord())?.token)).toBe(place(token))

      // the connection that reads is ended, and those beside it are not left behind
      await onTarget(target.url, async (client) => {
        // the server's hostile default would refuse it beside the mirror's own writes
        await client.query('SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED')
        await client.query('UPDATE mirror.table_state SET scan_ms = 3000')
        await client.query('UPDATE mirror.source SET revision = revision + 1')
      })
      await onSource(inSchool(b), async (connection) => {
        const connections = async () => {
          const [rows] = await connection.query(
            "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = 'mirror' ORDER BY ID",
          )
          return (rows as unknown as { id: number }[]).map(({ id }) => id)
        }
        await connection.query('UPDATE grade SET mark = mark + 1')
        await until('several connections', async () => (await connections()).length > 3)
        const before = await connections()
        await connection.query(`KILL ${before[0]}`)
        await until('the others to be ended', async () => {
          const now = await connections()
          return now.every((id) => !before.includes(id))
        })
      })
      await here.stop()
    })

    it('and a server that ends connections soon, and tells of the past, is read as it is while the target is slow', async () => {
      if (flavour === 'mariadb') throw new Error('not of these')
      const server = await filledPastTheLog(flavour, 1)
      const target = await freshTarget()
      const { host } = new URL(server.adminUrl)
      const sides = { source: `mysql://mirror:reads@${host}/school`, target: target.url }
      if (flavour === 'mariadb-binlog')
        await onSource(inSchool(server), async (connection) => {
          await connection.query('ALTER TABLE grade ADD SYSTEM VERSIONING')
          // as of which a session that does not ask reads such a table
          await connection.query("SET GLOBAL system_versioning_asof = '2020-01-01 00:00:00'")
        })
      expect((await mirror(sides, 'sync')).json.tables['grade']?.inserted).toBe(20)
      // longer than the server leaves a connection in peace
      await onTarget(target.url, async (client) => {
        await client.query(
          'CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.pg_sleep(3); RETURN NEW; END $$',
        )
        await client.query(
          'CREATE TRIGGER slow BEFORE UPDATE ON school.grade FOR EACH ROW EXECUTE FUNCTION public.slow()',
        )
      })
      await onSource(inSchool(server), async (connection) => {
        await connection.query('UPDATE grade SET mark = 9 WHERE id = 1')
      })
      const followed = await mirror(sides, 'sync')
      expect(followed.json.tables?.['grade']?.updated, followed.out).toBe(1)
    })
  },
  // the one has a name of its own, the other reads over several connections
  ['mariadb-binlog', 'mysql'],
)
