/** Facts that change between the plan and the day: grades that come before a term is over, permissions that end before registration opens. */
import { describe, expect, it } from 'vitest'
import { planRegistration } from '../../apps/portal/src/policy/registration.ts'
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
