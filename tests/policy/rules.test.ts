/** Each rule of registration as a table of cases, and what happens where several meet. */
import { describe, expect, it } from 'vitest'
import { planRegistration } from '../../apps/portal/src/policy/registration.ts'
import { isReasonCode, reason, reasonTable } from '../../apps/portal/src/policy/reasons.ts'
import type { Partner } from '../../apps/portal/src/policy/rules.ts'
import { asks, cohort, facts, fall, outcomes, permit, section } from './facts.ts'

const one = section(1)
const passed = (course: string, grade: string, credits = 3) => ({ course, grade, credits })
const student = {
  level: 'undergraduate' as const,
  programme: 'BS Biology',
  classYear: 2029,
  creditsEarned: 40,
}

describe('holds', () => {
  it('are all named, each with whom to ask', () => {
    const given = facts([one], {
      rules: {
        holds: [
          { reason: 'A fee', office: 'the bursar, Hall 2' },
          { reason: 'Books', office: '' },
        ],
      },
    })
    const [line] = planRegistration(['1'], given)
    expect(line?.outcome).toBe('refuse')
    expect(line?.reasons.map(({ words, remedy }) => [words, remedy])).toEqual([
      [
        'A hold keeps you from registering: A fee.',
        'Ask the bursar, Hall 2. You can register as soon as it is released.',
      ],
      [
        'A hold keeps you from registering: Books.',
        'Ask the registrar’s office. You can register as soon as it is released.',
      ],
    ])
  })
})

describe('windows', () => {
  const windows = [
    cohort('2026-11-20T14:00:00.000Z', { creditsFrom: 60 }),
    cohort('2026-11-22T12:00:00.000Z', { programme: 'bs biology' }),
    cohort('2026-11-23T14:00:00.000Z', { level: 'undergraduate' }),
  ]
  it.each([
    ['2026-11-22T11:59:59.999Z', {}, 'refuse window_yours'],
    ['2026-11-22T12:00:00.000Z', {}, 'enrol'],
    ['2026-11-22T12:00:00.000Z', { programme: 'BA' }, 'refuse window_yours'],
    ['2026-11-20T14:00:00.000Z', { creditsEarned: 60 }, 'enrol'],
    ['2026-11-20T14:00:00.000Z', { creditsEarned: 59.5 }, 'refuse window_yours'],
    // nobody's row: the term's own opening
    ['2026-11-01T06:00:00.000Z', { level: 'graduate' as const, programme: 'MA' }, 'enrol'],
    ['2026-11-01T05:59:59.999Z', { level: 'graduate' as const, programme: 'MA' }, 'refuse window_before'],
    ['2027-01-25T06:00:00.000Z', {}, 'refuse window_closed'],
  ])('%s, %o: %s', (now, who, expected) => {
    const given = facts([one], { now, term: { windows }, rules: { student: { ...student, ...who } } })
    expect(outcomes([1], given)).toEqual([expected])
  })

  it.each([
    ['2027-01-10T00:00:00.000Z', 'refuse add_closed'],
    ['2027-01-09T23:59:59.999Z', 'enrol'],
  ])('the last day to add, %s: %s', (now, expected) => {
    expect(outcomes([1], facts([one], { now, term: { addUntil: '2027-01-10T00:00:00.000Z' } }))).toEqual([
      expected,
    ])
  })
})

describe('requirements', () => {
  const needs = (text: string) => ({ courses: new Map([[1, asks(text)]]) })
  const taking = section(9, { code: 'CS 50', courseId: 9 })
  it.each([
    ['CS 50', [], [], 'refuse requirement'],
    ['CS 50', [passed('CS 50', 'D')], [], 'enrol'],
    ['CS 50', [passed('CS 50', 'F')], [], 'refuse requirement'],
    ['CS 50', [passed('CS 50', 'W')], [], 'refuse requirement'],
    ['C- or higher in CS 50', [passed('CS 50', 'D')], [], 'refuse requirement'],
    ['C- or higher in CS 50', [passed('CS 50', 'F'), passed('CS 50', 'C-')], [], 'enrol'],
    ['C- or higher in CS 50', [passed('CS 50', 'T')], [], 'enrol'],
    ['CS 50 or CS 51', [passed('CS 51', 'B')], [], 'enrol'],
    ['CS 50 and CS 51', [passed('CS 51', 'B')], [], 'refuse requirement'],
    // being taken: in an earlier term it will be over, in this one it is not before
    ['CS 50', [], [{ ...taking, term: fall }], 'enrol'],
    ['CS 50', [], [taking], 'refuse requirement'],
    ['CS 50 (before or at the same time)', [], [taking], 'enrol'],
    ['CS 50 (before or at the same time)', [], [], 'refuse requirement'],
    ['permission of the instructor', [passed('CS 50', 'A')], [], 'refuse requirement'],
    ['sophomore standing', [], [], 'enrol'],
    ['junior standing', [], [], 'refuse requirement'],
    ['graduate standing', [], [], 'refuse requirement'],
  ])('%s with %o and taking %o: %s', (text, history, enrolled, expected) => {
    const given = facts([one], { enrolled, term: {}, rules: { ...needs(text), history, student } })
    expect(outcomes([1], given)).toEqual([expected])
  })

  it('say what is missing, what the record has, and whom to ask', () => {
    const given = facts([one], {
      term: {},
      rules: {
        ...needs('C- or higher in CS 50 and (CS 51 or CS 52) and CS 53'),
        history: [passed('CS 50', 'D'), passed('CS 53', 'A')],
      },
    })
    const [line] = planRegistration(['1'], given)
    expect(line?.reasons[0]).toMatchObject({
      words: 'You still need C- or higher in CS 50 and (CS 51 or CS 52). Your record has CS 50: D.',
      remedy: 'Take that first. If you have it from elsewhere, ask the registrar’s office for a permission.',
    })
  })

  it('stop nobody where the term only advises, nor where the text is for people', () => {
    const advised = facts([one], { term: { requirements: 'advise' }, rules: needs('CS 50') })
    expect(planRegistration(['1'], advised)).toMatchObject([
      { outcome: 'enrol', advice: [{ code: 'requirement' }] },
    ])
    const text = { requirement: null, text: 'Some acquaintance with crystals.', repeatable: false }
    const worded = facts([one], { term: {}, rules: { courses: new Map([[1, text]]) } })
    expect(planRegistration(['1'], worded)).toMatchObject([
      { outcome: 'enrol', advice: [{ code: 'requirement_text' }] },
    ])
  })

  it('lets two go together that ask for each other, in any order, and neither without the other', () => {
    const both = [section(1), section(2)]
    const courses = new Map([
      [1, asks('CS 102 (before or at the same time)')],
      [2, asks('CS 101 (before or at the same time)')],
    ])
    const given = (full: boolean) =>
      facts(
        full
          ? [section(1), section(2, { seats: { capacity: 1, taken: 1, left: 0, full: true, waiting: 0 } })]
          : both,
        { term: {}, rules: { courses } },
      )
    expect(outcomes([1, 2], given(false))).toEqual(['enrol', 'enrol'])
    expect(outcomes([2, 1], given(false))).toEqual(['enrol', 'enrol'])
    expect(outcomes([1], given(false))).toEqual(['refuse requirement'])
    expect(outcomes([1, 2], given(true))).toEqual(['refuse requirement', 'refuse full'])
  })
})

describe('repeats', () => {
  it.each([
    ['C', 3, [passed('CS 101', 'C')], 'refuse repeat_passed'],
    ['C', 3, [passed('CS 101', 'C-')], 'enrol'],
    ['C', 3, [passed('CS 101', 'P')], 'refuse repeat_passed'],
    ['C', 2, [passed('CS 101', 'F'), passed('CS 101', 'D')], 'refuse repeat_attempts'],
    ['C', 2, [passed('CS 101', 'F'), passed('CS 101', 'W')], 'enrol'],
    [null, null, [passed('CS 101', 'A')], 'enrol'],
    ['C', 1, [passed('CS 102', 'A')], 'enrol'],
  ])('from %s, at most %s, after %o: %s', (repeatFrom, mostAttempts, history, expected) => {
    const given = facts([one], { term: { repeatFrom, mostAttempts }, rules: { history } })
    expect(outcomes([1], given)).toEqual([expected])
    const again = { requirement: null, text: null, repeatable: true }
    const free = facts([one], {
      term: { repeatFrom, mostAttempts },
      rules: { history, courses: new Map([[1, again]]) },
    })
    expect(outcomes([1], free)).toEqual(['enrol'])
  })
})

describe('a section without a seat', () => {
  it.each([
    [{ capacity: 30, waiting: 0 }, 'All 30 seats are taken.'],
    [{ capacity: 1, waiting: 0 }, 'Its only seat is taken.'],
    [{ capacity: 0, waiting: 0 }, 'The section is full.'],
    [{ capacity: 30, waiting: 2 }, 'All 30 seats are taken, or go to those who wait (2).'],
  ])('says what is known of it: %o', (known, words) => {
    const seats = { taken: known.capacity, left: 0, full: true, ...known }
    const [line] = planRegistration(['1'], facts([section(1, { seats })]))
    expect(line?.reasons.map((one) => one.words)).toEqual([words])
  })
})

describe('an attempt that is under way', () => {
  it('counts, once for a lecture with its laboratory; in the same term it is no attempt before', () => {
    const history = [passed('CS 101', 'F')]
    const now = [
      section(8, { courseId: 1, term: fall }),
      section(9, { courseId: 1, term: fall, component: 'laboratory', credits: { min: 0, max: 0 } }),
    ]
    const given = (mostAttempts: number, enrolled: typeof now) =>
      facts([one], { enrolled, term: { mostAttempts }, rules: { history } })
    expect(outcomes([1], given(2, now))).toEqual(['refuse repeat_attempts'])
    expect(outcomes([1], given(3, now))).toEqual(['enrol'])
    expect(outcomes([1], given(2, []))).toEqual(['enrol'])
    const laboratory = [now[1] ?? section(9)]
    expect(outcomes([1], given(2, laboratory))).toEqual(['enrol'])
    const beside = [section(9, { courseId: 1, component: 'laboratory' })]
    expect(outcomes([1], given(2, beside))).toEqual(['enrol'])
  })
})

describe('the credit limit', () => {
  const limit = { credits: { undergraduate: 6, graduate: 3 } }
  it.each([
    [[1, 2], {}, ['enrol', 'enrol']],
    [[1, 2, 3], {}, ['enrol', 'enrol', 'refuse credit_limit']],
    // what has no credits is never too much
    [[1, 2, 4], {}, ['enrol', 'enrol', 'enrol']],
    [[1, 2], { student: { ...student, level: 'graduate' as const } }, ['enrol', 'refuse credit_limit']],
    [[1, 2, 3], { overrides: [permit('credits', { credits: 9 })] }, ['enrol', 'enrol', 'enrol']],
    [
      [1, 2, 3],
      { overrides: [permit('credits', { credits: 8.5 })] },
      ['enrol', 'enrol', 'refuse credit_limit'],
    ],
    [[1, 2, 3], { overrides: [permit('credits', { termId: 2 })] }, ['enrol', 'enrol', 'refuse credit_limit']],
  ])('%o with %o: %o', (asked, rules, expected) => {
    const rows = [section(1), section(2), section(3), section(4, { credits: { min: 0, max: 0 } })]
    expect(outcomes(asked, facts(rows, { term: limit, rules }))).toEqual(expected)
  })

  it('counts what is had in the same term, and says both numbers', () => {
    const enrolled = [section(8, { credits: { min: 4.5, max: 4.5 } }), section(9, { term: fall })]
    const [line] = planRegistration(['1'], facts([one], { enrolled, term: limit }))
    expect(line?.reasons.map(({ words }) => words)).toEqual([
      'With it you would have 7.5 credits, and 6 is your limit this term.',
    ])
  })
})

describe('linked sections', () => {
  const lecture = section(1)
  const lab = (id: number, changes = {}) =>
    section(id, { courseId: 1, code: 'CS 101', component: 'laboratory', section: `L0${id}`, ...changes })
  const partner = (row: { id: number; component: string }): Partner => ({
    id: row.id,
    component: row.component,
    label: `CS 101-${row.id}`,
  })
  const labs = [lab(2), lab(3)]
  const links = new Map([
    [1, labs.map(partner)],
    [2, [partner(lecture)]],
    [3, [partner(lecture)]],
  ])
  const given = (changes: Parameters<typeof facts>[1] = {}, rows = [lecture, ...labs]) =>
    facts(rows, { ...changes, rules: { links, ...changes.rules } })
  const full = { seats: { capacity: 1, taken: 1, left: 0, full: true, waiting: 0 } }

  it('are had together or not at all', () => {
    expect(outcomes([1], given())).toEqual(['refuse linked'])
    expect(outcomes([2], given())).toEqual(['refuse linked'])
    expect(outcomes([1, 2], given())).toEqual(['enrol', 'enrol'])
    expect(outcomes([3, 1], given())).toEqual(['enrol', 'enrol'])
    expect(outcomes([1, 2], given({}, [lecture, lab(2, full), lab(3)]))).toEqual([
      'refuse linked',
      'refuse full',
    ])
  })

  it('may stand on what is had, or waited for', () => {
    expect(outcomes([2], given({ enrolled: [lecture] }))).toEqual(['enrol'])
    expect(outcomes([1], given({ waiting: new Set([3]) }))).toEqual(['enrol'])
    const rows = [section(1, full), lab(2, full), lab(3)]
    const wishes = { mode: 'most' as const, waitlist: new Set([1, 2]), insteadOf: new Map() }
    expect(outcomes([1, 2], given({}, rows), wishes)).toEqual(['wait', 'wait'])
  })

  it('are not asked for where they are in the form, and refused for something else', () => {
    const holds = [{ reason: 'A fee', office: 'the bursar' }]
    expect(outcomes([1, 2], given({ rules: { holds } }))).toEqual(['refuse hold', 'refuse hold'])
    expect(outcomes([1], given({ rules: { holds } }))).toEqual(['refuse hold linked'])
  })

  it('names the choices', () => {
    const [line] = planRegistration(['1'], given())
    expect(line?.reasons[0]?.words).toBe('It is taken together with a laboratory: CS 101-2, CS 101-3.')
  })
})

describe('permissions', () => {
  const held = section(9, { days: 'M' })
  const given = (overrides: ReturnType<typeof permit>[]) =>
    facts([section(1, { days: 'M' })], {
      enrolled: [held],
      term: { repeatFrom: 'C', addUntil: '2026-11-20T00:00:00.000Z' },
      rules: { overrides, courses: new Map([[1, asks('CS 50')]]), history: [passed('CS 101', 'A')] },
    })
  const all = ['add_closed', 'repeat_passed', 'requirement', 'overlaps']
  it.each([
    [[], all],
    [[permit('requirement')], ['add_closed', 'repeat_passed', 'overlaps']],
    [[permit('repeat', { courseId: 1 })], ['add_closed', 'requirement', 'overlaps']],
    [[permit('repeat', { courseId: 2 })], all],
    [[permit('conflict', { sectionId: 1, termId: 1 })], ['add_closed', 'repeat_passed', 'requirement']],
    [[permit('conflict', { sectionId: 1, termId: 2 })], all],
    [[permit('deadline', { termId: 1 })], ['repeat_passed', 'requirement', 'overlaps']],
  ])('%o leaves %o', (overrides, expected) => {
    expect(outcomes([1], given(overrides))).toEqual([['refuse', ...expected].join(' ')])
  })

  it('together let in', () => {
    const rules = (['requirement', 'repeat', 'conflict', 'deadline'] as const).map((rule) => permit(rule))
    expect(outcomes([1], given(rules))).toEqual(['enrol'])
  })

  it('release no hold, open no cancelled section, and make no seat', () => {
    const overrides = (
      ['requirement', 'repeat', 'conflict', 'deadline', 'window', 'credits', 'linked'] as const
    ).map((rule) => permit(rule))
    const row = section(1, {
      status: 'cancelled',
      seats: { capacity: 1, taken: 1, left: 0, full: true, waiting: 0 },
    })
    const rules = { overrides, holds: [{ reason: 'A fee', office: 'x' }] }
    expect(outcomes([1], facts([row], { rules }))).toEqual(['refuse hold cancelled full'])
  })
})

describe('the plan, days before registration opens', () => {
  const now = '2026-10-20T00:00:00.000Z'
  it('says that all is ready, or what is missing, by the same rules', () => {
    const rows = [section(1, { days: 'M' }), section(2, { days: 'M' }), section(3), section(4)]
    const lines = planRegistration(
      ['1', '2', '3', '4'],
      facts(rows, {
        now,
        term: { credits: { undergraduate: 6, graduate: null } },
        rules: { courses: new Map([[3, asks('CS 50')]]) },
      }),
    )
    expect(lines.map(({ ready, reasons }) => [ready, ...reasons.map(({ code }) => code)])).toEqual([
      [true, 'window_before'],
      [false, 'window_before', 'overlaps'],
      [false, 'window_before', 'requirement'],
      [true, 'window_before'],
    ])
  })

  it('does not let a first choice stand in the way of its own fallback', () => {
    const rows = [section(1, { days: 'M' }), section(2, { days: 'M' })]
    const wishes = { mode: 'most' as const, waitlist: new Set<number>(), insteadOf: new Map([[2, 1]]) }
    expect(outcomes([1, 2], facts(rows, { now }), wishes)).toEqual([
      'refuse window_before',
      'refuse window_before',
    ])
  })
})

describe('all reasons at once', () => {
  it('are given in one order, each with what to do', () => {
    const row = section(1, {
      days: 'M',
      status: 'cancelled',
      seats: { capacity: 1, taken: 1, left: 0, full: true, waiting: 0 },
    })
    const enrolled = [section(9, { days: 'M', courseId: 1, code: 'CS 101', credits: { min: 4, max: 4 } })]
    const given = facts([row], {
      studentActive: false,
      now: '2026-11-21T00:00:00.000Z',
      enrolled,
      term: {
        windows: [cohort('2026-11-25T00:00:00.000Z')],
        credits: { undergraduate: 6, graduate: null },
        repeatFrom: 'C',
      },
      rules: {
        holds: [{ reason: 'A fee', office: 'the bursar' }],
        courses: new Map([[1, asks('CS 50')]]),
        history: [passed('CS 101', 'A')],
        links: new Map([[1, [{ id: 5, component: 'laboratory', label: 'CS 101-L05' }]]]),
      },
    })
    expect(outcomes([1], given)).toEqual([
      'refuse student_inactive hold window_yours cancelled repeat_passed requirement linked other_section overlaps credit_limit full',
    ])
    const [line] = planRegistration(['1'], given)
    for (const { words, remedy } of line?.reasons ?? []) {
      expect(words).toMatch(/^[A-Z].*[.!]$/)
      expect(remedy).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('are the same when they come back from where they were kept', () => {
    for (const code of Object.keys(reasonTable)) {
      if (!isReasonCode(code)) throw new Error(code)
      const first = reason(code, 'a|b'.repeat(90), 'c'.repeat(300))
      expect(first.detail.length).toBeLessThanOrEqual(200)
      expect(reason(code, first.detail)).toEqual(first)
    }
  })
})
