import { expect, it } from 'vitest'
import type { TableHint } from '../model.ts'
import { standsStill } from './hints.ts'

const hint: TableHint = {
  updatedAt: '2026-11-25 08:00:03',
  createdAt: '2026-01-01 00:00:00',
  rows: '100',
  settled: true,
  read: { there: 1_000_000, here: 500 },
}

it('a table stands still only when all that is known of it does', () => {
  expect(standsStill(hint, { ...hint })).toBe(true)
  expect(standsStill(hint, { ...hint, updatedAt: '2026-11-25 08:00:04' })).toBe(false)
  expect(standsStill(hint, { ...hint, createdAt: '2026-11-25 08:00:04' })).toBe(false)
  expect(standsStill(hint, { ...hint, rows: '99' })).toBe(false)
})

it('a hint that had not settled, or is not there, says nothing', () => {
  expect(standsStill({ ...hint, settled: false }, { ...hint })).toBe(false)
  expect(standsStill(undefined, hint)).toBe(false)
  expect(standsStill(hint, undefined)).toBe(false)
})

it('a hint from before the server’s clock jumped says nothing', () => {
  const later = (there: number, here: number): TableHint => ({
    ...hint,
    read: { there: hint.read.there + there, here: hint.read.here + here },
  })
  expect(standsStill(hint, later(3_600_000, 3_600_000))).toBe(true)
  // a clock that is slewed, or read a moment later
  expect(standsStill(hint, later(60_000, 61_500))).toBe(true)
  // set back by less than the settling margin and by more; set forward
  expect(standsStill(hint, later(0, 3_000))).toBe(false)
  expect(standsStill(hint, later(-3_600_000, 10_000))).toBe(false)
  expect(standsStill(hint, later(3_600_000, 10_000))).toBe(false)
})
