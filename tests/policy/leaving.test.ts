/** How a section may be left, by the day; and what a grade is worth. */
import { describe, expect, it } from 'vitest'
import { leaving } from '../../apps/portal/src/policy/leaving.ts'
import { meetsGrade } from '../../apps/portal/src/policy/grade.ts'
import { term } from './facts.ts'

describe('leaving', () => {
  const window = {
    registrationOpensAt: '2026-11-01T00:00:00.000Z',
    registrationClosesAt: '2027-01-25T00:00:00.000Z',
  }
  const rules = { ...term, dropUntil: '2027-02-01T00:00:00.000Z', withdrawUntil: '2027-03-01T00:00:00.000Z' }
  it.each([
    ['2026-10-31T00:00:00.000Z', rules, null, false, 'none window_before'],
    ['2027-01-31T23:59:59.999Z', rules, null, false, 'drop'],
    ['2027-02-01T00:00:00.000Z', rules, null, false, 'withdraw drop_late'],
    ['2027-03-01T00:00:00.000Z', rules, null, false, 'none drop_closed'],
    ['2027-03-01T00:00:00.000Z', rules, null, true, 'drop'],
    ['2027-01-31T00:00:00.000Z', rules, 'A', false, 'none graded'],
    ['2027-02-15T00:00:00.000Z', rules, 'W', false, 'none drop_closed graded'],
    ['2027-02-15T00:00:00.000Z', rules, 'W', true, 'none graded'],
    ['2027-01-24T00:00:00.000Z', term, null, false, 'drop'],
    ['2027-01-25T00:00:00.000Z', term, null, false, 'none window_closed'],
    ['2027-01-25T00:00:00.000Z', undefined, null, false, 'none window_closed'],
  ])('%s, %o, grade %s, permitted %s: %s', (now, own, grade, lifted, expected) => {
    const { way, reasons } = leaving(now, window, own, grade, lifted)
    expect([way, ...reasons.map(({ code }) => code)].join(' ')).toBe(expected)
  })
})

describe('grades', () => {
  it.each([
    ['A+', null, true],
    ['D-', null, true],
    ['F', null, false],
    ['W', null, false],
    ['I', null, false],
    ['', null, false],
    ['C', 'C-', true],
    ['C-', 'C', false],
    ['b+', 'B', true],
    ['S', 'A', true],
    ['NP', 'D', false],
  ])('%s for %s: %s', (grade, least, expected) => {
    expect(meetsGrade(grade, least)).toBe(expected)
  })
})
