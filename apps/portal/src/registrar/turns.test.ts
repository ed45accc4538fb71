import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

/** Work that ends when it is told to. */
const works = (turns: ReturnType<typeof createTurns>) => {
  const begun: number[] = []
  const ends = new Map<number, () => void>()
  const run = (number: number, patienceMs = 60_000, ahead = false) =>
    turns.run(
      patienceMs,
      () => {
        begun.push(number)
        return new Promise<void>((resolve) => ends.set(number, resolve))
      },
      ahead,
    )
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  const end = async (number: number) => {
    ends.get(number)?.()
    await settled()
  }
  return { begun, run, end, settled }
}

it('lets in who came first, several together where as many wait, and nobody past them', async () => {
  const { begun, run, end, settled } = works(createTurns(4, 2))
  const all = [1, 2, 3, 4, 5, 6, 7].map((number) => run(number))
  await settled()
  expect(begun).toEqual([1, 2, 3, 4])
  await end(2)
  expect(begun).toHaveLength(4)
  // a place is free, but others wait for it: who comes now waits behind them
  all.push(run(8))
  await settled()
  expect(begun).toHaveLength(4)
  await end(1)
  expect(begun).toEqual([1, 2, 3, 4, 5, 6])
  await end(3)
  await end(4)
  expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  for (const number of [5, 6, 7, 8]) await end(number)
  // of one alone nobody has to wait for a second
  const last = run(9)
  await settled()
  expect(begun).toHaveLength(9)
  await end(9)
  await Promise.all([...all, last])
})

it('lets in first who had a turn before, without waiting for a group', async () => {
  const { begun, run, end, settled } = works(createTurns(2, 2))
  const all = [run(1), run(2), run(3), run(4), run(5, 60_000, true)]
  await settled()
  await end(1)
  expect(begun).toEqual([1, 2, 5])
  await end(5)
  await end(2)
  expect(begun).toEqual([1, 2, 5, 3, 4])
  for (const number of [3, 4]) await end(number)
  await Promise.all(all)
})

it('tells who has waited too long, and does not begin the work then', async () => {
  const { begun, run, end } = works(createTurns(1))
  const first = run(1)
  await expect(run(2, 5)).rejects.toMatchObject({ code: 'busy' })
  await end(1)
  await first
  expect(begun).toEqual([1])
})
