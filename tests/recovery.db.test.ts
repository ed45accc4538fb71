/**
 * Recovery without help: the mirror may start before either database, and a server may freeze instead of dying. And the mirror
 * holds nobody up: an ALTER on the source waits for one statement of ours at most.
 */
import { expect, it } from 'vitest'
import { onSource } from '../packages/devstack/src/index.ts'
import { compareSides } from './support/compare.ts'
import { startMirror } from './support/mirror.ts'
import { createSchool, startLoad } from './support/registrations.ts'
import {
  describeEachServer,
  describeSource,
  freshDatabase,
  freshTarget,
  makeDatabase,
  makeTarget,
  privateSource,
  privateTarget,
} from './support/servers.ts'
import { until } from './support/until.ts'

describeEachServer('the mirror recovers by itself', (flavour) => {
  it('started before either database, and when a server freezes', async () => {
    const sourceServer = await privateSource(flavour, { hostile: true })
    const targetServer = await privateTarget({ hostile: true })
    const database = await makeDatabase(sourceServer.adminUrl, 'school')
    const target = await makeTarget(targetServer.adminUrl, 'standby')
    await createSchool(database.url)
    await Promise.all([sourceServer.stop(), targetServer.stop()])

    const sides = { source: database.mirrorUrl, target: target.url }
    const running = await startMirror(sides, '--poll', '50ms', '--statement-limit', '1s')
    await until('it to wait for the target', () => running.log().includes('waiting for the target'))
    expect((await running.ready())?.reasons.join()).toContain('waiting for the target')
    await targetServer.restart()
    await until('it to wait for the source', () => running.log().includes('waiting for the source'))
    // the log says what, why, how often and when again
    expect(running.log()).toMatch(
      /waiting for the source: The source server cannot be reached\. .* \(MIRROR_1001, attempt \d+, again in \d+\.\d s\)/,
    )
    await sourceServer.restart()
    await until('the first load', async () => (await running.ready())?.ready)
    const compare = () => compareSides({ source: database.adminUrl, target: target.adminUrl })
    await until('both sides to be equal', async () => (await compare()).equal)

    // a frozen source keeps its connections open and answers nothing: only a deadline helps
    const before = running.log().length
    const since = (): string => running.log().slice(before)
    sourceServer.suspend()
    await until('the deadline to strike', () =>
      /waiting for the source: .*(deadline|no answer)/.test(since()),
    )
    expect((await running.ready())?.ready).toBe(false)
    sourceServer.resume()
    // back, it is read at once: it has not worked meanwhile, so that there is nothing to rest from
    expect(since()).not.toMatch(/again in \d\d/)
    await onSource(database.adminUrl, (connection) =>
      connection.query('UPDATE section SET enrolled = 3 WHERE id = 3'),
    )
    await until('the change to arrive', async () => (await compare()).equal)
    await until('readiness to return', async () => (await running.ready())?.ready)

    // a frozen target must not freeze the pages
    targetServer.suspend()
    const page = await until('the page to tell', async () => {
      const text = await (await fetch(running.url)).text()
      return text.includes('The standby does not answer') ? text : null
    })
    expect(page).toContain('last known: equal to the source as of')
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200)
    targetServer.resume()
    await until(
      'the page to recover',
      async () => !(await (await fetch(running.url)).text()).includes('does not answer'),
    )
    expect(await running.stop()).toBe(0)
  })
})

describeSource('the mirror holds nobody up', (flavour) => {
  it('an ALTER passes while the mirror scans without rest, and its result is followed', async () => {
    const database = await freshDatabase(flavour)
    const target = await freshTarget()
    await createSchool(database.url)
    const sides = { source: database.mirrorUrl, target: target.url }
    const running = await startMirror(sides, '--poll', '1ms', '--max-share', '1')
    await until('the first load', async () => (await running.ready())?.ready)
    const load = startLoad(database.url, { clients: 2, seed: 1, pauseMs: 10 })
    const alterMs: number[] = []
    await onSource(database.adminUrl, async (connection) => {
      await connection.query('SET SESSION lock_wait_timeout = 10')
      for (let round = 0; round < 5; round++) {
        const started = performance.now()
        await connection.query(`ALTER TABLE assorted ADD COLUMN extra${round} INT NOT NULL DEFAULT ${round}`)
        alterMs.push(Math.round(performance.now() - started))
      }
    })
    console.log(`${flavour}: ALTER took ${alterMs.join(', ')} ms`)
    await load.stop()
    const compare = () => compareSides({ source: database.adminUrl, target: target.adminUrl })
    await until(
      'the new columns to arrive',
      async () => (await compare()).equal,
      () => running.log().slice(-2_000),
    )
    expect(Math.max(...alterMs)).toBeLessThan(5_000)
    expect(running.running).toBe(true)
    expect(await running.stop()).toBe(0)
  })
})
