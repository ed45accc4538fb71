import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Weekday } from '../catalogue/types.ts'
import {
  describeOverlap,
  formatDays,
  overlap,
  overlapDays,
  parseDays,
  type Pattern,
  weekdays,
} from './meeting.ts'

const pattern = (
  days: string,
  startsAt: string,
  endsAt: string,
  startsOn = '2027-01-11',
  endsOn = '2027-04-30',
) => ({ days: parseDays(days), startsAt, endsAt, startsOn, endsOn }) satisfies Pattern

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
const date = (offset: number): string =>
  new Date(Date.UTC(2027, 0, 1) + offset * 86_400_000).toISOString().slice(0, 10)

/** Short spans in few weeks, so that near misses are frequent. */
const anyPattern: fc.Arbitrary<Pattern> = fc
  .record({
    days: fc.subarray([...weekdays]),
    start: fc.integer({ min: 0, max: 20 }),
    length: fc.integer({ min: 1, max: 6 }),
    from: fc.integer({ min: 0, max: 16 }),
    span: fc.integer({ min: 0, max: 30 }),
    everyWeeks: fc.constantFrom(undefined, 1, 2, 3),
  })
  .map(({ days, start, length, from, span, everyWeeks }) => ({
    everyWeeks,
    days,
    startsAt: days.length === 0 ? null : clock(540 + start * 10),
    endsAt: days.length === 0 ? null : clock(540 + (start + length) * 10),
    startsOn: date(from),
    endsOn: date(from + span),
  }))

/** The oracle: every ten minutes of every date on which the pattern really meets, written out. */
const occurrences = (one: Pattern): ReadonlySet<string> => {
  const found = new Set<string>()
  const { startsAt, endsAt } = one
  if (startsAt === null || endsAt === null) return found
  for (let day = Date.parse(one.startsOn); day <= Date.parse(one.endsOn); day += 86_400_000) {
    const weekday = (new Date(day).getUTCDay() || 7) as Weekday
    if (!one.days.includes(weekday)) continue
    // 28 December 2026 was a Monday
    const week = (moment: number) => Math.floor((moment - Date.parse('2026-12-28')) / (7 * 86_400_000))
    if ((week(day) - week(Date.parse(one.startsOn))) % (one.everyWeeks ?? 1) !== 0) continue
    for (let minute = 0; minute < 1440; minute += 10)
      if (clock(minute) >= startsAt && clock(minute) < endsAt) found.add(`${day} ${minute}`)
  }
  return found
}

describe('when two meetings overlap', () => {
  it('agrees with calendars written out in full', () => {
    let overlaps = 0
    fc.assert(
      fc.property(anyPattern, anyPattern, (a, b) => {
        const theirs = occurrences(b)
        const expected = [...occurrences(a)].some((moment) => theirs.has(moment))
        if (expected) overlaps += 1
        expect(overlapDays(a, b).length > 0).toBe(expected)
      }),
      { numRuns: 3_000, verbose: true },
    )
    // the property says something only if both answers occur
    expect(overlaps).toBeGreaterThan(50)
    expect(overlaps).toBeLessThan(2_900)
  })

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(fc.array(anyPattern, { maxLength: 3 }), fc.array(anyPattern, { maxLength: 3 }), (a, b) => {
        expect(overlap(a, b) === null).toBe(overlap(b, a) === null)
      }),
    )
  })

  it('lets one class begin when another ends', () => {
    expect(overlap([pattern('MWF', '09:00', '10:00')], [pattern('MWF', '10:00', '11:00')])).toBeNull()
  })

  it('knows that a shared weekday need not fall into the shared dates', () => {
    // Tuesday 9 and Wednesday 10 March are shared; Monday is not among them
    const first = pattern('MT', '09:00', '10:00', '2027-01-11', '2027-03-10')
    const second = pattern('M', '09:00', '10:00', '2027-03-09', '2027-04-30')
    expect(overlap([first], [second])).toBeNull()
    expect(overlapDays(first, { ...second, days: [1, 2] })).toEqual([2])
  })

  it('says when', () => {
    const found = overlap([pattern('MWF', '09:00', '09:50')], [pattern('MW', '09:30', '10:45')])
    expect(found === null ? '' : describeOverlap(found)).toBe('Mon, Wed 09:30–09:50')
  })

  it('reads and writes the letters of bulletins', () => {
    fc.assert(
      fc.property(fc.subarray([...weekdays]), (days) => {
        expect(parseDays(formatDays(days))).toEqual(days)
      }),
    )
    expect(formatDays([2, 4])).toBe('TR')
  })
})
