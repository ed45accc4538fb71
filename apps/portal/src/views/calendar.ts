/**
 * Sections as an iCalendar file (RFC 5545): one event for each meeting with fixed times, repeated weekly by the campus's
 * clock. The zone's rules stand in the file, so that a calendar that does not know the zone is right, too. Pure.
 */
import ICAL from 'ical.js'
import { tzlib_get_ical_block as zoneBlock } from 'timezones-ical-library'
import type { Meeting, SectionRow } from '../catalogue/types.ts'
import { datesOf } from '../policy/meeting.ts'
import { label } from './words.ts'

interface CalendarOptions {
  /** 'Ann Lee, Fall 2026' */
  readonly name: string
  /** IANA name of the campus's zone */
  readonly timeZone: string
  /** where people open the portal; each event leads to its section there */
  readonly portal: string
  /** when the file is made */
  readonly now: Date
}

// the library does not count the blank with which a folded line goes on: 75 bytes are the standard's most, with it
ICAL.foldLength = 74

/** As iCalendar numbers and names them; index 0 is Monday. */
const dayNames = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const

const made = new Map<string, { readonly zone: ICAL.Timezone; readonly block: ICAL.Component }>()

const zoneOf = (name: string) => {
  const known = made.get(name)
  if (known !== undefined) return known
  const [text = ''] = zoneBlock(name)
  const block = ICAL.Component.fromString(text)
  const zone = new ICAL.Timezone(block)
  made.set(name, { zone, block })
  return { zone, block }
}

/** 'YYYY-MM-DD' and 'HH:MM' by the campus's clock */
const timeAt = (day: string, clock: string, zone: ICAL.Timezone): ICAL.Time => {
  const time = ICAL.Time.fromDateTimeString(`${day}T${clock}:00`)
  time.zone = zone
  return time
}

const eventOf = (
  section: SectionRow,
  meeting: Meeting,
  zone: ICAL.Timezone,
  { portal, now }: CalendarOptions,
  used: Map<string, number>,
): ICAL.Component | undefined => {
  const { startsAt, endsAt, days, endsOn, startsOn, everyWeeks = 1 } = meeting
  const [first] = datesOf(meeting)
  if (startsAt === null || endsAt === null || first === undefined) return undefined
  const event = new ICAL.Component('vevent')
  const host = new URL(portal).hostname
  // the same for the same meeting, so that a calendar that subscribes moves an event instead of doubling it
  const key = `${section.id}-${days.join('')}-${startsAt.replace(':', '')}-${startsOn}`
  // two rooms at the same time are two events
  const before = used.get(key) ?? 0
  used.set(key, before + 1)
  event.addPropertyWithValue('uid', `${key}${before === 0 ? '' : `-${before + 1}`}@${host}`)
  event.addPropertyWithValue('dtstamp', ICAL.Time.fromJSDate(now, true))
  for (const [name, clock] of [
    ['dtstart', startsAt],
    ['dtend', endsAt],
  ] as const) {
    const property = event.addPropertyWithValue(name, timeAt(first, clock, zone))
    property.setParameter('tzid', zone.tzid)
  }
  event.addPropertyWithValue(
    'rrule',
    ICAL.Recur.fromData({
      freq: 'WEEKLY',
      ...(everyWeeks > 1 ? { interval: everyWeeks } : {}),
      // the standard wants UTC here wherever the start has a zone
      until: timeAt(endsOn, '23:59', zone).convertToZone(ICAL.Timezone.utcTimezone),
      byday: days.map((day) => dayNames[day - 1] ?? 'MO'),
      // weeks are counted as policy/meeting.ts counts them
      wkst: ICAL.Time.MONDAY,
    }),
  )
  event.addPropertyWithValue('summary', `${label(section)} ${section.title}`)
  if (meeting.place !== null) event.addPropertyWithValue('location', meeting.place)
  if (meeting.instructor !== null) event.addPropertyWithValue('description', meeting.instructor)
  event.addPropertyWithValue('url', `${portal}/sections/${section.id}`)
  event.addPropertyWithValue('status', section.status === 'cancelled' ? 'CANCELLED' : 'CONFIRMED')
  return event
}

/** The library escapes what it knows to be text; a property of calendar programs' own it writes as it is. */
const escaped = (text: string): string =>
  text.replaceAll(/\p{Cc}+/gu, ' ').replaceAll(/[\\;,]/g, String.raw`\$&`)

/** Text with CRLF, for text/calendar. What has no fixed times is not in it. */
export const calendarText = (sections: readonly SectionRow[], options: CalendarOptions): string => {
  const { zone, block } = zoneOf(options.timeZone)
  const calendar = new ICAL.Component('vcalendar')
  for (const [name, value] of [
    ['version', '2.0'],
    ['prodid', '-//Matricula//Portal//EN'],
    ['calscale', 'GREGORIAN'],
    ['method', 'PUBLISH'],
    ['x-wr-calname', escaped(options.name)],
    // how often a calendar that subscribes should look again
    ['x-published-ttl', 'PT1H'],
  ] as const)
    calendar.addPropertyWithValue(name, value)
  calendar.addSubcomponent(ICAL.Component.fromString(block.toString()))
  const used = new Map<string, number>()
  for (const section of sections) {
    for (const meeting of section.meetings) {
      const event = eventOf(section, meeting, zone, options, used)
      if (event !== undefined) calendar.addSubcomponent(event)
    }
  }
  return `${calendar.toString()}\r\n`
}
