import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Due } from './due.ts'

const hour = 3_600_000
const iso = (ms: number): string => new Date(ms).toISOString()

test('it is due after its interval, and when it was never done', () => {
  const due = new Due(() => 0)
  expect(due.isDue(iso(hour), null, hour)).toBe(true)
  expect(due.isDue(iso(hour - 1), iso(0), hour)).toBe(false)
  expect(due.isDue(iso(hour), iso(0), hour)).toBe(true)
  expect(due.isDue('no time', iso(0), hour)).toBe(true)
})

test('a clock that was set back does not put it off', () => {
  let now = 0
  const due = new Due(() => now)
  // it was done while the clock was a year ahead
  expect(due.isDue(iso(0), iso(365 * 24 * hour), hour)).toBe(true)
  // half an hour back, again and again: the process has seen the hour pass
  expect(due.isDue(iso(10 * hour), iso(10 * hour), hour)).toBe(false)
  now = hour - 1
  expect(due.isDue(iso(10 * hour + hour / 2), iso(10 * hour), hour)).toBe(false)
  now = hour
  expect(due.isDue(iso(10 * hour + hour / 2), iso(10 * hour), hour)).toBe(true)
  // done anew: another hour
  expect(due.isDue(iso(10 * hour + hour / 2), iso(10 * hour + 1), hour)).toBe(false)
})

test('whatever the clock does, never later than an interval after it was seen to be done', () => {
  const jumps = fc.array(fc.record({ pass: fc.nat(hour / 4), jump: fc.integer({ min: -hour, max: hour }) }))
  fc.assert(
    fc.property(jumps, (steps) => {
      let passed = 0
      let clock = 1_000 * hour
      const due = new Due(() => passed)
      let last = iso(clock)
      let doneAt = passed
      // that it was done is seen here
      due.isDue(iso(clock), last, hour)
      for (const { pass, jump } of steps) {
        passed += pass
        clock += pass + jump
        if (due.isDue(iso(clock), last, hour)) {
          last = iso(clock)
          doneAt = passed
          due.isDue(iso(clock), last, hour)
        }
        expect(passed - doneAt).toBeLessThan(hour)
      }
    }),
  )
})
