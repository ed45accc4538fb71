/**
 * A source's own log has nothing of a mirror that reads it. While nobody writes, a poll asks the source one statement or two, none of them on a table, and the target one; and yet what is written then
 * is found by the next.
 *
 * Negative controls: a counter of rows misses a late commit; a deep cycle's statements on tables are counted.
 */
import { expect, it, vi } from 'vitest'
import { countAsked } from '../bench/support/server-counts.ts'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { PostgresConnection } from '../packages/mirror/src/postgres.ts'
import { SourceConnection } from '../packages/mirror/src/source/connection.ts'
import { peekToken } from '../packages/mirror/src/source/peek.ts'
import { sameToken } from '../packages/mirror/src/source/token.ts'
import { createTables, follow, run, stale } from './support/follower.ts'
import { mirror } from './support/mirror.ts'
import { atEnd, describeSource, freshTarget, makeDatabase, privateSource } from './support/servers.ts'
import { until } from './support/until.ts'

// Where no log vouches, the redo log does; neither is written while nothing happens, so that each server is one's own.
describeSource('an idle source', (flavour) => {
  for (const { log, settings } of flavour === 'mysql'
    ? [
        { log: true, settings: [] },
        { log: false, settings: ['--skip-log-bin'] },
      ]
    : [{ log: flavour === 'mariadb-binlog', settings: [] }])
    it.concurrent(`${log ? 'with' : 'without'} a log: a statement a poll and none on a table; a late commit is found, which a counter of rows misses`, async () => {
      const server = await privateSource(flavour, { settings })
      const database = await makeDatabase(server.adminUrl, 'school')
      const target = await freshTarget()
      const names = Array.from({ length: 12 }, (_, index) => `idle_${index}`)
      await createTables(database.adminUrl, names)
      const follower = await follow({ source: database.mirrorUrl, target: target.url }, ['token'])
      const rests = async (): Promise<boolean> =>
        Object.values(await follower.cycle()).every((how) => how === 'token')
      // neither a load nor a look at every row leaves a trace in the source's own log
      const logged = async (): Promise<unknown> =>
        onSource(server.adminUrl, async (connection) => {
          const name = flavour === 'mysql' ? 'gtid_executed' : 'gtid_binlog_pos'
          const [rows] = await connection.query(`SELECT @@GLOBAL.${name} AS position`)
          return (rows as { position: string }[])[0]?.position
        })
      const position = await logged()
      expect(Object.values(await follower.cycle())).toEqual(names.map(() => 'load'))
      expect(Object.values(await follower.deepCycle())).toEqual(names.map(() => 'digest'))
      expect(await logged()).toBe(position)
      // negative control: what is written does
      await run(database.adminUrl, 'UPDATE idle_0 SET seats = 2 WHERE id = 1')
      if (log) expect(await logged()).not.toBe(position)
      const changedRows = async (): Promise<unknown> =>
        onSource(server.adminUrl, async (connection) => {
          const [rows] = await connection.query("SHOW GLOBAL STATUS LIKE 'Innodb_rows_updated'")
          return (rows as { Value: string }[])[0]?.Value
        })

      await onSource(database.adminUrl, async (slow) => {
        await slow.query('BEGIN')
        await slow.query('UPDATE idle_5 SET seats = 5 WHERE id = 5')
        await until('the source to stand still', rests)
        const user = decodeURIComponent(new URL(database.mirrorUrl).username)
        // InnoDB's own threads write its log now and then, for minutes after a load
        const statements = await until('a poll that rests', async () => {
          let rested = false
          const asked = await countAsked(server.adminUrl, user, async () => {
            rested = await rests()
          })
          return rested ? asked.statements : undefined
        })
        expect(statements, statements.join('\n')).toHaveLength(flavour === 'mysql' && !log ? 2 : 1)
        expect(statements.filter((said) => said.includes('idle_'))).toEqual([])
        // negative control: what is counted finds what is asked of tables
        const { statements: all } = await countAsked(server.adminUrl, user, async () => follower.deepCycle())
        expect(all.filter((said) => said.includes('idle_')).length).toBeGreaterThanOrEqual(names.length)
        await until('the source to stand still', rests)

        const before = await changedRows()
        await slow.query('COMMIT')
        expect(await changedRows()).toBe(before)
      })
      expect((await follower.cycle())['idle_5']).toBe('digest')
      expect(await stale(database, target)).toEqual([])

      if (flavour === 'mariadb') {
        // MariaDB makes tables of other engines without InnoDB: its redo log may stand still, and yet something came
        const reader = await SourceConnection.open({ url: database.mirrorUrl, statementLimitMs: 10_000 })
        atEnd(async () => reader.close())
        const look = async () => {
          const { token } = await peekToken(reader)
          return { token, position: token?.split(':')[2] }
        }
        let made = 0
        await until('a table that was made while the redo log stood still', async () => {
          const earlier = await look()
          await run(database.adminUrl, `CREATE TABLE plain_${(made += 1)} (id INT PRIMARY KEY) ENGINE=MyISAM`)
          const later = await look()
          if (later.position !== earlier.position) return false
          expect(sameToken(earlier.token, earlier.token)).toBe(true)
          expect(sameToken(earlier.token, later.token)).toBe(false)
          return true
        })
        expect((await follower.cycle())[`plain_${made}`]).toBe('load')
        // of which the redo log says nothing: there is no resting on its word any more
        await run(database.adminUrl, `INSERT INTO plain_${made} VALUES (1)`)
        expect((await follower.cycle())[`plain_${made}`]).toBe('digest')
        expect(await stale(database, target)).toEqual([])
      }
      if (flavour !== 'mysql' || log) return
      // with fewer tables kept open than are read, reading alone would move it: that is told before
      const told = async (): Promise<readonly string[]> =>
        (await mirror({ source: database.mirrorUrl, target: target.url }, 'check')).json.problems.map(
          ({ code }) => code,
        )
      expect(await told()).not.toContain('MIRROR_1027')
      await run(server.adminUrl, 'SET GLOBAL table_open_cache = 11 * @@GLOBAL.table_open_cache_instances')
      expect(await told()).toContain('MIRROR_1027')
      await run(server.adminUrl, 'SET GLOBAL table_open_cache = 4000')
      await until('the source to stand still again', rests)
      await run(server.adminUrl, 'ALTER INSTANCE DISABLE INNODB REDO_LOG')
      await run(database.adminUrl, 'UPDATE idle_5 SET seats = 6 WHERE id = 6')
      expect((await follower.cycle())['idle_5']).toBe('digest')
      await run(server.adminUrl, 'ALTER INSTANCE ENABLE INNODB REDO_LOG')
      expect(await stale(database, target)).toEqual([])
    })
})

// Which server the source is does not matter to what is asked of the target.
describeSource(
  'the target of an idle source',
  (flavour) => {
    it('is asked one statement a poll; what somebody else does to the record counts at once', async () => {
      const server = await privateSource(flavour)
      const database = await makeDatabase(server.adminUrl, 'school')
      const target = await freshTarget()
      await createTables(database.adminUrl, ['idle'])
      const follower = await follow({ source: database.mirrorUrl, target: target.url }, ['token'])
      const rests = async (): Promise<boolean> => (await follower.cycle())['idle'] === 'token'
      await until('the source to stand still', rests)
      const onRecord = async (sql: string): Promise<unknown> =>
        onTarget(target.adminUrl, async (client) => client.query(sql))
      const asked = vi.spyOn(PostgresConnection.prototype, 'rows')
      atEnd(async () => asked.mockRestore())
      expect(await rests()).toBe(true)
      // a leader's sign of life, every three seconds, is no part of a poll
      const noted = asked.mock.calls.map(([sql]) => sql).filter((sql) => sql !== 'SELECT 1')
      expect(noted, noted.join('\n')).toHaveLength(1)

      await onRecord(
        'INSERT INTO mirror.control (source_id, paused) SELECT source_id, true FROM mirror.source',
      )
      await expect(follower.cycle()).rejects.toMatchObject({ code: 'MIRROR_4003' })
      await onRecord('UPDATE mirror.control SET paused = false')
      expect(await rests()).toBe(true)
      // as a repair asks for
      await onRecord('UPDATE mirror.source SET token = NULL, revision = revision + 1')
      expect(await rests()).toBe(false)
      expect(await rests()).toBe(true)
      await onRecord('UPDATE mirror.source SET epoch = epoch + 1')
      await expect(follower.cycle()).rejects.toMatchObject({ code: 'MIRROR_4002' })
    })
  },
  ['mysql'],
)
