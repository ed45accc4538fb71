import { expect, it } from 'vitest'
import { sampleTerms } from './calendar.ts'

it.each([
  ['UTC', '2027-01-25 23:59:00'],
  ['America/Chicago', '2027-01-26 05:59:00'],
  ['Asia/Kathmandu', '2027-01-25 18:14:00'],
])('ends a registration window with a day of the campus, in %s', (zone, closesAt) => {
  expect(sampleTerms('2026-11-22', zone).at(-1)).toMatchObject({ name: 'Spring 2027', closesAt })
})
