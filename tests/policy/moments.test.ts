/**
 * Facts that change between a decision and its day: grades that come before a term is over, places that become seats one after the other,
 * permissions that end before registration opens.
 */
import { describe, expect, it } from 'vitest'
import type { SectionRow } from '../../apps/portal/src/catalogue/types.ts'
import { planRegistration, reasonsAgainst } from '../../apps/portal/src/policy/registration.ts'
import { asks, cohort, facts, fall, outcomes, permit, section } from './facts.ts'

const one = section(1)
const passed = (course: string, grade: string) => ({ course, grade, credits: 3 })

describe('a section that is graded before its term is over', () => {
  const earlier = section(9, { code: 'CS 50', courseId: 9, term: fall })

  it.each([
    ['F', [9], 'refuse requirement'],
    ['D', [9], 'enrol'],
    // negative control: without the grade's mark it counts as being taken
    ['F', [], 'enrol'],
  ])('meets a requirement by its grade: %s %o', (grade, graded, expected) => {
    const given = facts([one], {
      enrolled: [earlier],
      graded: new Set(graded),
      term: {},
      rules: { courses: new Map([[1, asks('CS 50')]]), history: [passed('CS 50', grade)] },
    })
    expect(outcomes([1], given)).toEqual([expected])
  })

  it.each([
    [[8], 'enrol'],
    [[], 'refuse repeat_attempts'],
  ])('is one attempt, that of the record: %o', (graded, expected) => {
    const given = facts([one], {
      enrolled: [section(8, { courseId: 1, term: fall })],
      graded: new Set(graded),
      term: { mostAttempts: 2 },
      rules: { history: [passed('CS 101', 'F')] },
    })
    expect(outcomes([1], given)).toEqual([expected])
  })
})

describe('a section that is graded within its term', () => {
  it('takes its time, and stands in no other section’s way as the same course', () => {
    const half = section(8, { courseId: 1, days: 'M' })
    const given = (days: string, graded: readonly number[]) =>
      facts([section(1, { days })], { enrolled: [half], graded: new Set(graded) })
    expect(outcomes([1], given('T', [8]))).toEqual(['enrol'])
    expect(outcomes([1], given('M', [8]))).toEqual(['refuse overlaps'])
    expect(outcomes([1], given('T', []))).toEqual(['refuse other_section'])
  })
})

describe('what is taken at the same time', () => {
  const courses = new Map([
    [1, asks('CS 102 (before or at the same time)')],
    [2, asks('CS 101 (before or at the same time)')],
    [3, asks('CS 102')],
  ])
  const other = section(2)
  const given = (waitingFor: readonly SectionRow[], term = {}) =>
    facts([one, section(3)], {
      waitingFor,
      waiting: new Set(waitingFor.map(({ id }) => id)),
      term,
      rules: { courses },
    })

  it('may be waited for: else neither of two full ones would ever come', () => {
    expect(outcomes([1], given([other]))).toEqual(['enrol'])
    expect(reasonsAgainst(one, given([one, other]))).toEqual([])
    // negative control: its own place, one of another term, and a course that must come before are none
    expect(outcomes([1], given([]))).toEqual(['refuse requirement'])
    expect(reasonsAgainst(one, given([one])).map(({ code }) => code)).toEqual(['requirement'])
    expect(outcomes([1], given([section(2, { term: fall })]))).toEqual(['refuse requirement'])
    expect(outcomes([3], given([other]))).toEqual(['refuse requirement'])
  })
})

describe('a permission that ends', () => {
  const opens = '2026-12-01T14:00:00.000Z'
  const given = (now: string, expiresAt: string | null, windowToo = false) =>
    facts([one], {
      now,
      term: { windows: [cohort(opens)] },
      rules: {
        courses: new Map([[1, asks('CS 50')]]),
        overrides: [permit('requirement', { expiresAt }), ...(windowToo ? [permit('window')] : [])],
      },
    })
  const answer = (...of: Parameters<typeof given>) =>
    planRegistration(['1'], given(...of)).map(({ ready, reasons }) => [
      ready,
      ...reasons.map(({ code }) => code),
    ])

  it.each([
    ['2026-12-05T00:00:00.000Z', [true, 'window_yours']],
    [null, [true, 'window_yours']],
    [opens, [false, 'window_yours', 'requirement']],
    ['2026-11-25T00:00:00.000Z', [false, 'window_yours', 'requirement']],
  ])('%s, is none in the plan where it ends before registration opens: %o', (expiresAt, expected) => {
    expect(answer('2026-11-22T12:00:00.000Z', expiresAt)).toEqual([expected])
  })

  it('holds as long as it lasts for who may register now', () => {
    const expiresAt = '2026-11-25T00:00:00.000Z'
    expect(answer('2026-11-22T12:00:00.000Z', expiresAt, true)).toEqual([[true]])
    expect(answer('2026-12-01T14:00:00.000Z', '2026-12-01T14:00:00.001Z')).toEqual([[true]])
  })

  it('gives no seat in the plan that it will not give on the day', () => {
    const full = { capacity: 1, taken: 1, left: 0, full: true, waiting: 0 }
    const plan = (expiresAt: string) =>
      outcomes(
        [1],
        facts([section(1, { seats: full })], {
          now: '2026-11-22T12:00:00.000Z',
          term: { windows: [cohort(opens)] },
          rules: { overrides: [permit('full', { expiresAt })] },
        }),
      )
    expect(plan('2026-11-25T00:00:00.000Z')).toEqual(['refuse window_yours full'])
    expect(plan('2026-12-25T00:00:00.000Z')).toEqual(['refuse window_yours'])
  })
})
