/**
 * What bounds the load on the source: a share of its time, the age of a snapshot, the threads that may run on it beside us (the limit of a
 * statement: statement-limit.db.test.ts). Each is kept, told by `status` and in the history, and never ends in a copy that stands still.
 *
 * Negative controls: the same scene under a limit that nothing reaches.
 */
import { beforeAll, expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { openAgedSnapshot } from '../packages/mirror/src/engine/aged-snapshot.ts'
import { SourceGuard } from '../packages/mirror/src/engine/guard.ts'
import { createMirror } from '../packages/mirror/src/engine/mirror.ts'
import { openSource } from '../packages/mirror/src/engine/session.ts'
import { quickOptions, runHere } from './support/mirror-here.ts'
import { compareSides } from './support/compare.ts'
import {
  atEnd,
  describeSource,
  freshTarget,
  makeDatabase,
  privateSource,
  type SourceServer,
} from './support/servers.ts'
import { until } from './support/until.ts'

/** On a server of its own: threads are counted over all of it, and every other mirror there would wait. */
let made = 0

async function setUp(server: SourceServer) {
  const database = await makeDatabase(server.adminUrl, `school${(made += 1)}`)
  const target = await freshTarget()
  const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} d`).join(' UNION ALL ')
  const change = async (...list: readonly string[]): Promise<void> =>
    onSource(database.adminUrl, async (connection) => {
      for (const sql of list) await connection.query(sql)
    })
  await change(
    'CREATE TABLE large (id INT PRIMARY KEY, note VARCHAR(80), n INT NOT NULL DEFAULT 0) ENGINE=InnoDB',
    `INSERT INTO large (id, note) SELECT a.d + 10*b.d + 100*c.d + 1000*e.d + 10000*f.d, REPEAT('note ', 12)
       FROM (${digits}) a, (${digits}) b, (${digits}) c, (${digits}) e, (SELECT 0 d UNION ALL SELECT 1) f`,
    'CREATE TABLE small (id INT PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB',
    'INSERT INTO small VALUES (1, 0)',
    // statistics of a table that was just filled are those of an empty one
    'ANALYZE TABLE large, small',
  )
  const options = quickOptions({ source: database.mirrorUrl, target: target.url })
  const copied = async (): Promise<number> =>
    onTarget(target.adminUrl, async (client) => {
      const { rows } = await client.query(`SELECT n FROM "${database.name}".small WHERE id = 1`)
      return Number(rows[0]?.n)
    })
  const equal = async () => (await compareSides({ source: database.adminUrl, target: target.adminUrl })).equal
  return { database, options, change, copied, equal }
}

/** So many statements that run until they are ended. */
async function occupy(url: string, count: number): Promise<() => Promise<void>> {
  const ids: string[] = []
  const sleepers = Array.from({ length: count }, async () =>
    onSource(url, async (connection) => {
      const [rows] = await connection.query('SELECT CONNECTION_ID() AS id')
      ids.push(String((rows as { id: number }[])[0]?.id))
      await connection.query('SELECT SLEEP(300)').catch(() => undefined)
    }),
  )
  let isOver = false
  const end = async (): Promise<void> => {
    if (isOver) return
    isOver = true
    await onSource(url, async (connection) => {
      for (const id of ids) await connection.query(`KILL ${id}`).catch(() => undefined)
    })
    await Promise.allSettled(sleepers)
  }
  atEnd(end)
  await until('the statements to run', async () =>
    onSource(url, async (connection) => {
      const [rows] = await connection.query("SHOW GLOBAL STATUS LIKE 'Threads_running'")
      return Number((rows as { Value: string }[])[0]?.Value) >= count
    }),
  )
  return end
}

const isAboutThreads = (sql: string): boolean => sql.includes('Threads_running')

/** What the mirror's account sends, by the server's own log, until it is enough. */
async function statementsOf(
  database: { readonly adminUrl: string; readonly mirrorUrl: string },
  isEnough: (statements: readonly string[]) => boolean,
): Promise<readonly string[]> {
  const { username } = new URL(database.mirrorUrl)
  return onSource(database.adminUrl, async (connection) => {
    await connection.query("SET GLOBAL log_output = 'TABLE'")
    await connection.query('SET @since = NOW(6)')
    await connection.query('SET GLOBAL general_log = ON')
    try {
      return await until('enough statements', async () => {
        const [rows] = await connection.query(
          'SELECT CONVERT(argument USING utf8mb4) AS said FROM mysql.general_log WHERE event_time >= @since AND user_host LIKE ?',
          [`${username}%`],
        )
        const said = (rows as { said: string }[]).map((row) => row.said)
        return isEnough(said) ? said : undefined
      })
    } finally {
      await connection.query('SET GLOBAL general_log = OFF')
    }
  })
}

describeSource(
  'limits of the load on the source',
  (flavour) => {
    let server: SourceServer
    beforeAll(async () => {
      server = await privateSource(flavour)
    })

    it('share: what we make of rows when they are there is our own work, not the source’s', async () => {
      const { options } = await setUp(server)
      const source = await openSource(options)
      try {
        const ownMs = 400
        const busyMs = async (mostBytes: number): Promise<number> => {
          source.takeBusyMs()
          await source.eachUpTo('SELECT id FROM large LIMIT 100', mostBytes, ({ bytes, starts, ends }) => {
            const isFirst = bytes.toString('latin1', starts[0], ends[0]) === '0'
            for (const end = performance.now() + (isFirst ? ownMs : 0); performance.now() < end; );
          })
          return source.takeBusyMs()
        }
        expect(await busyMs(Number.POSITIVE_INFINITY)).toBeLessThan(ownMs)
        // negative control: of rows that are not held until all are there it cannot be told apart
        expect(await busyMs(1_000_000)).toBeGreaterThan(ownMs)
      } finally {
        await source.close()
      }
    })

    it('threads: it waits while too many run, says so, and goes on', async () => {
      const { database, options, change, copied } = await setUp(server)
      const { mirror, stop } = runHere({ ...options, maxThreadsRunning: 25 })
      await until('the copy', async () => (await mirror.status()).tables['small']?.state === 'live')
      const free = await occupy(database.adminUrl, 40)
      await change('UPDATE small SET n = 1')
      const held = await until('it to wait', async () => {
        const status = await mirror.status()
        return status.state === 'lagging' ? status : undefined
      })
      expect(held.waiting).toMatchObject({
        code: 'MIRROR_1025',
        reason: expect.stringMatching(/threads run, 25 may/),
      })
      expect(held.limits?.threadsRunning.limit).toBe(25)
      // meanwhile it asks for little more than how many there are: not for all tables
      const asked = await statementsOf(database, (said) => said.filter(isAboutThreads).length > 2)
      expect(asked.filter((sql) => sql.includes('information_schema'))).toEqual([])
      await until('what was measured', async () => {
        const threads = (await mirror.status()).limits?.threadsRunning
        return (threads?.measured ?? 0) > 25 && (threads?.reached ?? 0) > 0
      })
      expect(await copied()).toBe(0)
      expect((await mirror.history({ limit: 10 })).waits).toMatchObject([
        { code: 'MIRROR_1025', until: null },
      ])
      await free()
      await until('it to follow', async () => (await copied()) === 1)
      await until('it to say so', async () => (await mirror.status()).waiting === null)
      expect((await mirror.status()).state).toBe('live')
      expect((await mirror.history({ limit: 10 })).waits).toMatchObject([
        { code: 'MIRROR_1025', until: expect.any(String) },
      ])
      await stop()

      // never for ever: after the longest wait one cycle goes through; and where nothing is over its limit, none waits
      const freeAgain = await occupy(database.adminUrl, 40)
      await change('UPDATE small SET n = 2')
      const patient = runHere({ ...options, maxThreadsRunning: 25, longestWaitMs: 600 })
      await until('one cycle', async () => (await copied()) === 2)
      expect((await patient.mirror.status()).limits?.threadsRunning.reached).toBeGreaterThan(0)
      await patient.stop()
      await change('UPDATE small SET n = 3')
      const waits = (await mirror.history({ limit: 10 })).waits.length
      const careless = createMirror({ ...options, maxThreadsRunning: 100_000 })
      expect((await careless.sync()).tables['small']).toMatchObject({ updated: 1 })
      expect((await careless.history({ limit: 10 })).waits).toHaveLength(waits)
      expect((await careless.status()).limits?.threadsRunning.reached).toBe(0)
      await freeAgain()
    })

    it('a load that goes on between the cycles waits as well, and no cycle for it', async () => {
      const { database, options, change } = await setUp(server)
      // enough for several pieces, each with a rest: the load is to be under way when the source becomes busy
      for (const rows of [20_000, 40_000, 80_000])
        await change(`INSERT INTO large SELECT id + ${rows}, note, n FROM large`)
      const busy = { ...options, maxThreadsRunning: 25, wholeLoadRows: 1_000, maxShare: 0.1, pollMs: 100 }
      const { mirror, stop } = runHere(busy)
      const rows = async (): Promise<number> => (await mirror.status()).tables['large']?.progress ?? 0
      await until('a piece of the load', async () => (await rows()) > 0)
      const free = await occupy(database.adminUrl, 40)
      const kinds: string[] = []
      mirror.on(({ type }) => void kinds.push(type))
      // nothing was logged: cycles go on, each with its whole rest
      await statementsOf(database, (said) => said.filter(isAboutThreads).length > 2)
      await until(
        'cycles',
        () => kinds.filter((kind) => kind === 'cycle').length > 1,
        () => kinds.join(),
      )
      expect(kinds).not.toContain('waiting')
      expect((await mirror.status()).tables['large']).toMatchObject({ state: 'loading' })
      await free()
      await stop()
    })

    it('a busy source is waited for from when it was seen to be, not from before a pause', async () => {
      const { options } = await setUp(server)
      const source = await openSource(options)
      let now = 0
      const guard = new SourceGuard({ ...options, maxThreadsRunning: 0, longestWaitMs: 60_000 }, () => now)
      const isCalm = async (at: number): Promise<boolean> => {
        now = at
        return guard.isCalm(source)
      }
      expect(await isCalm(0)).toBe(false)
      // an hour later: nobody has looked meanwhile
      for (let at = 3_600_000; at < 3_660_000; at += 10_000) expect(await isCalm(at)).toBe(false)
      expect(await isCalm(3_660_000)).toBe(true)
      await source.close()
    })

    it('a snapshot that nobody reads ends by itself', async () => {
      const { database, options } = await setUp(server)
      const source = await openSource(options)
      try {
        const open = async () =>
          onSource(database.adminUrl, async (connection) => {
            const [rows] = await connection.query(
              `SELECT COUNT(*) AS n FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p
                 ON p.ID = t.trx_mysql_thread_id WHERE p.DB = ?`,
              [database.name],
            )
            return Number((rows as { n: number }[])[0]?.n)
          })
        const opening = { source, expectedMs: 0, trustLog: true }
        const guard = new SourceGuard({ ...options, snapshotAgeMs: 1_500 })
        const strict = await openAgedSnapshot({ ...opening, guard, renews: false })
        expect(await strict.read('SELECT n FROM small')).toHaveLength(1)
        expect(await open()).toBe(1)
        await until('its end', async () => (await open()) === 0)
        await expect(strict.read('SELECT n FROM small')).rejects.toMatchObject({ code: 'MIRROR_1026' })
        await strict.close()
        const renewing = await openAgedSnapshot({ ...opening, guard, renews: true })
        await until('its end', async () => guard.measured.snapshotAgeMs.reached === 2)
        expect(await renewing.read('SELECT n FROM small')).toHaveLength(1)
        await renewing.close()
        expect(await open()).toBe(0)
      } finally {
        await source.close()
      }
    })

    it('share of time: a hot table is looked at more seldom, and the server itself counts no more', async () => {
      const { database, options, change } = await setUp(server)
      const user = decodeURIComponent(new URL(database.mirrorUrl).username)
      /** What the server says that it worked for the mirror's account, in ms. */
      const worked = async (): Promise<number> =>
        onSource(server.adminUrl, async (connection) => {
          const [rows] = await connection.query(
            `SELECT COALESCE(SUM(SUM_TIMER_WAIT), 0) / 1e9 AS ms
               FROM performance_schema.events_statements_summary_by_user_by_event_name WHERE USER = ?`,
            [user],
          )
          return Number((rows as { ms: string }[])[0]?.ms)
        })
      const measure = async (maxShare: number) => {
        const before = await worked()
        const began = performance.now()
        const { mirror, stop } = runHere({ ...options, maxShare, pollMs: 1, layers: [] })
        const first = await until('a cycle', async () => (await mirror.status()).cycle ?? undefined)
        await change('UPDATE large SET n = n + 1 WHERE id < 100')
        await until('some cycles', async () => ((await mirror.status()).cycle ?? 0) > first)
        // what is measured is written every few seconds
        const share = await until('the measure', async () => {
          const limits = (await mirror.status()).limits
          return (limits?.share.reached ?? 0) > 2 || maxShare === 1 ? limits?.share : undefined
        })
        const { tables } = await mirror.status()
        await stop()
        const counted = ((await worked()) - before) / (performance.now() - began)
        return { share, counted, interval: tables['large']?.intervalMs ?? 0 }
      }
      const gentle = await measure(0.1)
      expect(gentle.share.limit).toBe(0.1)
      expect(gentle.counted).toBeGreaterThan(0)
      // what we wait for it is never less than it works; the last of four cycles or more has no rest behind it, and may have met a busy moment
      expect(gentle.counted).toBeLessThan(0.2)
      const status = await createMirror(options).status()
      // the interval follows what the leader was told, not who asks
      expect(status.tables['large']?.intervalMs).toBe(gentle.interval)
      expect(gentle.interval).toBeGreaterThan(20)
      const careless = await measure(1)
      expect(careless.interval).toBeLessThan(gentle.interval)
      expect(careless.counted).toBeGreaterThan(gentle.counted)
    })
  },
  // On one server, which the file starts for itself: the limits are the engine's own. MariaDB keeps what INNODB_TRX said for as long as it is asked often.
  ['mysql'],
)
