/**
 * An ALTER on the source waits for a moment of the mirror's reading, never for the end of its snapshot; and what is read goes on
 * being one snapshot. Order decides, not the clock: the ALTER must be through while the snapshot is still open and read.
 *
 * The same while it waits for a source that is too busy to be read.
 *
 * Negative control: one plain long transaction, behind which the ALTER is still waiting when the reader has had enough.
 */
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { openAgedSnapshot } from '../packages/mirror/src/engine/aged-snapshot.ts'
import { SourceGuard } from '../packages/mirror/src/engine/guard.ts'
import { pause } from '../packages/mirror/src/engine/retry.ts'
import { createMirror } from '../packages/mirror/src/engine/mirror.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { openSnapshot } from '../packages/mirror/src/source/snapshot.ts'
import { viewMs } from '../packages/mirror/src/source/views.ts'
import { compareSides } from './support/compare.ts'
import { createSchool, startLoad } from './support/registrations.ts'
import {
  atEnd,
  describeSource,
  type FreshDatabase,
  freshDatabase,
  freshTarget,
  makeDatabase,
  privateSource,
  type SourceServer,
} from './support/servers.ts'
import { waitsForLock } from './support/under-way.ts'
import { until } from './support/until.ts'

const openSource = async (url: string, onStatement = (): void => undefined): Promise<SourceConnection> => {
  const connection = await SourceConnection.open({ url, statementLimitMs: 10_000, onStatement })
  atEnd(async () => connection.close())
  return connection
}

/** A table of many rows, made by doubling. */
const createHall = async (adminUrl: string, rows: number): Promise<void> =>
  onSource(adminUrl, async (connection) => {
    await connection.query(
      'CREATE TABLE hall (id INT AUTO_INCREMENT PRIMARY KEY, seat INT NOT NULL, note VARCHAR(40) NOT NULL) ENGINE=InnoDB',
    )
    await connection.query("INSERT INTO hall (seat, note) VALUES (1, 'first')")
    for (let have = 1; have < rows; have *= 2)
      await connection.query("INSERT INTO hall (seat, note) SELECT seat + 1, CONCAT('seat ', id) FROM hall")
    await connection.query('ANALYZE TABLE hall')
  })

const plainOptions = {
  tables: [],
  exclude: [],
  redact: [],
  pollMs: 50,
  maxShare: 1,
  maxDelete: 0.2,
  statementLimitMs: 10_000,
  // what is read here takes as long as it takes
  snapshotAgeMs: 600_000,
  // those of a shared server are other tests'
  maxThreadsRunning: 100_000,
  deepScanMs: 3_600_000,
}

/** Of the target: whoever makes an index there waits for it. */
const indexLock = 4_711

interface Alter {
  readonly done: boolean
  readonly ended: Promise<void>
}

const alter = (adminUrl: string, sql: string): Alter => {
  let done = false
  const ended = onSource(adminUrl, async (connection) => {
    await connection.query('SET SESSION lock_wait_timeout = 120')
    await connection.query(sql)
    done = true
  })
  // heard where it is awaited; a failure meanwhile must not end the process
  ended.catch(() => undefined)
  return {
    get done() {
      return done
    },
    ended,
  }
}

describeSource('an ALTER beside the mirror', (flavour) => {
  /**
   * With the binary log several views must see the same, and a commit of anybody's on the server moves its position: of a shared one other
   * tests would decide whether there is a second view.
   */
  let own: SourceServer | undefined
  let made = 0
  beforeAll(async () => {
    if (flavour === 'mariadb-binlog') own = await privateSource(flavour, { hostile: true })
  })
  afterEach(() => vi.restoreAllMocks())
  const open = async (): Promise<FreshDatabase> =>
    own === undefined ? freshDatabase(flavour) : makeDatabase(own.adminUrl, `hall${(made += 1)}`)

  it('passes while one snapshot is read on and on, which stays one', async () => {
    const database = await open()
    await createSchool(database.url)
    const source = await openSource(database.mirrorUrl)
    const before = startLoad(database.url, { clients: 2, seed: 7 })
    await until('registrations', () => before.committed > 20)
    // while several views are opened nobody writes: they would not see the same
    await before.stop()
    const snapshot = await openSnapshot(source, 60_000)
    const load = startLoad(database.url, { clients: 2, seed: 8 })
    await until('registrations', () => load.committed > 20)
    // a table that is read first, and one that is read ever after; both agree in each snapshot
    const state = async (): Promise<string> => {
      const rows = await snapshot.read('SELECT COUNT(*), SUM(section_id * student_id) FROM enrolment')
      const counters = await snapshot.read('SELECT SUM(enrolled) FROM section')
      return JSON.stringify([rows, counters].flat(2).map(String))
    }
    await snapshot.read('SELECT COUNT(*) FROM assorted')
    const first = await state()
    const waiting = alter(database.adminUrl, 'ALTER TABLE assorted ADD COLUMN extra INT NOT NULL DEFAULT 0')
    let reads = 0
    await until('the ALTER to pass while the snapshot is open', async () => {
      expect(await state()).toBe(first)
      reads += 1
      return waiting.done
    })
    expect(await state()).toBe(first)
    await snapshot.close()
    await waiting.ended
    await load.stop()
    expect(reads).toBeGreaterThan(0)
    expect(snapshot.proof).toBe(flavour === 'mariadb-binlog' ? 'proved' : 'single')
  })

  it('passes while another table is loaded, and both end up equal', async () => {
    const database = await open()
    const target = await freshTarget()
    await createSchool(database.url)
    await createHall(database.adminUrl, 60_000)
    const sides = { source: database.mirrorUrl, target: target.url }
    const mirror = createMirror({
      ...plainOptions,
      ...sides,
      // within one snapshot, which is what could hold a lock: larger tables are loaded between the cycles
      wholeLoadRows: 1_000_000,
    })
    atEnd(async () => mirror.close())
    // `assorted` comes before `hall`: its lock would be held until the load is through
    let waiting: Alter | undefined
    let passedDuringLoad = false
    mirror.on((event) => {
      if (event.type !== 'progress' || event.table !== 'hall') return
      waiting ??= alter(database.adminUrl, 'ALTER TABLE assorted ADD COLUMN extra INT NOT NULL DEFAULT 0')
      if (waiting.done) passedDuringLoad = true
    })
    // each statement of the load waits a little while the ALTER is not through; and also in the cycle after it, which begins again, all of
    // them take longer than one of several views reads
    // oxlint-disable-next-line typescript/unbound-method -- called with the connection that it belongs to
    const original = SourceConnection.prototype.eachUpTo
    const still = new AbortController().signal
    vi.spyOn(SourceConnection.prototype, 'eachUpTo').mockImplementation(async function (
      this: SourceConnection,
      ...asked
    ) {
      if (waiting !== undefined && asked[0].includes(' FROM `hall`'))
        await Promise.race([waiting.ended, pause(2_000, still)])
      if (waiting?.done === true && asked[0].includes(' FROM `hall`')) await pause(viewMs / 3, still)
      return original.apply(this, asked)
    })
    const report = await mirror.sync()
    await waiting?.ended
    expect(passedDuringLoad).toBe(true)
    expect(report.snapshot.proof).toBe(flavour === 'mariadb-binlog' ? 'proved' : 'single')
    await mirror.sync()
    const { equal, differences } = await compareSides({ source: database.adminUrl, target: target.adminUrl })
    expect({ equal, differences }).toEqual({ equal: true, differences: [] })
  })

  it('passes while the indexes of a first load are made, and the copy comes right', async () => {
    const database = await open()
    const target = await freshTarget()
    await createSchool(database.url)
    const sides = { source: database.mirrorUrl, target: target.url }
    const mirror = createMirror({
      ...plainOptions,
      ...sides,
      wholeLoadRows: 1_000,
    })
    atEnd(async () => mirror.close())
    await mirror.sync()
    await createHall(database.adminUrl, 4_000)
    await onTarget(target.adminUrl, async (client) => {
      await client.query(`
        CREATE FUNCTION wait_for_the_test() RETURNS event_trigger LANGUAGE plpgsql AS $$
          BEGIN PERFORM pg_advisory_xact_lock_shared(${indexLock}); END $$;
        CREATE EVENT TRIGGER slow_indexes ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION wait_for_the_test();
        SELECT pg_advisory_lock(${indexLock})`)
      const syncing = mirror.sync()
      syncing.catch(() => undefined)
      const isIndexing = async (): Promise<boolean> => {
        const waiting = `SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database AND datname = current_database()
          WHERE locktype = 'advisory' AND objid = ${indexLock} AND NOT granted`
        return (await client.query(waiting)).rows.length > 0
      }
      await until('an index to be made', isIndexing)
      const waiting = [
        alter(database.adminUrl, 'ALTER TABLE hall ADD COLUMN extra INT NOT NULL DEFAULT 7'),
        alter(database.adminUrl, 'ALTER TABLE assorted ADD COLUMN extra INT NOT NULL DEFAULT 0'),
      ]
      await until('both to pass', () => waiting.every(({ done }) => done))
      // however long that takes: nothing but this test ends it
      expect(await isIndexing()).toBe(true)
      await onSource(database.adminUrl, (connection) =>
        connection.query('UPDATE hall SET extra = id LIMIT 50'),
      )
      await client.query(`SELECT pg_advisory_unlock(${indexLock})`)
      await syncing.catch(() => undefined)
      await Promise.all(waiting.map(async ({ ended }) => ended))
    })
    await mirror.sync()
    const { equal, differences } = await compareSides({ source: database.adminUrl, target: target.adminUrl })
    expect({ equal, differences }).toEqual({ equal: true, differences: [] })
  })

  it.each([
    ['it waits without a lock', false, 60_000],
    ['a snapshot that cannot let go is given up', false, 0],
    ['one that is renewed ends first', true, 0],
  ] as const)('passes while the source is too busy to be read: %s', async (_how, renews, expectedMs) => {
    const database = await open()
    await createSchool(database.url)
    let asked = 0
    const source = await openSource(database.mirrorUrl, () => (asked += 1))
    const options = { ...plainOptions, source: database.mirrorUrl, target: '' }
    const calm = new SourceGuard({ ...options, maxThreadsRunning: 1_000_000 })
    // our own question is one thread; its clock stands still
    let now = 0
    const longestWaitMs = 3_000
    const busy = new SourceGuard({ ...options, maxThreadsRunning: 0, longestWaitMs }, () => now)
    let guard = calm
    const snapshot = await openAgedSnapshot({
      source,
      expectedMs,
      trustLog: true,
      renews,
      get guard() {
        return guard
      },
    })
    atEnd(async () => snapshot.close())
    await snapshot.read('SELECT COUNT(*) FROM assorted')
    // another commit: no view that is opened from now on sees the same
    await onSource(database.adminUrl, (connection) => connection.query('DELETE FROM assorted LIMIT 1'))
    guard = busy
    asked = 0
    const waiting = alter(database.adminUrl, 'ALTER TABLE assorted ADD COLUMN extra INT NOT NULL DEFAULT 0')
    let settled = false
    const ready = snapshot.ready().finally(() => (settled = true))
    ready.catch(() => undefined)
    if (flavour === 'mariadb-binlog' && !renews && expectedMs === 0) {
      // nothing but its end would release the lock: it is given up at the first look
      await expect(ready).rejects.toMatchObject({ code: 'MIRROR_1025' })
      // nor was it waited in: a connection was opened for a view, asked which server's it is, and did not see the same
      expect(asked).toBeLessThan(16)
      await snapshot.close()
      await waiting.ended
      return
    }
    await waiting.ended
    expect(settled).toBe(false)
    // after the longest wait it is let through
    now = longestWaitMs
    await ready
    guard = calm
    expect(await snapshot.read('SELECT COUNT(*) FROM section')).toHaveLength(1)
  })

  it('negative control: behind a plain long transaction it waits until that ends', async () => {
    const database = await open()
    await createSchool(database.url)
    const source = await openSource(database.mirrorUrl)
    await source.rows('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
    await source.rows('SELECT COUNT(*) FROM assorted')
    const waiting = alter(database.adminUrl, 'ALTER TABLE assorted ADD COLUMN extra INT NOT NULL DEFAULT 0')
    await until('the ALTER to wait for us', async () =>
      onSource(database.adminUrl, async (connection) => waitsForLock(connection)),
    )
    for (let read = 0; read < 100; read += 1) await source.rows('SELECT COUNT(*) FROM section')
    expect(waiting.done).toBe(false)
    await source.rows('COMMIT')
    await waiting.ended
  })
})
