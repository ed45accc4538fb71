import { expect, test } from 'vitest'
import { Pace } from './pace.ts'

test('what is asked for shrinks to a single row, and grows again', () => {
  const pace = new Pace()
  // a fast source: the rate is far beyond what one statement asks for
  for (let time = 0; time < 20; time += 1) pace.took(32_000, 10)
  expect(pace.rows).toBe(32_000)
  const asked: number[] = []
  for (let time = 0; time < 8; time += 1) {
    pace.limitReached()
    asked.push(pace.rows)
  }
  expect(asked).toEqual([8_000, 2_000, 500, 125, 31, 7, 1, 1])
  // rows that travel whole were not what took too long
  expect(pace.wholeRows(20_000)).toBeGreaterThan(50)
  pace.took(1, 1)
  expect(pace.rows).toBeGreaterThan(50)
  // of a few rows where many were asked for nothing is learnt
  const before = pace.rows
  pace.took(3, 1)
  expect(pace.rows).toBe(before)
})

test('rows that travel whole are asked for one by one where they must be, and many again', () => {
  const pace = new Pace()
  pace.carried(1_000, 10_000)
  pace.carried(1_000, 10_000)
  pace.carried(1_000, 10_000)
  for (let time = 0; time < 8; time += 1) pace.wholeLimitReached()
  expect(pace.wholeRows(2_000)).toBe(1)
  expect(pace.rows).toBeGreaterThan(1)
  for (let time = 0; time < 100; time += 1) pace.tookWhole(pace.wholeRows(2_000), 1)
  expect(pace.wholeRows(2_000)).toBe(2_000)
})
