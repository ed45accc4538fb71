/**
 * The file is read back by a library that shares no code with the one that wrote it, and each meeting must be at its
 * place on the campus's clock: on every date, across both changes of the clock, in zones of both hemispheres.
 */
import ICAL from 'ical.js'
import ical from 'node-ical'
import { describe, expect, it } from 'vitest'
import { section } from '../../../../tests/policy/facts.ts'
import type { Meeting, SectionRow } from '../catalogue/types.ts'
import { calendarText } from './calendar.ts'

const meeting = (
  days: Meeting['days'],
  startsAt: string | null,
  endsAt: string | null,
  startsOn: string,
  endsOn: string,
  everyWeeks?: number,
): Meeting => ({
  days,
  startsAt,
  endsAt,
  startsOn,
  endsOn,
  everyWeeks,
  place: 'Kepler Hall 204; East, “wing”\\',
  instructor: 'Ann Lee, Bo Ruiz',
})

const sectionOf = (id: number, ...meetings: readonly Meeting[]): SectionRow =>
  section(id, {
    title: 'Systems, networks; and a title that is long enough to be folded over two lines at least, ünïcode',
    meetings,
  })

/** Two terms with a change of the clock in each, days that begin in mid-week, alternating weeks, a night, one day alone. */
const sections = [
  sectionOf(1, meeting([1, 3, 5], '10:00', '10:50', '2026-08-26', '2026-12-18')),
  sectionOf(2, meeting([2, 4], '08:00', '09:15', '2027-01-12', '2027-05-06')),
  sectionOf(3, meeting([1, 5], '13:00', '15:50', '2026-08-27', '2026-12-18', 2)),
  sectionOf(4, meeting([7], '22:30', '23:45', '2026-10-01', '2026-11-30', 3)),
  sectionOf(5, meeting([6], '09:00', '17:00', '2026-10-31', '2026-10-31')),
  sectionOf(6, meeting([], null, null, '2026-08-24', '2026-12-18')),
  sectionOf(7, meeting([2], '09:00', '10:00', '2026-10-14', '2026-10-16')),
]

const options = { name: 'Maya, Fall 2026', portal: 'https://register.example.edu', now: new Date(0) }
const dayMs = 86_400_000
const mondayOf = (day: number) => day - ((new Date(day).getUTCDay() + 6) % 7) * dayMs

/** Written out in full: '3 2026-11-02 13:00' */
const expected = (): readonly string[] =>
  sections.flatMap(({ id, meetings }) =>
    meetings.flatMap(({ days, startsAt, startsOn, endsOn, everyWeeks = 1 }) => {
      const found: string[] = []
      for (let day = Date.parse(startsOn); day <= Date.parse(endsOn); day += dayMs) {
        const weekday = ((new Date(day).getUTCDay() + 6) % 7) + 1
        const weeks = Math.round((mondayOf(day) - mondayOf(Date.parse(startsOn))) / (7 * dayMs))
        if (days.some((one) => one === weekday) && weeks % everyWeeks === 0)
          found.push(`${id} ${new Date(day).toISOString().slice(0, 10)} ${startsAt}`)
      }
      return found
    }),
  )

const clockOf = (timeZone: string) => {
  const format = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'short', timeZone })
  return (moment: Date): string => format.format(moment)
}

/** What the other library makes of the file, by the campus's clock. */
const read = (text: string, timeZone: string): readonly string[] => {
  const clock = clockOf(timeZone)
  return Object.values(ical.sync.parseICS(text)).flatMap((event) => {
    if (event?.type !== 'VEVENT') return []
    const id = /\/sections\/(\d+)$/.exec(String(event.url))?.[1]
    const from = new Date('2026-08-01')
    const found = ical.expandRecurringEvent(event, { from, to: new Date('2027-06-01') })
    return found.map(({ start }) => `${id} ${clock(new Date(start))}`)
  })
}

describe('the schedule as a calendar file', () => {
  it.each(['America/New_York', 'Europe/London', 'Australia/Sydney', 'Asia/Kolkata', 'UTC'])(
    'has each meeting at its place on the clock of %s',
    (timeZone) => {
      const text = calendarText(sections, { ...options, timeZone })
      expect([...read(text, timeZone)].sort()).toEqual([...expected()].sort())
      // negative control: by another clock it is found wrong
      if (timeZone !== 'UTC') expect([...read(text, 'UTC')].sort()).not.toEqual([...expected()].sort())
    },
  )

  it.each(['America/New_York', 'Australia/Sydney'])('carries the rules of %s itself', (timeZone) => {
    const text = calendarText(sections, { ...options, timeZone })
    const block = ICAL.Component.fromString(text).getFirstSubcomponent('vtimezone')
    if (block === null) throw new Error('no VTIMEZONE')
    const zone = new ICAL.Timezone(block)
    const offset = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    for (let day = Date.parse('2026-08-01T12:00:00Z'); day < Date.parse('2027-06-01'); day += dayMs) {
      const local = ICAL.Time.fromJSDate(new Date(day), true).convertToZone(zone)
      const name = offset.formatToParts(day).find(({ type }) => type === 'timeZoneName')?.value ?? ''
      const [, sign = '', hours = '', minutes = ''] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? []
      const seconds = Number(`${sign}1`) * (Number(hours) * 3_600 + Number(minutes) * 60)
      expect([new Date(day).toISOString(), zone.utcOffset(local)]).toEqual([
        new Date(day).toISOString(),
        seconds,
      ])
    }
  })

  it('escapes and folds what it says, and leaves out what has no times', () => {
    const text = calendarText(sections, { ...options, timeZone: 'UTC' })
    expect(text.split('\r\n').every((line) => Buffer.byteLength(line) <= 75)).toBe(true)
    expect(text).not.toMatch(/[^\r]\n/)
    const [event] = Object.values(ical.sync.parseICS(text)).filter((one) => one?.type === 'VEVENT')
    expect(event).toMatchObject({
      location: 'Kepler Hall 204; East, “wing”\\',
      description: 'Ann Lee, Bo Ruiz',
    })
    expect(text).not.toContain('sections/6')
    expect(text.match(/^UID:/gm)).toHaveLength(5)
    expect(text).toContain('STATUS:CONFIRMED')
    const named = calendarText([], { ...options, timeZone: 'UTC', name: 'Lee, Ann; \\ Fall\r\nX-A:1' })
    expect(named).toContain('X-WR-CALNAME:Lee\\, Ann\\; \\\\ Fall X-A:1\r\n')
    // a line that is folded twice, with letters of two bytes and of four
    const long = { ...sectionOf(8), title: 'ünïcode 🎓 '.repeat(30), meetings: sections[0]?.meetings ?? [] }
    const twice = calendarText([{ ...long, meetings: [...long.meetings, ...long.meetings] }], {
      ...options,
      timeZone: 'UTC',
    })
    expect(twice.split('\r\n').filter((line) => Buffer.byteLength(line) > 75)).toEqual([])
    const events = Object.values(ical.sync.parseICS(twice)).filter((one) => one?.type === 'VEVENT')
    // the same hour in two rooms: two events, not one
    expect(events.map((one) => one?.type === 'VEVENT' && one.summary)).toEqual(
      [0, 1].map(() => `CS 108-001 ${long.title}`),
    )
    const [first] = sections
    if (first === undefined) throw new Error('no section')
    const gone = calendarText([{ ...first, status: 'cancelled' }], { ...options, timeZone: 'UTC' })
    expect(gone).toContain('STATUS:CANCELLED')
  })
})
