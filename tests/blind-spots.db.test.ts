/**
 * What the layers cannot see, performed on real servers: each change is found at once where the documents say so, and by the deep
 * scan at the latest. The hints are asked whatever the size here; by default they are not on tables as small as these.
 *
 * They mostly wait for hints to settle, five seconds each time, and so do it side by side.
 *
 * Negative controls: a hint that is trusted before it has settled misses a change; so does gtid_binlog_pos as a token.
 */
import { expect, it } from 'vitest'
import { countAsked } from '../bench/support/server-counts.ts'
import { onSource } from '../packages/devstack/src/index.ts'
import { standsStill } from '../packages/mirror/src/detect/hints.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { peekToken } from '../packages/mirror/src/source/peek.ts'
import { openSnapshot } from '../packages/mirror/src/source/snapshot.ts'
import { readHints } from '../packages/mirror/src/source/hints.ts'
import { sameToken } from '../packages/mirror/src/source/token.ts'
import type { How } from '../packages/mirror/src/types.ts'
import { createTables, follow, run, stale } from './support/follower.ts'
import {
  atEnd,
  describeSource,
  type FreshDatabase,
  freshDatabase,
  freshTarget,
  makeDatabase,
  privateSource,
} from './support/servers.ts'
import { until } from './support/until.ts'

/** The server's last word on these tables is some seconds old. */
const settled = async (database: FreshDatabase, names: readonly string[]): Promise<void> => {
  const connection = await SourceConnection.open({ url: database.mirrorUrl, statementLimitMs: 10_000 })
  try {
    await until('the hints to settle', async () => {
      const hints = await readHints(connection)
      return names.every((name) => hints.get(name)?.settled === true)
    })
  } finally {
    await connection.close()
  }
}

describeSource('blind spots of the table hint', (flavour) => {
  it.concurrent('every change is found, at once or by the deep scan', async () => {
    // beside a partitioned table an ALTER of anybody's on the server throws a cycle away, and what it knew of the hints
    const server = await privateSource(flavour)
    const database = await makeDatabase(server.adminUrl, 'school')
    const target = await freshTarget()
    const plain = ['updated', 'emptied', 'unlogged', 'cascaded_child', 'still']
    await createTables(database.adminUrl, [...plain, 'cascaded'])
    await createTables(
      database.adminUrl,
      ['parted'],
      'PARTITION BY RANGE (id) (PARTITION low VALUES LESS THAN (26), PARTITION high VALUES LESS THAN MAXVALUE)',
    )
    await run(
      database.adminUrl,
      'ALTER TABLE cascaded_child ADD FOREIGN KEY (id) REFERENCES cascaded (id) ON DELETE CASCADE',
      'UPDATE cascaded_child SET seats = 2',
    )
    await settled(database, plain)
    const follower = await follow({ source: database.mirrorUrl, target: target.url }, ['hint'])
    await follower.cycle()
    await follower.cycle()
    const idle = await follower.cycle()
    for (const name of plain) expect([name, idle[name]]).toEqual([name, 'hint'])
    // of partitioned tables the server says nothing that can be trusted
    expect(idle['parted']).toBe('digest')

    await run(
      database.adminUrl,
      'UPDATE updated SET seats = 7 WHERE id = 7',
      'TRUNCATE TABLE emptied',
      'DELETE FROM cascaded WHERE id = 3',
      'ALTER TABLE parted TRUNCATE PARTITION low',
      'SET SESSION sql_log_bin = 0',
      'UPDATE unlogged SET seats = 9 WHERE id = 9',
    )
    const found = await follower.cycle()
    expect(found['still']).toBe('hint')
    expect(await stale(database, target)).toEqual([])
  })

  it.concurrent('a transaction that commits long after its statement', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await createTables(database.adminUrl, ['late'])
    const follower = await follow({ source: database.mirrorUrl, target: target.url }, ['hint'])
    await follower.cycle()
    await onSource(database.adminUrl, async (slow) => {
      await slow.query('BEGIN')
      await slow.query('UPDATE late SET seats = 5 WHERE id = 5')
      await run(database.adminUrl, 'UPDATE late SET seats = 6 WHERE id = 6')
      await settled(database, ['late'])
      await follower.cycle()
      expect((await follower.cycle())['late']).toBe('hint')
      await slow.query('COMMIT')
    })
    await follower.cycle()
    // MySQL tells the time of the commit. MariaDB tells the time of the statement: where another change fell into the same
    // second, nothing moves, and only the deep scan finds it.
    if (flavour === 'mysql') expect(await stale(database, target)).toEqual([])
    expect((await follower.deepCycle())['late']).toBe('deep')
    expect(await stale(database, target)).toEqual([])
  })

  it.concurrent('after a restart of the server nothing is trusted', async () => {
    const server = await privateSource(flavour, { hostile: true })
    const database = await makeDatabase(server.adminUrl, 'school')
    const target = await freshTarget()
    await createTables(database.adminUrl, ['kept'])
    await settled(database, ['kept'])
    const follower = await follow({ source: database.mirrorUrl, target: target.url }, ['hint'])
    await follower.cycle()
    await follower.cycle()
    expect((await follower.cycle())['kept']).toBe('hint')
    // one question about all tables, and nothing of them
    const user = decodeURIComponent(new URL(database.mirrorUrl).username)
    const { statements } = await countAsked(server.adminUrl, user, async () => follower.cycle())
    expect(statements, statements.join('\n')).toHaveLength(1)
    expect(statements[0]).not.toContain('kept')
    await run(database.adminUrl, 'UPDATE kept SET seats = 4 WHERE id = 4')
    await server.restart()
    // the first cycle meets the old connection
    await follower.cycle().catch(() => undefined)
    expect((await follower.cycle())['kept']).toBe('digest')
    expect(await stale(database, target)).toEqual([])
  })

  it('negative control: before it has settled a hint misses a change', async () => {
    const database = await freshDatabase(flavour)
    await createTables(database.adminUrl, ['busy'])
    const connection = await SourceConnection.open({ url: database.mirrorUrl, statementLimitMs: 10_000 })
    atEnd(async () => connection.close())
    const hint = async () => (await readHints(connection)).get('busy')
    await until('two changes within one second', async () => {
      await run(database.adminUrl, 'UPDATE busy SET seats = seats + 1 WHERE id = 1')
      const first = await hint()
      await run(database.adminUrl, 'UPDATE busy SET seats = seats + 1 WHERE id = 2')
      const second = await hint()
      if (first === undefined || first.updatedAt !== second?.updatedAt || first.rows !== second.rows)
        return false
      expect(standsStill({ ...first, settled: true }, second)).toBe(true)
      expect(standsStill(first, second)).toBe(false)
      return true
    })
  })
})

describeSource(
  'blind spots of the token',
  (flavour) => {
    it('a write that passes the log by is found by the deep scan, and then the log is trusted no more', async () => {
      const database = await freshDatabase(flavour)
      const target = await freshTarget()
      await createTables(database.adminUrl, ['unlogged'])
      const follower = await follow({ source: database.mirrorUrl, target: target.url }, ['token'])
      await follower.cycle()
      const reader = await SourceConnection.open({ url: database.mirrorUrl, statementLimitMs: 10_000 })
      atEnd(async () => reader.close())
      // other tests write to the shared server: only between two looks at the same token nobody has
      const lookWhileStill = async (): Promise<How | undefined> => {
        await follower.cycle()
        const { token } = await peekToken(reader)
        const look = (await follower.cycle())['unlogged']
        return sameToken(token, (await peekToken(reader)).token) ? look : undefined
      }
      expect(await until('the log to stand still', lookWhileStill)).toBe('token')
      let seats = 9
      await until('a deep scan that finds what the log did not tell of', async () => {
        await run(
          database.adminUrl,
          'SET SESSION sql_log_bin = 0',
          `UPDATE unlogged SET seats = ${(seats += 1)} WHERE id = 9`,
        )
        // only a token that stood still can miss anything
        if ((await follower.cycle())['unlogged'] !== 'token') return false
        expect(await stale(database, target)).toEqual(['unlogged'])
        await follower.deepCycle()
        expect(await stale(database, target)).toEqual([])
        return (await until('the log to stand still again', lookWhileStill)) !== 'token'
      })
      expect(await until('the log to stand still once more', lookWhileStill)).toBe('digest')
    })
  },
  // without the binary log there is no token
  ['mariadb-binlog', 'mysql'],
)

// MariaDB announces it before the rows are visible, and the view's own position with them (facts: did anything change). Waiting for a
// replica that never comes holds a commit between the two.
describeSource(
  'a commit that is announced and not visible yet',
  (flavour) => {
    it('is found; negative control: gtid_binlog_pos as a token misses it', async () => {
      const server = await privateSource(flavour)
      const database = await makeDatabase(server.adminUrl, 'school')
      const target = await freshTarget()
      await createTables(database.adminUrl, ['announced'])
      const follower = await follow({ source: database.mirrorUrl, target: target.url }, ['token'])
      await follower.cycle()
      expect((await follower.cycle())['announced']).toBe('token')
      const reader = await SourceConnection.open({ url: database.mirrorUrl, statementLimitMs: 10_000 })
      atEnd(async () => reader.close())
      const one = async (sql: string): Promise<string> => String((await reader.rows(sql))[0]?.[0])
      const look = async () => {
        const wrongToken = await one('SELECT @@GLOBAL.gtid_binlog_pos')
        const { token } = await peekToken(reader)
        return { wrongToken, token, seats: await one('SELECT SUM(seats) FROM announced') }
      }
      const before = await look()
      await run(
        server.adminUrl,
        "SET GLOBAL rpl_semi_sync_master_wait_point = 'AFTER_SYNC'",
        'SET GLOBAL rpl_semi_sync_master_wait_no_slave = ON',
        'SET GLOBAL rpl_semi_sync_master_timeout = 60000',
        'SET GLOBAL rpl_semi_sync_master_enabled = ON',
      )
      const commit = run(database.adminUrl, 'UPDATE announced SET seats = 7 WHERE id = 7')
      await until('the commit to be announced', async () => (await look()).wrongToken !== before.wrongToken)
      const announced = await look()
      await follower.cycle()
      await run(server.adminUrl, 'SET GLOBAL rpl_semi_sync_master_enabled = OFF')
      await commit
      const visible = await look()
      expect([before.seats, announced.seats, visible.seats]).toEqual(['50', '50', '56'])
      // whoever polled in between by this one would not look again
      expect(visible.wrongToken).toBe(announced.wrongToken)
      expect(visible.token).not.toBe(announced.token)
      // what a view saw that was open on this connection is over with it
      await reader.rows('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY')
      await run(database.adminUrl, 'UPDATE announced SET seats = 8 WHERE id = 7')
      const withView = (await peekToken(reader)).token
      await reader.rows('COMMIT')
      const positionOf = (token: string | undefined) => token?.split(':')[4]
      expect(positionOf(withView)).toBe(positionOf(visible.token))
      expect(positionOf((await peekToken(reader)).token)).not.toBe(positionOf(visible.token))
      expect((await follower.cycle())['announced']).toBe('digest')
      expect(await stale(database, target)).toEqual([])

      // Rows of an XA transaction become visible behind their position: beside one, it proves nothing, nor that two views see the same.
      const ofView = async () => {
        const snapshot = await openSnapshot(reader, 5_000)
        await snapshot.close()
        return snapshot.token
      }
      const isOfNow = async () => sameToken(await ofView(), (await peekToken(reader)).token)
      expect(await isOfNow()).toBe(true)
      expect((await follower.cycle())['announced']).toBe('token')
      await run(
        database.adminUrl,
        "XA START 'x'",
        'UPDATE announced SET seats = 9 WHERE id = 7',
        "XA END 'x'",
        "XA PREPARE 'x'",
        "XA COMMIT 'x'",
      )
      const noticed = performance.now()
      expect(await ofView()).toBeUndefined()
      // for five seconds from when it was noticed
      for (let look = 0; look < 2; look += 1) {
        const { announced: how } = await follower.cycle()
        if (performance.now() - noticed < 5_000) expect(how).toBe('digest')
      }
      expect(await stale(database, target)).toEqual([])
      // and is believed again when none has been committed for a while
      await until('the token', async () => (await follower.cycle())['announced'] === 'token')
      expect(await isOfNow()).toBe(true)
    })
  },
  ['mariadb-binlog'],
)

describeSource(
  'a log that begins anew and comes as far as it was',
  (flavour) => {
    it('is known for another; negative control: by all that the log itself says it is the same', async () => {
      const server = await privateSource(flavour)
      const database = await makeDatabase(server.adminUrl, 'school')
      const target = await freshTarget()
      await createTables(database.adminUrl, ['nightly'])
      const isMysql = flavour === 'mysql'
      const reset = isMysql ? 'RESET BINARY LOGS AND GTIDS' : 'RESET MASTER'
      const written = async (seats: number, between?: () => Promise<unknown>): Promise<string> => {
        await run(server.adminUrl, reset)
        await between?.()
        for (const id of [1, 2, 3])
          await run(database.adminUrl, `UPDATE nightly SET seats = ${seats} WHERE id = ${id}`)
        return onSource(server.adminUrl, async (connection) =>
          JSON.stringify(
            await connection.query(
              isMysql
                ? 'SELECT @@GLOBAL.gtid_executed'
                : "SELECT VARIABLE_VALUE, @@GLOBAL.gtid_binlog_pos FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME LIKE 'Binlog_snapshot%'",
            ),
          ),
        )
      }
      const rests = async (): Promise<How | undefined> => {
        await follower.cycle()
        return (await follower.cycle())['nightly']
      }
      const uptime = async (): Promise<number> =>
        onSource(server.adminUrl, async (connection) => {
          const [rows] = await connection.query({
            sql: "SHOW GLOBAL STATUS LIKE 'Uptime'",
            rowsAsArray: true,
          })
          return Number((rows as unknown as string[][])[0]?.[1])
        })
      let last = await written(2)
      const follower = await follow({ source: database.mirrorUrl, target: target.url }, ['token'])
      expect(await rests()).toBe('token')
      const same = await written(3)
      expect(same).toBe(last)
      expect((await follower.cycle())['nightly']).toBe('digest')
      expect(await stale(database, target)).toEqual([])
      // the same beside a restart, which counts from the beginning; how that is told is one for both (token.test.ts)
      for (const seats of isMysql ? [] : [4, 5]) {
        // whole seconds are counted: by two starts within three of them nothing could be told
        await until('the server to be older than that', async () => (await uptime()) > 3)
        const again = await written(seats, async () => server.restart())
        if (seats === 5) expect(again).toBe(last)
        last = again
        // the first cycle may meet the old connection
        if ((await follower.cycle().catch(() => undefined)) === undefined) await follower.cycle()
        expect(await stale(database, target)).toEqual([])
        expect(await rests()).toBe('token')
      }
    })
  },
  // MariaDB without its log has none that could begin anew
  ['mariadb-binlog', 'mysql'],
)
