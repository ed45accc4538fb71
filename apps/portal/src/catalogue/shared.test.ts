import { expect, it } from 'vitest'
import { createShared } from './shared.ts'

/** Reads that end when they are told to. */
const readings = () => {
  const ends: ((value: number) => void)[] = []
  let begun = 0
  return {
    read: () => {
      begun += 1
      return new Promise<number>((resolve) => ends.push(resolve))
    },
    end: async (value: number) => {
      ends.shift()?.(value)
      await new Promise((resolve) => setImmediate(resolve))
    },
    begun: () => begun,
  }
}

it('gives no answer that was begun before it was asked for, and one answer to all who wait', async () => {
  const shared = createShared()
  const { read, end, begun } = readings()
  const first = shared.run('terms', read)
  const later = [shared.run('terms', read), shared.run('terms', read), shared.run('terms', read)]
  expect(begun()).toBe(1)
  await end(1)
  // the first answer was under way when they asked: another read is made for the three of them
  expect(begun()).toBe(2)
  const last = shared.run('terms', read)
  await end(2)
  await end(3)
  expect(await Promise.all([first, ...later, last])).toEqual([1, 2, 2, 2, 3])
  // and nothing is kept
  void shared.run('terms', read)
  expect(begun()).toBe(4)
})

it('keeps things apart, and lets no failure reach those who asked later', async () => {
  const shared = createShared()
  const { read, end, begun } = readings()
  const broken = shared.run('a', () => Promise.reject(new Error('away')))
  const after = shared.run('a', read)
  void shared.run('b', read)
  await expect(broken).rejects.toThrow('away')
  await end(1)
  await end(2)
  expect(begun()).toBe(2)
  expect([1, 2]).toContain(await after)
})
