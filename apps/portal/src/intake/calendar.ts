/**
 * The sample's terms, from the day on which it is made ("today"):
 *
 * - A year has a spring (from the Monday on or after 11 January) and a fall (from the Monday on or after 24 August);
 *   both last 16 weeks and end on a Friday.
 * - The open term is the next one to begin after today. Its registration window opened 14 days before today at the
 *   latest, and closes at the end of the day, as the campus reads it, two weeks after its classes begin: so it is open whenever the sample is made, for at least 14 days.
 * - The three terms before it are there too: those that are over are graded, one may be in progress.
 */
import type { Random } from './random.ts'

export interface SampleTerm {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly startsOn: string
  readonly endsOn: string
  readonly opensAt: string
  readonly closesAt: string
  readonly phase: 'over' | 'running' | 'open'
}

const dayMs = 86_400_000

/** 'YYYY-MM-DD' moved by days */
export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)

const mondayFrom = (date: string): string => {
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
  return addDays(date, (8 - weekday) % 7)
}

/** The last minute of a day in a zone, as DATETIME text in UTC. */
export const endOfDay = (date: string, timeZone: string): string => clockOn(date, '23:59', timeZone)

/** A clock time ('HH:MM') of a day in a zone, as DATETIME text in UTC. */
export const clockOn = (date: string, clock: string, timeZone: string): string => {
  const wanted = Date.parse(`${date}T${clock}:00Z`)
  // Swedish writes as ISO does: '2027-01-25 18:59:00'
  const shown = new Date(wanted).toLocaleString('sv-SE', { timeZone })
  const offset = Date.parse(`${shown.replace(' ', 'T')}Z`) - wanted
  return new Date(wanted - offset).toISOString().slice(0, 19).replace('T', ' ')
}

const termsOf = (year: number) => [
  { code: `${year}10`, name: `Spring ${year}`, startsOn: mondayFrom(`${year}-01-11`) },
  { code: `${year}80`, name: `Fall ${year}`, startsOn: mondayFrom(`${year}-08-24`) },
]

/** Oldest first; the last one is open for registration on `today`. */
export const sampleTerms = (today: string, timeZone = 'UTC'): readonly SampleTerm[] => {
  const year = Number(today.slice(0, 4))
  const all = [year - 2, year - 1, year, year + 1].flatMap(termsOf)
  const open = all.findIndex((term) => term.startsOn > today)
  return all.slice(open - 3, open + 1).map((term, index) => {
    const endsOn = addDays(term.startsOn, 16 * 7 - 3)
    const usual = addDays(term.startsOn, -60)
    const early = addDays(today, -14)
    const isOpen = index === 3
    return {
      id: index + 1,
      ...term,
      endsOn,
      opensAt: `${isOpen && early < usual ? early : usual} 06:00:00`,
      closesAt: endOfDay(addDays(term.startsOn, 14), timeZone),
      phase: isOpen ? 'open' : endsOn < today ? 'over' : 'running',
    }
  })
}

/** A clock time on a day in the window before the term, as DATETIME(3) text: when somebody registered. */
export const registrationMoment = (random: Random, from: string, to: string): string => {
  const span = Date.parse(`${to.replace(' ', 'T')}Z`) - Date.parse(`${from.replace(' ', 'T')}Z`)
  const moment = Date.parse(`${from.replace(' ', 'T')}Z`) + Math.floor(random.next() * Math.max(span, 1))
  return new Date(moment).toISOString().replace('T', ' ').replace('Z', '')
}
