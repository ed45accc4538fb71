/** When two weekly patterns meet at the same time: pure, on days and clock times as text. */
import type { Meeting, Weekday } from '../catalogue/types.ts'
import type { MeetingFact } from './notice-facts.ts'

/** The letters of bulletins, Monday to Sunday: R is Thursday, U is Sunday. */
const letters = 'MTWRFSU'
const names = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

export const weekdays: readonly Weekday[] = [1, 2, 3, 4, 5, 6, 7]

/** 'MWF' → [1, 3, 5]. Unknown letters are left out. */
export const parseDays = (text: string): readonly Weekday[] =>
  weekdays.filter((day) => text.includes(letters.charAt(day - 1)))

/** [1, 3, 5] → 'MWF' */
export const formatDays = (days: readonly Weekday[]): string =>
  weekdays
    .filter((day) => days.includes(day))
    .map((day) => letters.charAt(day - 1))
    .join('')

export const dayLetter = (day: Weekday): string => letters.charAt(day - 1)

export type Pattern = Pick<Meeting, 'days' | 'startsAt' | 'endsAt' | 'startsOn' | 'endsOn' | 'everyWeeks'>

const dayMs = 86_400_000
const dayNumber = (date: string): number => Date.parse(`${date}T00:00:00Z`) / dayMs
/** Day 0, 1 January 1970, was a Thursday. */
const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1

/** Monday of the week in which a day lies. */
const mondayOf = (day: number): number => day - (weekdayOf(day) - 1)

/** Whether a meeting of alternating weeks is held in the week of this day. */
const isItsWeek = ({ startsOn, everyWeeks = 1 }: Pattern, day: number): boolean =>
  everyWeeks <= 1 || ((mondayOf(day) - mondayOf(dayNumber(startsOn))) / 7) % everyWeeks === 0

/** All days on which a meeting is held, 'YYYY-MM-DD', ascending. */
export const datesOf = (pattern: Pattern): readonly string[] => {
  const [first, last] = [dayNumber(pattern.startsOn), dayNumber(pattern.endsOn)]
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => first + step)
    .filter((day) => pattern.days.some((one) => one === weekdayOf(day)) && isItsWeek(pattern, day))
    .map((day) => new Date(day * dayMs).toISOString().slice(0, 10))
}

/** True when both are held on this weekday of one week between two days, both included. */
const meetOn = (weekday: Weekday, a: Pattern, b: Pattern, from: string, to: string): boolean => {
  const last = dayNumber(to)
  const start = dayNumber(from)
  // the first such weekday, then week by week; after the product of both rhythms all begins anew
  const first = start + ((weekday - weekdayOf(start) + 7) % 7)
  const weeks = Math.max(1, a.everyWeeks ?? 1) * Math.max(1, b.everyWeeks ?? 1)
  for (let week = 0; week < weeks && first + week * 7 <= last; week += 1) {
    if (isItsWeek(a, first + week * 7) && isItsWeek(b, first + week * 7)) return true
  }
  return false
}

/**
 * The shared weekdays on which two patterns really are at the same time on some date; empty when they never are.
 * A meeting that ends at 10:50 does not overlap one that begins at 10:50.
 */
export const overlapDays = (a: Pattern, b: Pattern): readonly Weekday[] => {
  if (a.startsAt === null || a.endsAt === null || b.startsAt === null || b.endsAt === null) return []
  // 'HH:MM' and 'YYYY-MM-DD' sort as text
  if (a.startsAt >= b.endsAt || b.startsAt >= a.endsAt) return []
  const from = a.startsOn > b.startsOn ? a.startsOn : b.startsOn
  const to = a.endsOn < b.endsOn ? a.endsOn : b.endsOn
  if (from > to) return []
  return a.days.filter((day) => b.days.includes(day) && meetOn(day, a, b, from, to))
}

export interface Overlap {
  readonly days: readonly Weekday[]
  readonly startsAt: string
  readonly endsAt: string
}

/** The first time at which two sections collide, or null. */
export const overlap = (a: readonly Pattern[], b: readonly Pattern[]): Overlap | null => {
  for (const one of a) {
    for (const other of b) {
      const days = overlapDays(one, other)
      if (days.length === 0 || one.startsAt === null || other.startsAt === null) continue
      if (one.endsAt === null || other.endsAt === null) continue
      return {
        days,
        startsAt: one.startsAt > other.startsAt ? one.startsAt : other.startsAt,
        endsAt: one.endsAt < other.endsAt ? one.endsAt : other.endsAt,
      }
    }
  }
  return null
}

/** 'Mon, Wed 10:00–10:50' */
export const describeOverlap = (found: Overlap): string =>
  `${found.days.map((day) => names[day - 1]).join(', ')} ${found.startsAt}–${found.endsAt}`

/** For people, made into words later. @param meeting with its place */
export const meetingFactOf = (
  meeting: Pattern & Pick<Meeting, 'place'>,
  termStartsOn: string,
): MeetingFact => ({
  days: formatDays(meeting.days),
  startsAt: meeting.startsAt,
  endsAt: meeting.endsAt,
  startsOn: meeting.startsOn,
  endsOn: meeting.endsOn,
  weeks: weeksOf(meeting, termStartsOn),
  everyWeeks: meeting.everyWeeks ?? 1,
  place: meeting.place,
})

/** Which weeks of the term, the first being that in which it begins; 'other': a rhythm of three weeks or more. */
export type Weeks = 'every' | 'odd' | 'even' | 'other'

const weekOfTerm = (date: string, termStartsOn: string): number =>
  (mondayOf(dayNumber(date)) - mondayOf(dayNumber(termStartsOn))) / 7 + 1

export const weeksOf = (
  { startsOn, everyWeeks = 1 }: Pick<Pattern, 'startsOn' | 'everyWeeks'>,
  termStartsOn: string,
): Weeks => {
  if (everyWeeks <= 1) return 'every'
  if (everyWeeks > 2) return 'other'
  return weekOfTerm(startsOn, termStartsOn) % 2 === 0 ? 'even' : 'odd'
}

/**
 * The first day from which a rhythm of two weeks falls into these weeks: the day itself, or the Monday after its week, as
 * weeks are counted from the one in which a meeting begins.
 */
export const firstDayIn = (weeks: 'odd' | 'even', startsOn: string, termStartsOn: string): string => {
  if (weeksOf({ startsOn, everyWeeks: 2 }, termStartsOn) === weeks) return startsOn
  return new Date((mondayOf(dayNumber(startsOn)) + 7) * dayMs).toISOString().slice(0, 10)
}
