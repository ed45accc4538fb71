/**
 * Two mirrors, one target: one leads, the other stands by. A leader that is killed is followed within seconds; one
 * that was frozen and wakes up cannot write, whether its connection was taken from it or only its epoch.
 */
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { PostgresConnection, type PostgresRow, type Target } from '../packages/mirror/src/postgres.ts'
import { evictFrozenLeader, tryLead } from '../packages/mirror/src/record/source.ts'
import { compareSides } from './support/compare.ts'
import { mirror, startMirror } from './support/mirror.ts'
import { createSchool } from './support/registrations.ts'
import {
  atEnd,
  describeEachServer,
  freshDatabase,
  freshTarget,
  type SourceFlavour,
} from './support/servers.ts'
import { listed } from './support/under-way.ts'
import { until } from './support/until.ts'

const setUp = async (flavour: SourceFlavour) => {
  const database = await freshDatabase(flavour)
  const target = await freshTarget()
  await createSchool(database.url)
  const sides = { source: database.mirrorUrl, target: target.url }
  const first = await startMirror(sides, '--poll', '100ms')
  await until('the first mirror to lead and to have loaded', async () => {
    const state = await first.ready()
    return state?.ready === true && state.role === 'leading'
  })
  const change = async (id: number): Promise<void> => {
    await onSource(database.adminUrl, (connection) =>
      connection.query(`UPDATE section SET note = 'change ${id}' WHERE id = 1`),
    )
  }
  const followed = async (id: number): Promise<boolean> =>
    onTarget(target.adminUrl, async (client) => {
      const { rows } = await client.query(`SELECT note FROM "${database.name}".section WHERE id = 1`)
      return rows[0]?.note === `change ${id}`
    })
  const leader = async () => (await mirror(sides, 'status')).json.leader
  const equal = async (): Promise<boolean> =>
    (await compareSides({ source: database.adminUrl, target: target.adminUrl })).equal
  return { database, target, sides, first, change, followed, leader, equal }
}

// who leads is settled in the target: the source's log has no part in it
describeEachServer('two mirrors on one target', (flavour) => {
  it('one leads; the other takes over when it is killed', async () => {
    const { sides, first, change, followed, leader, equal } = await setUp(flavour)
    const second = await startMirror(sides, '--poll', '100ms')
    await until('the second to stand by', async () => (await second.ready())?.role === 'standby')
    // a warm standby is ready, and it says who leads
    expect((await second.ready())?.ready).toBe(true)
    expect(second.log()).toContain(`(process ${first.pid}) leads`)
    const before = await leader()
    // A third, which would do one cycle, is told who leads.
    const third = await mirror(sides, 'sync')
    expect([third.exit, third.out]).toEqual([1, expect.stringContaining('MIRROR_4001')])

    await first.kill()
    // by what the target notices itself: a leader that is only silent is given fifteen seconds
    await until(
      'the second to lead',
      async () => (await second.ready())?.role === 'leading',
      () => second.log().slice(-1_500),
      11_000,
    )
    expect((await leader())?.epoch).toBeGreaterThan(before?.epoch ?? 0)
    await change(1)
    await until('the change to arrive', async () => followed(1))
    expect(await equal()).toBe(true)
    expect(await second.stop()).toBe(0)
  })

  it('a leader that was frozen loses its place, and cannot write when it wakes up', async () => {
    const { database, sides, first, change, followed, leader, equal } = await setUp(flavour)
    const second = await startMirror(sides, '--poll', '100ms')
    await until('the second to stand by', async () => (await second.ready())?.role === 'standby')
    const before = await leader()
    // Frozen while it waits for the source: what it then finds to have waited is no work that the source has done, and nothing
    // to rest from.
    await onSource(database.adminUrl, async (connection) => {
      await connection.query('LOCK TABLES section WRITE')
      await connection.query("UPDATE section SET note = 'change 0' WHERE id = 1")
      await until('the first to wait for the table', async () => {
        const found = await listed(async () =>
          connection.query(
            `SELECT 1 FROM information_schema.processlist WHERE user = ? AND state LIKE 'Waiting for table%'`,
            [new URL(database.mirrorUrl).username],
          ),
        )
        return Array.isArray(found?.[0]) && found[0].length > 0
      })
      process.kill(first.pid, 'SIGSTOP')
      await connection.query('UNLOCK TABLES')
    })
    try {
      await change(1)
      await until('the second to lead and follow', async () => followed(1))
    } finally {
      process.kill(first.pid, 'SIGCONT')
    }
    await until(
      'the first to stand by',
      async () => (await first.ready())?.role === 'standby',
      () => first.log().slice(-2_500),
    )
    expect((await leader())?.epoch).toBeGreaterThan(before?.epoch ?? 0)
    await change(2)
    await until('the second to follow', async () => followed(2))
    expect(await equal()).toBe(true)
    expect(await first.stop()).toBe(0)
    expect(await second.stop()).toBe(0)
  })

  // the target alone plays a part
  const ofOneFlavour = flavour === 'mariadb' ? it : undefined
  ofOneFlavour?.(
    'one that is killed within a statement of the target gives up its place before that ends',
    async () => {
      const { database, target, first, change, followed, equal } = await setUp(flavour)
      const second = await startMirror({ source: database.mirrorUrl, target: target.url }, '--poll', '100ms')
      await until('the second to stand by', async () => (await second.ready())?.role === 'standby')
      await onTarget(target.adminUrl, async (client) => {
        const waits = async (): Promise<boolean> => {
          const { rows } = await client.query(
            "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'mirror.cycle'::regclass",
          )
          return rows.length > 0
        }
        await client.query('BEGIN')
        await client.query('LOCK TABLE mirror.cycle IN SHARE MODE')
        await change(1)
        await until('the first to wait for the lock', waits)
        await first.kill()
        // while the statement that it was killed in would still wait: until COMMIT, or its deadline of two minutes
        await until(
          'the second to lead',
          async () => (await second.ready())?.role === 'leading',
          () => second.log().slice(-1_500),
          60_000,
        )
        await client.query('COMMIT')
      })
      await until('the change to arrive', async () => followed(1))
      expect(await equal()).toBe(true)
      expect(await second.stop()).toBe(0)
    },
  )

  ofOneFlavour?.('one that is frozen while the target waits for its rows loses its place', async () => {
    const { database, target, first } = await setUp(flavour)
    expect(await first.stop()).toBe(0)
    const standby = await PostgresConnection.open({
      url: target.url,
      deadlineMs: 60_000,
      applicationName: 'fencing',
    })
    const frozen = new Client({
      connectionString: target.url,
      types: { getTypeParser: () => (value: unknown) => value },
    })
    const isOver = new Promise((resolve) => frozen.on('error', resolve))
    await frozen.connect()
    atEnd(async () => standby.close())
    const lead = async (one: Pick<Target, 'rows'>): Promise<number | undefined> =>
      tryLead(one, database.name, database.name, 'a test')
    const rows = async (text: string, values: readonly unknown[] = []): Promise<PostgresRow[]> =>
      (await frozen.query<(string | null)[]>({ text, values: [...values], rowMode: 'array' })).rows
    await until('the place to be free', async () => (await lead({ rows })) !== undefined)
    await frozen.query('CREATE TEMPORARY TABLE pieces (line text)')
    // as a process that was stopped between two chunks
    const copy = frozen.query(copyFrom('COPY pieces FROM STDIN'))
    copy.once('error', () => undefined)
    copy.write('one\n')
    const waits = async (): Promise<boolean> =>
      (
        await standby.rows(
          "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY pieces%' AND wait_event = 'ClientRead'",
        )
      ).length > 0
    await until('the target to wait for rows', waits)
    // who is slow with its rows is not frozen
    expect(await evictFrozenLeader(standby, database.name)).toBe(false)
    expect(await evictFrozenLeader(standby, database.name, { between: 0, within: 3_600 })).toBe(false)
    expect(await lead(standby)).toBeUndefined()
    expect(await evictFrozenLeader(standby, database.name, { between: 3_600, within: 0 })).toBe(true)
    await until('its place to be taken', async () => (await lead(standby)) !== undefined)
    await isOver
  })

  it('an epoch that moved is enough: what an outrun leader has prepared is thrown away', async () => {
    const { target, first, change, followed, equal } = await setUp(flavour)
    // The lock is still the first one's: only the number says that somebody newer has been here.
    const raised = await onTarget(target.adminUrl, async (client) => {
      // the server's hostile default would refuse it beside the mirror's own writes
      await client.query('SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED')
      const { rows } = await client.query('UPDATE mirror.source SET epoch = epoch + 1 RETURNING epoch')
      return Number(rows[0]?.epoch)
    })
    await change(1)
    await until('the mirror to lead anew and follow', async () => followed(1))
    expect(first.log()).toContain('MIRROR_4002')
    const epoch = await onTarget(target.adminUrl, async (client) =>
      Number((await client.query('SELECT epoch FROM mirror.source')).rows[0]?.epoch),
    )
    expect(epoch).toBeGreaterThan(raised)
    expect(await equal()).toBe(true)
    expect(await first.stop()).toBe(0)
  })
})
