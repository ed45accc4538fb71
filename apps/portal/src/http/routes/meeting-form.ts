/** One meeting in the form of a section's meetings: what was typed → values, or words on what is wrong, all of it at once. */
import type { FormError } from '@matricula/ui'
import { z } from 'zod'
import { firstDayIn, formatDays, parseDays } from '../../policy/meeting.ts'
import { type Dates, meetingFaults } from '../../policy/meeting-faults.ts'
import type { Language } from '../../texts/index.ts'
import { formErrors, wrong } from '../fields.ts'
import { readable, withRest } from './office-act.ts'
import { day, line } from './office-forms.ts'

const clock = line.transform((value, context) => {
  if (value === '') return null
  const [, hours = '', minutes = ''] = /^(\d{1,2}):(\d{2})$/.exec(value) ?? []
  if (hours !== '' && Number(hours) <= 23 && Number(minutes) <= 59)
    return `${hours.padStart(2, '0')}:${minutes}`
  context.addIssue({ code: 'custom', message: wrong('form.time') })
  return z.NEVER
})

const days = line.transform((value, context) => {
  const letters = value.toUpperCase().replaceAll(/[\s,]/g, '')
  if (/^[MTWRFSU]*$/.test(letters) && new Set(letters).size === letters.length)
    return formatDays(parseDays(letters))
  context.addIssue({ code: 'custom', message: wrong('form.days') })
  return z.NEVER
})

/** What the fields of one meeting cannot know by themselves. */
export interface MeetingGround {
  readonly term: Dates
  readonly roomIds: ReadonlySet<number>
}

const meetingForm = ({ roomIds }: MeetingGround) =>
  z.object({
    days,
    starts: clock,
    ends: clock,
    from: day,
    until: day,
    weeks: line.pipe(z.enum(['every', 'odd', 'even', 'other'], wrong('form.weeks'))),
    room: line.transform((value, context) => {
      const id = value === '' ? null : Number(value)
      if (id === null || roomIds.has(id)) return id
      context.addIssue({ code: 'custom', message: wrong('form.room') })
      return z.NEVER
    }),
  })

export const meetingFields = ['days', 'starts', 'ends', 'from', 'until', 'weeks', 'room'] as const

type MeetingValues = z.output<ReturnType<typeof meetingForm>>

/**
 * Days and times empty: arranged.
 * @param known the meeting as it is; undefined: a new one
 * @returns the days on which it begins and ends as they will be kept; or what is wrong, one for each field, in their order
 */
export const readMeeting = (
  given: Readonly<Record<string, unknown>>,
  ground: MeetingGround,
  known: Dates | undefined,
  language: Language,
):
  | { readonly values: MeetingValues; readonly errors: readonly [] }
  | { readonly values: null; readonly errors: readonly FormError[] } => {
  const form = meetingForm(ground)
  const parsed = form.safeParse(given)
  const faults = meetingFaults(readable(form, given), ground.term, known)
  if (parsed.success && faults.length === 0) {
    const { weeks, from } = parsed.data
    const first = weeks === 'odd' || weeks === 'even' ? firstDayIn(weeks, from, ground.term.startsOn) : from
    return { values: { ...parsed.data, from: first }, errors: [] }
  }
  const unread = parsed.success ? [] : formErrors(parsed.error, language)
  const worded = faults.map(({ field, words }) => ({ field, message: language.say(words) }))
  return { values: null, errors: withRest(unread, worded, form) }
}
