/**
 * Memory does not grow with the table, the width of its rows or the number of changes: `mirror run` stays below 256 MiB, measured by the
 * system as the most that the process ever held, while it loads wide rows, follows hundreds of thousands of changes in one cycle, and
 * sees narrow rows become wide ones and go. The limit is enforced by
 * memory.ts and by the bound on what one answer holds: without the former it took 402 MiB, and any answer without the
 * latter may weigh what it likes.
 */
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror, mirrorCommand, startMirror } from './support/mirror.ts'
import { describeSource, freshDatabase, freshTarget } from './support/servers.ts'
import { until } from './support/until.ts'

const LIMIT_MIB = 256
const CHANGES = 60_000
const WIDE = 100

const noProc = process.platform === 'linux' ? undefined : 'the most that a process held is read from /proc'

/** MiB, since the process began */
const mostHeld = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_024)
}

describeSource(
  'the mirror’s memory',
  (flavour) => {
    it.skipIf(noProc !== undefined)(
      `stays below ${LIMIT_MIB} MiB: wide rows, many rows, many changes`,
      async () => {
        const database = await freshDatabase(flavour)
        const target = await freshTarget()
        const sides = { source: database.mirrorUrl, target: target.url }
        const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} d`).join(' UNION ALL ')
        const change = (...statements: readonly string[]) =>
          onSource(database.url, async (connection) => {
            await connection.query(
              'SET SESSION completion_type = 0, sql_select_limit = DEFAULT, autocommit = 1',
            )
            for (const sql of statements) await connection.query(sql)
          })
        await change(
          'CREATE TABLE wide (id INT PRIMARY KEY, body MEDIUMTEXT NULL) ENGINE=InnoDB CHARSET=utf8mb4',
          'CREATE TABLE many (id INT PRIMARY KEY, n INT, note VARCHAR(60)) ENGINE=InnoDB CHARSET=utf8mb4',
          // the first are narrow, so that nothing tells that the next ones are not: 100 MB
          `INSERT INTO wide SELECT a.d + 10*b.d + 100*c.d, IF(a.d + 10*b.d + 100*c.d < ${1_000 - WIDE}, 'x', REPEAT(CHAR(97 + a.d), 1000000))
             FROM (${digits}) a, (${digits}) b, (${digits}) c`,
          `INSERT INTO many SELECT * FROM (SELECT a.d + 10*b.d + 100*c.d + 1000*e.d + 10000*f.d AS id, 0 AS n, 'a note of some length'
             FROM (${digits}) a, (${digits}) b, (${digits}) c, (${digits}) e, (${digits}) f) numbers WHERE id < ${CHANGES}`,
        )
        const running = await startMirror(sides, '--poll', '50ms', '--max-share', '1', '--max-delete', '100%')
        const cycles = async () => (await mirror(sides, 'history', '--limit', '3')).json.changes
        const states = async () => Object.values((await mirror(sides, 'status')).json.tables)
        const followed = async (what: string, query: string, value: string) => {
          await until(
            what,
            async () =>
              onTarget(target.adminUrl, async (client) => {
                const { rows } = await client.query<{ v: string }>(
                  query.replaceAll('$S', `"${database.name}"`),
                )
                return rows[0]?.v === value
              }).catch(() => false),
            () => running.log().slice(-1_500),
          )
        }
        const seen: Record<string, number> = {}
        await followed(
          'the load',
          'SELECT count(*)::text AS v FROM $S.wide JOIN $S.many ON true WHERE wide.id = 5',
          String(CHANGES),
        )
        seen['load'] = await mostHeld(running.pid)

        // a comparison of the same wide rows, by a process of its own, which tells at its end
        const tell = "process.on('exit',()=>console.error('most held',process.resourceUsage().maxRSS))"
        const verify = await mirrorCommand(['verify', '--tables', 'wide'], {
          MIRROR_SOURCE: sides.source,
          MIRROR_TARGET: sides.target,
          NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}`,
        })
        expect(verify.exit, verify.out + verify.err).toBe(0)
        seen['verify'] = Math.round(Number(/most held (\d+)/.exec(verify.err)?.[1]) / 1_024)

        await change('UPDATE many SET n = n + 1')
        await followed('as many changes', 'SELECT sum(n)::text AS v FROM $S.many', String(CHANGES))
        seen['changes'] = await mostHeld(running.pid)
        expect((await cycles())[0]).toMatchObject({ table: 'many', op: 'update' })

        // all in one segment, which grows fifty times
        await change(`INSERT INTO many SELECT id + ${CHANGES}, 7, note FROM many`)
        await followed('a segment that grows', 'SELECT count(*)::text AS v FROM $S.many', String(2 * CHANGES))
        seen['growth'] = await mostHeld(running.pid)

        await change("UPDATE wide SET body = 'narrow'")
        await followed(
          'wide rows that become narrow',
          "SELECT count(*)::text AS v FROM $S.wide WHERE body = 'narrow'",
          '1000',
        )
        seen['narrower'] = await mostHeld(running.pid)

        console.log(`${flavour}: most held, MiB: ${JSON.stringify(seen)}`)
        for (const held of Object.values(seen)) {
          // less is no process that runs: it was not read
          expect(held).toBeGreaterThan(20)
          expect(held).toBeLessThan(LIMIT_MIB)
        }
        expect((await states()).map(({ state }) => state)).toEqual(['live', 'live'])
        await running.stop()
        expect(await compareSides({ source: database.adminUrl, target: target.adminUrl })).toMatchObject({
          equal: true,
        })
      },
    )
  },
  // what is held is the same whatever server sent it
  ['mariadb'],
)
