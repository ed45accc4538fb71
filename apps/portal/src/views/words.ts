/** The words for what the read models give, in one place: plain, short, the same on every page. */
import type { Format } from '@matricula/ui/format'
import { type Reason, reason } from '../policy/reasons.ts'
import type { Component, InstructionMode, Meeting, SectionRow, Term } from '../catalogue/types.ts'

export const componentWords: Record<Component, string> = {
  lecture: 'Lecture',
  laboratory: 'Laboratory',
  seminar: 'Seminar',
  discussion: 'Discussion',
  studio: 'Studio',
}

export const modeWords: Record<InstructionMode, string> = {
  in_person: 'In person',
  hybrid: 'Hybrid',
  online: 'Online',
}

export const label = (section: SectionRow): string => `${section.code}-${section.section}`

export const count = (n: number, one: string, many: string, format: Format): string =>
  `${format.number(n)} ${n === 1 ? one : many}`

export const credits = ({ credits: { min, max } }: SectionRow, format: Format): string =>
  min === max ? format.number(min) : `${format.number(min)}–${format.number(max)}`

export const creditWords = (value: number, format: Format): string =>
  count(value, 'credit', 'credits', format)

const everyWords = ({ everyWeeks = 1, startsOn }: Meeting, format: Format): string => {
  if (everyWeeks < 2) return ''
  const every = everyWeeks === 2 ? 'every other week' : `every ${format.number(everyWeeks)} weeks`
  return ` (${every} from ${format.day(startsOn)})`
}

/** 'Mon, Wed, Fri' */
export const dayWords = (meeting: Meeting, format: Format): string =>
  meeting.days.map((day) => format.weekday(day, 'short')).join(', ') + everyWords(meeting, format)

export const timeWords = (meeting: Meeting, format: Format): string | undefined =>
  meeting.startsAt === null || meeting.endsAt === null
    ? undefined
    : format.clockRange(meeting.startsAt, meeting.endsAt)

/** Instants, days and spans of clock time within words, as the reader writes them; the policy knows them in ISO form. */
export const momentsIn = (words: string, format: Format): string =>
  words
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (instant) => format.moment(instant))
    .replaceAll(/\d{4}-\d\d-\d\d/g, (day) => format.day(day))
    .replaceAll(/(\d\d:\d\d)–(\d\d:\d\d)/g, (_, start: string, end: string) => format.clockRange(start, end))

/** A reason's words with its day and its times as the reader writes them; the policy knows them in ISO form. */
export const reasonWords = ({ code, detail }: Reason, format: Format): string =>
  reason(code, momentsIn(detail, format)).words

/** What to do about it, with its moments as the reader writes them. */
export const remedyWords = ({ code, detail }: Reason, format: Format): string =>
  reason(code, momentsIn(detail, format)).remedy

export const windowWords = (term: Term, format: Format): string => {
  switch (term.registration) {
    case 'before':
      return `Registration for ${term.name} opens on ${format.moment(term.registrationOpensAt)}.`
    case 'open':
      return `Registration for ${term.name} is open until ${format.moment(term.registrationClosesAt)}.`
    case 'closed':
      return `Registration for ${term.name} closed on ${format.moment(term.registrationClosesAt)}.`
    default:
      return term.registration satisfies never
  }
}
