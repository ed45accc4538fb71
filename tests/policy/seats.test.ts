/** Which seat there is to be had: of a group's, and by permission where there is none for others. */
import { describe, expect, it } from 'vitest'
import { belongs } from '../../apps/portal/src/policy/group.ts'
import { planRegistration } from '../../apps/portal/src/policy/registration.ts'
import type { Reserve } from '../../apps/portal/src/policy/rules.ts'
import { facts, outcomes, permit, section } from './facts.ts'

const reserve = (changes: Partial<Reserve> = {}): Reserve => ({
  id: 7,
  label: 'biologists',
  level: null,
  programme: 'BS Biology',
  classYear: null,
  creditsFrom: null,
  seats: 3,
  taken: 0,
  ...changes,
})
const seats = (taken: number, waiting = 0) => ({
  seats: {
    capacity: 10,
    taken,
    left: taken >= 10 ? 0 : 10 - taken,
    full: taken >= 10 || waiting > 0,
    waiting,
  },
})
const biologist = {
  level: 'undergraduate' as const,
  programme: 'BS Biology',
  classYear: 2029,
  creditsEarned: 40,
}
const chemist = { ...biologist, programme: 'BS Chemistry' }

describe('reserved seats', () => {
  it.each([
    [seats(6), reserve(), chemist, 'enrol'],
    [seats(7), reserve(), chemist, 'refuse reserved'],
    [seats(7), reserve(), biologist, 'enrol'],
    [seats(7), reserve({ taken: 1 }), chemist, 'enrol'],
    [seats(9), reserve({ taken: 2 }), chemist, 'refuse reserved'],
    [seats(10), reserve({ taken: 2 }), biologist, 'refuse full'],
    [seats(9), reserve({ taken: 3 }), biologist, 'enrol'],
    // nobody goes past the list, a group's seat or not
    [seats(7, 1), reserve(), biologist, 'refuse full'],
  ])('%o, %o, %o: %s', (own, kept, who, expected) => {
    const given = facts([section(1, own)], {
      rules: { student: who, reserves: new Map([[1, [kept]]]) },
    })
    expect(outcomes([1], given)).toEqual([expected])
  })
})

describe('who belongs to a group', () => {
  it.each([
    ['BS Biology', true],
    ['bs biology', true],
    ['  BS\u00a0 Biology\t', true],
    ['ＢＳ Biology', true],
    ['BS Bíology', false],
    ['BSBiology', false],
    ['BS Biology, Honours', false],
    ['', false],
  ])('%s: %s', (programme, expected) => {
    expect(belongs({ ...biologist, programme }, reserve())).toBe(expected)
  })
})

describe('a permission of one who belongs to the group', () => {
  const full = permit('full', { id: 1 })
  const late = permit('deadline', { id: 3 })
  const closed = { addUntil: '2026-11-10T00:00:00.000Z' }
  it.each([
    [seats(7), [full], {}, 'enrol take 7 null'],
    // the group's seat goes to the list first: one of the group may stand on it
    [seats(7, 1), [full], {}, 'refuse full'],
    [seats(9, 1), [full], {}, 'refuse full'],
    // a seat that anybody can have does, too; beyond it there is one
    [seats(6, 1), [full], {}, 'enrol take_over null 1'],
    [seats(10, 1), [full], {}, 'enrol take_over null 1'],
    // nobody on the list gets anything any more
    [seats(7, 1), [full, late], closed, 'enrol take_past 7 1'],
  ])('%o, %o, %o: %s', (own, overrides, term, expected) => {
    const given = facts([section(1, own)], {
      term,
      rules: { student: biologist, overrides, reserves: new Map([[1, [reserve()]]]) },
    })
    const [line] = planRegistration(['1'], given, {
      mode: 'most',
      waitlist: new Set(),
      insteadOf: new Map(),
    })
    const [code = ''] = line?.reasons.map((one) => one.code) ?? []
    expect(
      line?.outcome === 'enrol'
        ? ['enrol', line.take, line.reserveId, line.overrideId].map(String).join(' ')
        : `refuse ${code}`,
    ).toBe(expected)
  })
})

describe('permissions for a seat', () => {
  const full = permit('full', { id: 1 })
  const reserved = permit('reserved', { id: 2 })
  const closed = { addUntil: '2026-11-10T00:00:00.000Z' }
  const late = permit('deadline', { id: 3 })
  it.each([
    // not needed: an ordinary seat, which is nobody's permission
    [seats(5), [], [full, reserved], {}, 'enrol take null null'],
    [seats(10), [], [full], {}, 'enrol take_over null 1'],
    [seats(12), [], [full], {}, 'enrol take_over null 1'],
    [seats(10), [], [reserved], {}, 'refuse full'],
    [seats(10), [], [permit('full', { sectionId: 2 })], {}, 'refuse full'],
    // those who wait come first to what is free; beyond it there is a seat all the same
    [seats(9, 2), [], [full], {}, 'enrol take_over null 1'],
    [seats(9, 2), [], [full, late], closed, 'enrol take_past null 1'],
    [seats(9, 2), [], [late], closed, 'refuse full'],
    // a group's seats need a permission of their own
    [seats(7), [reserve()], [full], {}, 'refuse reserved'],
    [seats(7), [reserve()], [reserved], {}, 'enrol take 7 2'],
    [seats(7, 1), [reserve()], [full], {}, 'refuse reserved'],
    [seats(7, 1), [reserve()], [reserved], {}, 'refuse full'],
    [seats(7, 1), [reserve()], [full, reserved], {}, 'refuse full'],
    [seats(7, 1), [reserve()], [full, reserved, late], closed, 'enrol take_past 7 2'],
    [seats(10), [reserve()], [full, reserved], {}, 'enrol take_over null 1'],
    [seats(6), [reserve()], [reserved], {}, 'enrol take null null'],
  ])('%o, %o, %o, %o: %s', (own, reserves, overrides, term, expected) => {
    const given = facts([section(1, own)], {
      term,
      rules: { student: chemist, overrides, reserves: new Map([[1, reserves]]) },
    })
    const [line] = planRegistration(['1'], given)
    expect(outcomes([1], given)[0]).toBe(expected.startsWith('refuse') ? expected : `enrol`)
    if (line?.outcome === 'enrol')
      expect(['enrol', line.take, line.reserveId, line.overrideId].map(String).join(' ')).toBe(expected)
    // what a permission does is said before the click
    expect(line?.advice.map(({ code }) => code) ?? []).toEqual(
      line?.outcome === 'enrol' && line.overrideId !== null ? ['by_permission'] : [],
    )
  })
})
