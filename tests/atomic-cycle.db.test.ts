/**
 * One cycle, one snapshot, one commit. On the source each section's counter equals its rows of enrolment after every
 * transaction. Clients change both, hundreds of times a second; a reader asks PostgreSQL all the time whether it ever
 * sees them apart. The negative control copies correctly from one snapshot too, but commits once a table: the same
 * reader must catch it.
 */
import { expect, it } from 'vitest'
import { onSource, onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { startMirror } from './support/mirror.ts'
import { createSchool, newSeed, startLoad } from './support/registrations.ts'
import { describeSource, freshDatabase, freshTarget } from './support/servers.ts'
import { until } from './support/until.ts'

interface Observations {
  /** looks at the mirror */
  readonly looks: number
  /** looks at which some counter did not equal its rows */
  readonly broken: number
  /** different states that were seen */
  readonly states: number
}

/** Looks without pause until stopped. Each look is one statement, so one view of PostgreSQL. */
function startReader(url: string, schema: string): { seen(): Observations; stop(): Promise<Observations> } {
  const ending = new AbortController()
  const states = new Set<string>()
  let looks = 0
  let broken = 0
  const look = `SELECT count(*) FILTER (WHERE s.enrolled <> coalesce(e.n, 0)) AS broken,
      sum(s.enrolled) || '/' || sum(coalesce(e.n, 0)) || '/' || coalesce(max(e.latest)::text, '') AS state
    FROM "${schema}".section s LEFT JOIN
      (SELECT section_id, count(*) AS n, max(at) AS latest FROM "${schema}".enrolment GROUP BY 1) e ON e.section_id = s.id`
  const done = onTarget(url, async (client) => {
    while (!ending.signal.aborted) {
      const { rows } = await client.query<{ broken: string; state: string }>(look)
      looks += 1
      if (Number(rows[0]?.broken) > 0) broken += 1
      states.add(rows[0]?.state ?? '')
    }
  })
  const seen = (): Observations => ({ looks, broken, states: states.size })
  return {
    seen,
    async stop() {
      ending.abort()
      await done
      return seen()
    },
  }
}

describeSource('a reader of PostgreSQL', (flavour) => {
  it('never sees half a cycle', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await createSchool(database.url)
    const sides = { source: database.mirrorUrl, target: target.url }
    const running = await startMirror(sides, '--poll', '20ms', '--max-share', '1')
    await until('the first load', async () => (await running.ready())?.ready)
    const seed = newSeed()
    console.log(`${flavour}: TEST_SEED=${seed}`)
    const started = performance.now()
    const load = startLoad(database.url, { clients: 8, seed })
    const reader = startReader(target.adminUrl, database.name)
    await until(
      'enough transactions and states',
      () => load.committed > 1_000 && reader.seen().states > 25,
      () =>
        `${load.committed} transactions, ${JSON.stringify(reader.seen())}\n${running.log().slice(-2_000)}`,
    )
    const perSecond = Math.round((1_000 * load.committed) / (performance.now() - started))
    await load.stop()
    const compare = () => compareSides({ source: database.adminUrl, target: target.adminUrl })
    await until('both sides to be equal', async () => (await compare()).equal)
    const seen = await reader.stop()
    console.log(`${flavour}: ${perSecond} transactions/s, ${JSON.stringify(seen)}`)
    expect(seen.broken).toBe(0)
    expect(await running.stop()).toBe(0)
  })

  // the reader and what it reads are PostgreSQL's: on one source it is shown that it sees
  const ofOneFlavour = flavour === 'mariadb' ? it : undefined
  ofOneFlavour?.('does see it when each table has its own commit (negative control)', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await createSchool(database.url)
    await onTarget(target.adminUrl, (client) =>
      client.query(`CREATE SCHEMA "${database.name}"; CREATE TABLE "${database.name}".section (id int PRIMARY KEY, enrolled int, note text);
        CREATE TABLE "${database.name}".enrolment (section_id int, student_id bigint, at timestamp(6), PRIMARY KEY (section_id, student_id))`),
    )
    const load = startLoad(database.url, { clients: 8, seed: newSeed() })
    const reader = startReader(target.adminUrl, database.name)
    await onSource(database.adminUrl, async (source) => {
      await source.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ')
      await onTarget(target.adminUrl, async (client) => {
        await until('the reader to catch it', async () => {
          await source.query('START TRANSACTION WITH CONSISTENT SNAPSHOT')
          const [sections] = await source.query('SELECT id, enrolled, note FROM section')
          const [enrolments] = await source.query(
            'SELECT section_id, student_id, CAST(at AS CHAR) AS at FROM enrolment',
          )
          await source.query('COMMIT')
          for (const [table, rows] of [
            ['section', sections],
            ['enrolment', enrolments],
          ] as const) {
            await client.query('BEGIN')
            await client.query(`DELETE FROM "${database.name}".${table}`)
            await client.query(
              `INSERT INTO "${database.name}".${table} SELECT * FROM json_populate_recordset(NULL::"${database.name}".${table}, $1)`,
              [JSON.stringify(rows)],
            )
            await client.query('COMMIT')
          }
          return reader.seen().broken > 0
        })
      })
    })
    await load.stop()
    expect((await reader.stop()).broken).toBeGreaterThan(0)
  })
})
