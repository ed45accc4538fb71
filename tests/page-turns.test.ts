/** That the application asks for the turns of pages (http/page-turns.ts): what the bench of a rush measures, by its order alone. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openServices } from '../apps/portal/src/services.ts'
import { servePages } from './support/pages-here.ts'
import { atEnd } from './support/scope.ts'
import { until } from './support/until.ts'

/** A page that is not made in a quarter of a second gives up its place (http/page-turns.ts). */
const heldUpMs = 200

/**
 * How many searches are under way at once, of six that are asked together; each fails, and its page says so. Undefined where
 * one took so long that the next was let in: on a machine with other work that says nothing.
 */
const mostAtOnce = async (waitedMs: number): Promise<number | undefined> => {
  // port 9 is nobody's
  const services = openServices({ database: 'mysql://nobody:none@127.0.0.1:9/none', connections: 1 })
  atEnd(() => services.close())
  let [active, most] = [0, 0]
  let [longest, since] = [0, performance.now()]
  const look = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - since)
    since = now
  }
  const search = async (): Promise<never> => {
    look()
    active += 1
    most = Math.max(most, active)
    for (let turn = 0; turn < 50; turn += 1) await nextTurn()
    active -= 1
    throw new Error('a fault of ours')
  }
  const url = await servePages({
    ...services,
    catalogue: { ...services.catalogue, search },
    registrar: { ...services.registrar, waited: () => waitedMs },
  })
  const words = ['a', 'b', 'c', 'd', 'e', 'f']
  const answers = await Promise.all(
    words.map((q) => fetch(`${url}/catalogue?q=${q}`, { headers: { accept: 'application/json' } })),
  )
  expect(answers.map(({ status }) => status)).toEqual(words.map(() => 500))
  look()
  return longest < heldUpMs ? most : undefined
}

it('makes one page at a time while a form is late, and all at once else', async () => {
  expect(await until('no page to be held up', () => mostAtOnce(1_000))).toBe(1)
  expect(await until('no page to be held up', () => mostAtOnce(0))).toBeGreaterThan(1)
})
