/** That the application asks for the turns of pages (http/page-turns.ts): what the bench of a rush measures, by its order alone. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openServices } from '../apps/portal/src/services.ts'
import { servePages } from './support/pages-here.ts'
import { atEnd } from './support/scope.ts'

/** How many searches are under way at once, of six that are asked together; each fails, and its page says so. */
const mostAtOnce = async (waitedMs: number): Promise<number> => {
  // port 9 is nobody's
  const services = openServices({ database: 'mysql://nobody:none@127.0.0.1:9/none', connections: 1 })
  atEnd(() => services.close())
  let [active, most] = [0, 0]
  const search = async (): Promise<never> => {
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
  return most
}

it('makes one page at a time while a form is late, and all at once else', async () => {
  expect(await mostAtOnce(1_000)).toBe(1)
  expect(await mostAtOnce(0)).toBeGreaterThan(1)
})
