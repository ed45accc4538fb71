import { expect, it } from 'vitest'
import { createPageTurns } from './page-turns.ts'

const pages = (late: () => boolean) => {
  const turns = createPageTurns(late)
  const begun: number[] = []
  const leaves = new Map<number, () => void>()
  return {
    begun,
    ask: (...numbers: readonly number[]): void => {
      for (const number of numbers)
        turns.enter((leave) => {
          begun.push(number)
          leaves.set(number, leave)
        })
    },
    made: (number: number): void => leaves.get(number)?.(),
  }
}

it('lets every page go at once where no form is late', () => {
  const { begun, ask } = pages(() => false)
  ask(1, 2, 3, 4, 5, 6, 7)
  expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7])
})

it('lets one go at a time while forms are late, in the order of asking, and all when they no longer are', () => {
  let late = true
  const { begun, ask, made } = pages(() => late)
  ask(1, 2, 3, 4, 5)
  expect(begun).toEqual([1])
  made(1)
  expect(begun).toEqual([1, 2])
  // its place was given up once
  made(1)
  expect(begun).toEqual([1, 2])
  late = false
  // who comes now goes behind those who wait
  ask(6)
  expect(begun).toEqual([1, 2, 3, 4, 5, 6])
})

it('counts pages that went while no form was late', () => {
  let late = false
  const { begun, ask, made } = pages(() => late)
  ask(1, 2, 3)
  late = true
  ask(4)
  expect(begun).not.toContain(4)
  made(1)
  made(2)
  expect(begun).not.toContain(4)
  made(3)
  expect(begun).toContain(4)
})

it('is not held up by pages that hang', async () => {
  const { begun, ask } = pages(() => true)
  ask(1, 2)
  expect(begun).not.toContain(2)
  while (!begun.includes(2)) await new Promise((resolve) => setTimeout(resolve, 10))
})
