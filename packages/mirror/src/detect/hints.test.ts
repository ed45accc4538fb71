import { expect, it } from 'vitest'
import type { TableHint } from '../model.ts'
import { standsStill } from './hints.ts'

const hint: TableHint = {
  updatedAt: '2026-11-25 08:00:03',
  createdAt: '2026-01-01 00:00:00',
  rows: '100',
  settled: true,
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
