import { describe, expect, it } from 'vitest'
import { section as sectionOf } from '../../../../tests/policy/facts.ts'
import type { SectionRow } from '../catalogue/types.ts'
import { parseId, planRegistration, type RegistrationFacts } from './registration.ts'
import { noRules } from './rules.ts'

const section = (id: number, days: string, changes: Partial<SectionRow> = {}): SectionRow =>
  sectionOf(id, { days, ...changes })

const facts = (
  sections: readonly SectionRow[],
  changes: Partial<RegistrationFacts> = {},
): RegistrationFacts => ({
  now: '2026-11-22T12:00:00.000Z',
  studentActive: true,
  enrolled: [],
  waiting: new Set(),
  waitingFor: [],
  graded: new Set(),
  withdrawn: new Set(),
  rules: noRules,
  sections: new Map(sections.map((row) => [row.id, row])),
  windows: new Map([
    [
      1,
      { registrationOpensAt: '2026-11-01T06:00:00.000Z', registrationClosesAt: '2027-01-25T06:00:00.000Z' },
    ],
  ]),
  ...changes,
})

const codes = (asked: readonly string[], given: RegistrationFacts) =>
  planRegistration(asked, given).map((line) => line.reasons.map((reason) => reason.code))

const full = { capacity: 1, taken: 1, left: 0, full: true, waiting: 0 }

describe('the plan of a registration', () => {
  it('takes sections in the order of the form; the first of two that collide gets in', () => {
    const known = facts([section(1, 'MW'), section(2, 'W'), section(3, 'T')])
    expect(codes(['2', '1', '3'], known)).toEqual([[], ['overlaps'], []])
    expect(codes(['1', '2', '3'], known)).toEqual([[], ['overlaps'], []])
  })

  it('does not let a section that is refused stand in the way', () => {
    const known = facts([section(1, 'MW', { seats: full }), section(2, 'W')])
    expect(codes(['1', '2'], known)).toEqual([['full'], []])
  })

  it('gives all reasons at once', () => {
    const held = section(9, 'M', { courseId: 1 })
    const known = facts([section(1, 'M', { seats: full, status: 'cancelled' }), held], {
      enrolled: [held],
      studentActive: false,
      now: '2027-02-01T00:00:00.000Z',
    })
    expect(codes(['1'], known)).toEqual([
      ['student_inactive', 'window_closed', 'cancelled', 'other_section', 'overlaps', 'full'],
    ])
  })

  it('names what is asked twice, unknown, or had already', () => {
    const held = section(2, 'T')
    const known = facts([section(1, 'M'), held], { enrolled: [held] })
    expect(
      codes(['1', '1', ' 1 ', '77', '77', 'abc', '2', '-1', '1e3', '99999999999999999999'], known),
    ).toEqual([
      [],
      ['duplicate'],
      ['duplicate'],
      ['unknown_section'],
      ['duplicate'],
      ['unknown_section'],
      ['already_enrolled'],
      ['unknown_section'],
      ['unknown_section'],
      ['unknown_section'],
    ])
  })

  it('opens and closes to the moment', () => {
    const at = (now: string) => codes(['1'], facts([section(1, '')], { now }))[0]
    expect(at('2026-11-01T05:59:59.999Z')).toEqual(['window_before'])
    expect(at('2026-11-01T06:00:00.000Z')).toEqual([])
    expect(at('2027-01-25T05:59:59.999Z')).toEqual([])
    expect(at('2027-01-25T06:00:00.000Z')).toEqual(['window_closed'])
  })

  it('allows a laboratory beside the lecture of the same course', () => {
    const lecture = section(1, 'M')
    const laboratory = section(2, 'T', { courseId: 1, component: 'laboratory' })
    const second = section(3, 'R', { courseId: 1, component: 'laboratory' })
    const known = facts([lecture, laboratory, second])
    expect(codes(['1', '2', '3'], known)).toEqual([[], [], ['other_chosen']])
  })

  it('tells which section of the form was in the way', () => {
    const [, line] = planRegistration(['1', '2'], facts([section(1, 'M'), section(2, 'M')]))
    expect(line?.blockedBy).toEqual([1])
  })

  it('takes a fallback after the section that it is for, wherever it stands', () => {
    const rows = [section(1, 'M'), section(2, 'T'), section(3, 'W')]
    const plan = (asked: readonly string[], insteadOf: readonly (readonly [number, number])[]) =>
      planRegistration(asked, facts(rows), {
        mode: 'most',
        waitlist: new Set(),
        insteadOf: new Map(insteadOf),
      }).map(({ asked: text, outcome }) => `${text} ${outcome}`)
    expect(plan(['2', '1'], [[2, 1]])).toEqual(['2 spare', '1 enrol'])
    expect(
      plan(
        ['3', '2', '1'],
        [
          [3, 2],
          [2, 1],
        ],
      ),
    ).toEqual(['3 spare', '2 spare', '1 enrol'])
    // each for the other: the one that stands first
    expect(
      plan(
        ['2', '1'],
        [
          [2, 1],
          [1, 2],
        ],
      ),
    ).toEqual(['2 spare', '1 enrol'])
    expect(plan(['1', '2', '1'], [[2, 1]])).toEqual(['1 enrol', '2 spare', '1 refuse'])
  })

  it('reads ids and nothing else', () => {
    expect(['1', '42', '0', '01', '', '1.5', '+1', '٣'].map(parseId)).toEqual([
      1,
      42,
      null,
      null,
      null,
      null,
      null,
      null,
    ])
  })
})
