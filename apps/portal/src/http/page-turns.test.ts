import { expect, it } from 'vitest'
import { createPageTurns } from './page-turns.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

const pages = (late: () => boolean) => {
  const turns = createPageTurns(late)
  const begun: number[] = []
  const leaves = new Map<number, () => void>()
  const enter = async (number: number): Promise<void> => {
    const leave = await turns.enter()
    begun.push(number)
    leaves.set(number, leave)
  }
  return {
    begun,
    ask: async (...numbers: readonly number[]) => {
      for (const number of numbers) void enter(number)
      await settled()
    },
    made: async (number: number) => {
      leaves.get(number)?.()
      await settled()
    },
  }
}

it('lets every page go at once where no form is late', async () => {
  const { begun, ask } = pages(() => false)
  await ask(1, 2, 3, 4, 5, 6, 7)
  expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7])
})

it('lets four go while forms are late, in the order of asking, and all when they no longer are', async () => {
  let late = true
  const { begun, ask, made } = pages(() => late)
  await ask(1, 2, 3, 4, 5, 6, 7, 8)
  expect(begun).toEqual([1, 2, 3, 4])
  await made(2)
  expect(begun).toEqual([1, 2, 3, 4, 5])
  // its place was given up once
  await made(2)
  expect(begun).toEqual([1, 2, 3, 4, 5])
  late = false
  // who comes now goes behind those who wait
  await ask(9)
  expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

it('counts pages that went while no form was late', async () => {
  let late = false
  const { begun, ask, made } = pages(() => late)
  await ask(1, 2, 3, 4, 5, 6)
  late = true
  await ask(7)
  expect(begun).not.toContain(7)
  await made(1)
  await made(2)
  expect(begun).not.toContain(7)
  await made(3)
  expect(begun).toContain(7)
})

it('is not held up by pages that hang', async () => {
  const { begun, ask } = pages(() => true)
  await ask(1, 2, 3, 4, 5)
  expect(begun).not.toContain(5)
  while (!begun.includes(5)) await new Promise((resolve) => setTimeout(resolve, 10))
})
