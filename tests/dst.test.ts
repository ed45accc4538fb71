/**
 * The university's zone across both changes of the clock: windows and deadlines are instants, entered and shown as the campus's
 * clock; meetings are the clock's own times, and do not move.
 */

import { describe, expect, it } from 'vitest'
import { endOfDay } from '../apps/portal/src/intake/calendar.ts'
import { overlap, parseDays } from '../apps/portal/src/policy/meeting.ts'
import { planRegistration } from '../apps/portal/src/policy/registration.ts'
import { leaving } from '../apps/portal/src/policy/leaving.ts'
import {
  dayIn,
  readLocal,
  readLocalSeconds,
  writeLocal,
  writeLocalSeconds,
} from '../apps/portal/src/policy/zone.ts'
import { languageFor } from '../apps/portal/src/texts/index.ts'
import { reasonWords } from '../apps/portal/src/views/words.ts'
import { cohort, facts, section, term } from './policy/facts.ts'

const chicago = 'America/Chicago'
const at = (text: string, zone = chicago): string => {
  const read = readLocal(text, zone)
  if (read.state !== 'instant') throw new Error(`${text} is ${read.state}`)
  return read.at
}

describe('a clock time of the campus', () => {
  it.each([
    ['2026-03-07 02:30', chicago, '2026-03-07T08:30:00.000Z'],
    ['2026-03-08 01:59', chicago, '2026-03-08T07:59:00.000Z'],
    ['2026-03-08 03:00', chicago, '2026-03-08T08:00:00.000Z'],
    ['2026-11-01 00:59', chicago, '2026-11-01T05:59:00.000Z'],
    ['2026-11-01 01:30 -05:00', chicago, '2026-11-01T06:30:00.000Z'],
    ['2026-11-01 01:30 -06:00', chicago, '2026-11-01T07:30:00.000Z'],
    ['2026-11-01 02:00', chicago, '2026-11-01T08:00:00.000Z'],
    ['2026-11-01 06:30Z', chicago, '2026-11-01T06:30:00.000Z'],
    // the southern half, half an hour, none at all
    ['2026-10-04 03:30', 'Australia/Sydney', '2026-10-03T16:30:00.000Z'],
    ['2026-04-05 01:59 +11:00', 'Australia/Lord_Howe', '2026-04-04T14:59:00.000Z'],
    ['2026-03-29 02:30', 'UTC', '2026-03-29T02:30:00.000Z'],
    ['2026-06-01 12:00', 'Asia/Kathmandu', '2026-06-01T06:15:00.000Z'],
  ])('%s in %s is %s', (text, zone, expected) => {
    expect(readLocal(text, zone)).toEqual({ state: 'instant', at: expected })
    expect(at(writeLocal(expected, zone), zone)).toBe(expected)
  })

  it.each([
    ['2026-03-08 02:30', chicago, { state: 'missing' }],
    ['2026-03-29 02:30', 'Europe/Berlin', { state: 'missing' }],
    [
      '2026-11-01 01:30',
      chicago,
      { state: 'twice', choices: ['2026-11-01 01:30 -05:00', '2026-11-01 01:30 -06:00'] },
    ],
    // an offset that the zone does not have then
    ['2026-11-01 01:30 +02:00', chicago, { state: 'unreadable' }],
    ['2026-06-31 10:00', chicago, { state: 'unreadable' }],
    ['2026-06-30 24:00', chicago, { state: 'unreadable' }],
    // slips of the hand: no database keeps them in every zone
    ['0026-11-02 08:00', chicago, { state: 'unreadable' }],
    ['9999-12-31 23:59', chicago, { state: 'unreadable' }],
    ['tomorrow', chicago, { state: 'unreadable' }],
    ['', chicago, { state: 'unreadable' }],
  ])('%s in %s is %o', (text, zone, expected) => {
    expect(readLocal(text, zone)).toEqual(expected)
  })

  it('comes back from every quarter of an hour around both changes', () => {
    for (const day of ['2026-03-08', '2026-11-01'])
      for (let quarter = 0; quarter < 96; quarter += 1) {
        const instant = new Date(Date.parse(`${day}T00:00:00Z`) + quarter * 900_000).toISOString()
        expect(at(writeLocal(instant, chicago))).toBe(instant)
      }
  })
})

describe('a moment of the ledger by the campus’s clock', () => {
  it.each([
    ['2026-11-22 08:00:03', '2026-11-22T14:00:03Z', ['2026-11-22', '08:00:03']],
    ['2026-07-01 08:00:03.000007', '2026-07-01T13:00:03.000007Z', ['2026-07-01', '08:00:03.000007']],
    // as a link of the ledger, and as a program, writes it
    ['2026-11-22T14:00:03.25Z', '2026-11-22T14:00:03.25Z', ['2026-11-22', '08:00:03.25']],
    ['2026-11-22T08:00', '2026-11-22T14:00:00Z', ['2026-11-22', '08:00:00']],
    // the evening before in UTC, and the hour that comes twice
    ['2026-11-22 23:30:00', '2026-11-23T05:30:00Z', ['2026-11-22', '23:30:00']],
    ['2026-11-01 01:30:59.5 -06:00', '2026-11-01T07:30:59.5Z', ['2026-11-01', '01:30:59.5 -06:00']],
  ])('%s is %s', (text, at, shown) => {
    expect(readLocalSeconds(text, chicago)).toEqual({ state: 'instant', at })
    expect(writeLocalSeconds(at, chicago)).toEqual(shown)
    expect(readLocalSeconds(shown.join(' '), chicago)).toEqual({ state: 'instant', at })
  })

  it('say which day it is on the campus, not in Greenwich', () => {
    expect(dayIn(new Date('2026-12-19T03:30:00Z'), chicago)).toBe('2026-12-18')
    expect(dayIn(new Date('2026-12-19T06:00:00Z'), chicago)).toBe('2026-12-19')
    expect(dayIn(new Date('2026-12-18T15:00:00Z'), 'Asia/Tokyo')).toBe('2026-12-19')
  })

  it.each([
    ['2026-03-08 02:30:00', { state: 'missing' }],
    [
      '2026-11-01 01:30:07.5',
      { state: 'twice', choices: ['2026-11-01 01:30:07.5 -05:00', '2026-11-01 01:30:07.5 -06:00'] },
    ],
    ['2026-02-31 10:00:00', { state: 'unreadable' }],
    ['2026-02-28 24:00:00', { state: 'unreadable' }],
    ['2026-02-28 10:00:60', { state: 'unreadable' }],
    ['2026-02-28 10:00:00.1234567', { state: 'unreadable' }],
    ['now', { state: 'unreadable' }],
  ])('%s is %o', (text, expected) => {
    expect(readLocalSeconds(text, chicago)).toEqual(expected)
  })
})

describe('a window that opens in the repeated hour', () => {
  const decide = (now: string, opens: string) =>
    planRegistration(
      ['1'],
      facts([section(1)], {
        now,
        term: { windows: [cohort(opens)] },
        windows: new Map([
          [
            1,
            {
              registrationOpensAt: '2026-10-01T00:00:00.000Z',
              registrationClosesAt: '2026-12-01T00:00:00.000Z',
            },
          ],
        ]),
      }),
    )[0]

  it('opens once: at the one that was meant', () => {
    const second = at('2026-11-01 01:30 -06:00')
    // the clock shows 01:30, and 01:59, an hour too early
    expect(decide(at('2026-11-01 01:30 -05:00'), second)?.outcome).toBe('refuse')
    expect(decide(at('2026-11-01 01:59 -05:00'), second)?.outcome).toBe('refuse')
    expect(decide(at('2026-11-01 01:29 -06:00'), second)?.outcome).toBe('refuse')
    expect(decide(second, second)?.outcome).toBe('enrol')
    const first = at('2026-11-01 01:30 -05:00')
    expect(decide(at('2026-11-01 01:00 -06:00'), first)?.outcome).toBe('enrol')
  })

  it('is told in the campus’s time', () => {
    const line = decide(at('2026-11-01 00:10'), at('2026-11-01 01:30 -06:00'))
    const [why] = line?.reasons ?? []
    if (why === undefined) throw new Error('no reason')
    const words = reasonWords(why, languageFor('en-GB', chicago))
    expect(words).toContain('1 Nov 2026')
    expect(words).toContain('01:30')
    // the same day in UTC would be wrong for what opens in the evening
    const evening = decide(at('2026-11-01 00:10'), at('2026-11-02 20:00'))?.reasons[0]
    expect(evening && reasonWords(evening, languageFor('en-GB', chicago))).toContain('2 Nov 2026')
    expect(at('2026-11-02 20:00')).toContain('2026-11-03')
  })
})

describe('a deadline at the end of a day', () => {
  it.each([
    // 23, 25 and 24 hours long
    ['2026-03-08', '2026-03-09T04:59:00.000Z'],
    ['2026-11-01', '2026-11-02T05:59:00.000Z'],
    ['2026-06-01', '2026-06-02T04:59:00.000Z'],
  ])('%s ends at %s', (day, expected) => {
    expect(at(`${day} 23:59`)).toBe(expected)
    expect(`${endOfDay(day, chicago).replace(' ', 'T')}.000Z`).toBe(expected)
    const window = {
      registrationOpensAt: '2026-01-01T00:00:00.000Z',
      registrationClosesAt: '2027-01-01T00:00:00.000Z',
    }
    const before = new Date(Date.parse(expected) - 1).toISOString()
    const rules = { ...term, dropUntil: expected }
    expect(leaving(before, window, rules, null).way).toBe('drop')
    expect(leaving(expected, window, rules, null).way).toBe('none')
  })
})

describe('meetings', () => {
  const weekly = (days: string, startsAt: string, endsAt: string, startsOn: string, endsOn: string) => ({
    days: parseDays(days),
    startsAt,
    endsAt,
    startsOn,
    endsOn,
  })
  it.each([
    ['2026-01-12', '2026-05-01'],
    ['2026-08-24', '2026-12-11'],
  ])('keep their clock times through a term of %s to %s', (from, to) => {
    const early = weekly('MWU', '09:00', '09:50', from, to)
    const next = weekly('MWU', '09:50', '10:40', from, to)
    expect(overlap([early], [next])).toBe(null)
    expect(overlap([early], [weekly('U', '09:30', '09:40', from, to)])).toMatchObject({ startsAt: '09:30' })
    // the night of the change is a Sunday: in the hour that is missing or repeated, too
    const night = weekly('U', '01:00', '03:00', from, to)
    expect(overlap([night], [weekly('U', '02:00', '02:30', from, to)])).toMatchObject({ startsAt: '02:00' })
  })
})
