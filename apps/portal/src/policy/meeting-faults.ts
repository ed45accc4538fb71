/** What is wrong with one meeting of a section as the registrar's office wrote it: all of it at once, at most one fault for each field. */
import { type Said, said } from '../texts/index.ts'
import { firstDayIn } from './meeting.ts'

/** Absent: it could not be read, and nothing is said of what would be compared with it. */
export interface MeetingFields {
  /** 'MWF'; '' with both times null: arranged */
  readonly days?: string | undefined
  readonly starts?: string | null | undefined
  readonly ends?: string | null | undefined
  /** 'YYYY-MM-DD' */
  readonly from?: string | undefined
  readonly until?: string | undefined
  readonly weeks?: 'every' | 'odd' | 'even' | 'other' | undefined
}

/** First and last day, 'YYYY-MM-DD'. */
export interface Dates {
  readonly startsOn: string
  readonly endsOn: string
}

export interface MeetingFault {
  readonly field: keyof MeetingFields
  readonly words: Said
}

/** A meeting has days and times, or neither: arranged. */
const timeFaults = ({ days, starts, ends }: MeetingFields): readonly MeetingFault[] => {
  // what could not be read was written, all the same
  if (days === '' && starts === null && ends === null) return []
  return [
    ...(days === '' ? [{ field: 'days' as const, words: said('form.days_missing') }] : []),
    ...(starts === null ? [{ field: 'starts' as const, words: said('form.begins_missing') }] : []),
    ...(ends === null ? [{ field: 'ends' as const, words: said('form.ends_missing') }] : []),
    ...(starts !== undefined && starts !== null && ends !== undefined && ends !== null && ends <= starts
      ? [{ field: 'ends' as const, words: said('form.ends_early') }]
      : []),
  ]
}

const outside = (day: string, { startsOn, endsOn }: Dates): Said | null =>
  day < startsOn
    ? said('form.before_term', { day: startsOn })
    : day > endsOn
      ? said('form.after_term', { day: endsOn })
      : null

const dateFaults = (
  { from, until }: MeetingFields,
  term: Dates,
  known: Dates | undefined,
): readonly MeetingFault[] => {
  const early = from === undefined || from === known?.startsOn ? null : outside(from, term)
  const late =
    until === undefined
      ? null
      : from !== undefined && until < from
        ? said('form.before_first')
        : until === known?.endsOn
          ? null
          : outside(until, term)
  return [
    ...(early === null ? [] : [{ field: 'from' as const, words: early }]),
    ...(late === null ? [] : [{ field: 'until' as const, words: late }]),
  ]
}

const weekFaults = ({ from, until, weeks }: MeetingFields, term: Dates): readonly MeetingFault[] =>
  (weeks === 'odd' || weeks === 'even') &&
  from !== undefined &&
  until !== undefined &&
  from <= until &&
  firstDayIn(weeks, from, term.startsOn) > until
    ? [{ field: 'weeks', words: said(`form.weeks_${weeks}`) }]
    : []

/** @param known the meeting as it is; a day that stays is not judged by the term: an import may have brought one that lies outside */
export const meetingFaults = (fields: MeetingFields, term: Dates, known?: Dates): readonly MeetingFault[] => [
  ...timeFaults(fields),
  ...dateFaults(fields, term, known),
  ...weekFaults(fields, term),
]

/** Whether a meeting lies outside its term, in a day that it did not have before. */
export const isMovedOut = (meeting: Dates, term: Dates, known?: Dates): boolean =>
  (meeting.startsOn !== known?.startsOn && outside(meeting.startsOn, term) !== null) ||
  (meeting.endsOn !== known?.endsOn && outside(meeting.endsOn, term) !== null)
