import { expect, it, vi } from 'vitest'
import { createBatched } from './batched.ts'
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

it('lets a read that hangs hold up nobody for long', async () => {
  const shared = createShared(20)
  const { read, end, begun } = readings()
  const never = shared.run('terms', () => new Promise<number>(() => undefined))
  const later = [shared.run('terms', read), shared.run('terms', read)]
  void never
  expect(begun()).toBe(0)
  await vi.waitFor(() => expect(begun()).toBe(1), { timeout: 60_000 })
  await end(7)
  expect(await Promise.all(later)).toEqual([7, 7])
  // nor is it in the way of anybody who asks afterwards
  void shared.run('terms', read)
  expect(begun()).toBe(2)
})

it('reads single things for all who ask together, and again for who asks while that is read', async () => {
  const asked: (readonly number[])[] = []
  const ends: (() => void)[] = []
  const { get } = createBatched((keys: readonly number[]) => {
    asked.push(keys)
    return new Promise<ReadonlyMap<number, string>>((resolve) =>
      ends.push(() =>
        resolve(new Map(keys.filter((key) => key < 9).map((key) => [key, `${key}, ${asked.length}`]))),
      ),
    )
  }, 4)
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  const first = [get([1, 2]), get([2, 9])]
  await turn()
  expect(asked).toEqual([[1, 2, 9]])
  // one that is under way is for nobody who comes later; more than four keys are two reads
  const later = [get([1]), get([4, 5]), get([6, 7])]
  await turn()
  expect(asked).toHaveLength(1)
  ends[0]?.()
  expect((await Promise.all(first)).map((found) => [...found])).toEqual([
    [
      [1, '1, 1'],
      [2, '2, 1'],
    ],
    [
      [1, '1, 1'],
      [2, '2, 1'],
    ],
  ])
  await turn()
  ends[1]?.()
  await turn()
  ends[2]?.()
  await Promise.all(later)
  expect(asked).toEqual([
    [1, 2, 9],
    [1, 4, 5],
    [6, 7],
  ])
  expect(await get([])).toEqual(new Map())
})

it('lets no read that failed, nor one that hangs, stop those after it', async () => {
  const never = new Promise<ReadonlyMap<number, number>>(() => undefined)
  const { get } = createBatched(([key = 0]: readonly number[]) =>
    key === 1
      ? Promise.reject(new Error('away'))
      : key === 2
        ? never
        : Promise.resolve(new Map([[key, key]])),
  )
  await expect(get([1])).rejects.toThrow('away')
  void get([2])
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  expect((await get([3])).get(3)).toBe(3)
})
