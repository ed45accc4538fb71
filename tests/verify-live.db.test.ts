/**
 * `verify` beside a running mirror, while both sides are written to without pause: no false alarm on rows that change
 * all the time, and an edit in the mirror is found by key and mended.
 *
 * The control is the comparison without the leader's second look: the same rows, two views that are not of one instant.
 * It must see differences, else the load proves nothing.
 */
import { expect, it } from 'vitest'
import { onTarget } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { mirror, startMirror } from './support/mirror.ts'
import { createSchool, newSeed, startLoad } from './support/registrations.ts'
import { describeSource, freshDatabase, freshTarget } from './support/servers.ts'
import { until } from './support/until.ts'

describeSource('verify beside a running mirror', (flavour) => {
  it('tells what is on its way from what is wrong', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await createSchool(database.url)
    const sides = { source: database.mirrorUrl, target: target.url }
    const running = await startMirror(sides, '--poll', '100ms', '--max-share', '0.9')
    await until('the first load', async () => (await running.ready())?.ready)
    const seed = newSeed()
    console.log(`${flavour}: TEST_SEED=${seed}`)
    const load = startLoad(database.url, { clients: 4, seed })
    await until('the load to run', () => load.committed > 100)

    const naive = async (): Promise<boolean> =>
      !(await compareSides({ source: database.adminUrl, target: target.adminUrl })).equal
    await until('two views at different instants to differ', naive)

    for (let round = 0; round < 3; round += 1) {
      const verified = await mirror(sides, 'verify')
      expect([verified.json.equal, verified.exit], JSON.stringify(verified.json)).toEqual([true, 0])
    }

    // A row that the load never makes, so that no cycle happens to put it right.
    await onTarget(target.adminUrl, (client) =>
      client.query(`INSERT INTO "${database.name}".enrolment VALUES (1, 999999999, now())`),
    )
    const tampered = await mirror(sides, 'verify')
    expect(tampered.exit).toBe(3)
    expect(tampered.json.tables['enrolment']?.differences).toEqual([
      { key: ['1', '999999999'], kind: 'extra' },
    ])

    const repaired = await mirror(sides, 'verify', '--repair')
    expect([repaired.json.equal, repaired.json.repaired, repaired.exit]).toEqual([true, 1, 0])

    await load.stop()
    await until('both sides to be equal', async () => !(await naive()))
    expect(await running.stop()).toBe(0)
  })
})
