/** The forms of the registrar's office: what people type → values, or words on what is wrong with each field. */
import { z } from 'zod'
import { isLetter, meetsGrade } from '../../policy/grade.ts'
import { firstDayIn, formatDays, parseDays } from '../../policy/meeting.ts'
import { overrideRules } from '../../policy/rules.ts'
import { readLocal } from '../../policy/zone.ts'
import { text } from '../fields.ts'

/** Whatever came, as one line of text; a field that is repeated has no one value. */
const line = text.catch('').transform((value) => value.trim().replaceAll(/[\p{Cc}\s]+/gu, ' '))

const limited = (most: number) => line.pipe(z.string().max(most, `Write it in at most ${most} characters.`))

const needed = (most: number, words: string) => limited(most).pipe(z.string().min(1, words))

const day = line.transform((value, context) => {
  const time = Date.parse(`${value}T00:00:00Z`)
  if (
    /^\d{4}-\d{2}-\d{2}$/.test(value) &&
    !Number.isNaN(time) &&
    new Date(time).toISOString().startsWith(value)
  )
    return value
  context.addIssue({ code: 'custom', message: 'Write a day such as 2026-05-20.' })
  return z.NEVER
})

/** A moment of the campus's clock → ISO, or null where it is empty. */
const moment = (timeZone: string) =>
  line.transform((value, context) => {
    if (value === '') return null
    const read = readLocal(value, timeZone)
    if (read.state === 'instant') return read.at
    const message = {
      missing: 'No clock shows this time on that day: it is the hour that is left out. Write another one.',
      twice:
        read.state === 'twice'
          ? `This time comes twice on that day. Write ${read.choices[0]} for the first, or ${read.choices[1]} for the second.`
          : '',
      unreadable: 'Write a moment such as 2026-11-02 08:00.',
    }[read.state]
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

const number = (most: number, decimals: boolean, words: string) =>
  line.transform((value, context) => {
    if (value === '') return null
    const found = (decimals ? /^\d{1,3}(?:\.\d{1,2})?$/ : /^\d{1,4}$/).test(value)
      ? Number(value)
      : Number.NaN
    if (found <= most) return found
    context.addIssue({ code: 'custom', message: words })
    return z.NEVER
  })

const optional = (most: number) => limited(most).transform((value) => (value === '' ? null : value))
const level = line.transform((value) => (value === 'undergraduate' || value === 'graduate' ? value : null))
const grade = line.transform((value, context) => {
  const found = value.toUpperCase()
  if (found === '' || isLetter(found) || meetsGrade(found)) return found
  context.addIssue({
    code: 'custom',
    message: 'Write a grade such as B+, or T for one that was transferred.',
  })
  return z.NEVER
})

export const holdForm = z.object({
  hold_reason: needed(120, 'Say what the hold is about: the student reads it.'),
  hold_office: needed(70, 'Say whom the student can ask.'),
})

export const endForm = z.object({ reason: needed(200, 'Say why: it stays in the record.') })

export const overrideForm = (timeZone: string) =>
  z.object({
    rule: z.enum(overrideRules, 'Choose a rule from the list.'),
    concerns: limited(40),
    credits: number(99, true, 'Write a number of credits, such as 21.'),
    override_reason: needed(200, 'Say why: it stays in the record.'),
    expires: moment(timeZone),
  })

export const recordForm = z.object({
  course: line.transform((value, context) => {
    const [, subject, code] = /^([A-Za-z&]{2,8})[ -]?(\d{1,5}[A-Za-z]?)$/.exec(value) ?? []
    if (subject !== undefined && code !== undefined) return `${subject} ${code}`.toUpperCase()
    context.addIssue({ code: 'custom', message: 'Write the course as requirements name it, such as CS 101.' })
    return z.NEVER
  }),
  title: needed(120, 'Write the course’s title.'),
  course_credits: number(30, true, 'Write a number of credits, such as 3.').pipe(
    z.number('Write a number of credits, such as 3.'),
  ),
  grade: grade.pipe(z.string().min(1, 'Write the grade.')),
  source: z.enum(['transfer', 'examination', 'earlier'], 'Choose where it is from.'),
  completed: day,
})

export const termForm = (timeZone: string) =>
  z.object({
    add_until: moment(timeZone),
    drop_until: moment(timeZone),
    withdraw_until: moment(timeZone),
    credits_undergraduate: number(99, true, 'Write a number of credits, such as 18.'),
    credits_graduate: number(99, true, 'Write a number of credits, such as 12.'),
    requirements: z.enum(['advise', 'enforce'], 'Choose one of the two.'),
    repeat_from: grade.transform((value) => (value === '' ? null : value)),
    most_attempts: number(20, false, 'Write a whole number, such as 3.').pipe(
      z.number().min(1, 'At least one attempt.').nullable(),
    ),
  })

export const windowForm = (timeZone: string) =>
  z.object({
    label: needed(80, 'Give the window a name.'),
    level,
    programme: optional(80),
    credits_from: number(500, false, 'Write a whole number of credits, such as 60.'),
    opens: moment(timeZone).pipe(z.string('Write when it opens, such as 2026-11-02 08:00.')),
  })

export const reserveForm = (timeZone: string) =>
  z.object({
    seats: number(9_999, false, 'Write a whole number of seats.').pipe(
      z.number('Write how many seats.').min(1, 'Keep one seat at least.'),
    ),
    label: needed(80, 'Say for whom: students read it.'),
    level,
    programme: optional(80),
    class_year: number(9_999, false, 'Write a year, such as 2030.'),
    until: moment(timeZone),
  })

export const reserveEnd = z.object({ reserve: line })

export const windowEnd = z.object({ window: line })

const clock = line.transform((value, context) => {
  if (value === '') return null
  const [, hours = '', minutes = ''] = /^(\d{1,2}):(\d{2})$/.exec(value) ?? []
  if (hours !== '' && Number(hours) <= 23 && Number(minutes) <= 59)
    return `${hours.padStart(2, '0')}:${minutes}`
  context.addIssue({ code: 'custom', message: 'Write a time such as 13:30.' })
  return z.NEVER
})

const days = line.transform((value, context) => {
  const letters = value.toUpperCase().replaceAll(/[\s,]/g, '')
  if (/^[MTWRFSU]*$/.test(letters) && new Set(letters).size === letters.length)
    return formatDays(parseDays(letters))
  context.addIssue({ code: 'custom', message: 'Write letters of M T W R F S U; R is Thursday, U is Sunday.' })
  return z.NEVER
})

/** What the fields of one meeting cannot know by themselves. */
export interface MeetingGround {
  readonly termStartsOn: string
  readonly roomIds: ReadonlySet<number>
}

/** One meeting's fields; days and times empty: arranged. @returns the days on which it begins and ends as they will be kept */
export const meetingForm = ({ termStartsOn, roomIds }: MeetingGround) =>
  z
    .object({
      days,
      starts: clock,
      ends: clock,
      from: day,
      until: day,
      weeks: z.enum(['every', 'odd', 'even', 'other'], 'Choose the weeks from the list.'),
      room: line.transform((value, context) => {
        const id = value === '' ? null : Number(value)
        if (id === null || roomIds.has(id)) return id
        context.addIssue({ code: 'custom', message: 'Choose a room from the list.' })
        return z.NEVER
      }),
    })
    .superRefine(refineMeeting)
    .transform((meeting, context) => {
      const { weeks, from, until } = meeting
      if (weeks === 'every' || weeks === 'other') return meeting
      const first = firstDayIn(weeks, from, termStartsOn)
      if (first <= until) return { ...meeting, from: first }
      context.addIssue({
        code: 'custom',
        path: ['weeks'],
        message: `No ${weeks} week of the term lies between these days.`,
      })
      return z.NEVER
    })

interface MeetingFields {
  readonly days: string
  readonly starts: string | null
  readonly ends: string | null
  readonly from: string
  readonly until: string
}

const refineMeeting = (
  { days: on, starts, ends, from, until }: MeetingFields,
  context: z.core.$RefinementCtx<MeetingFields>,
): void => {
  const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  if (until < from) issue('until', 'It lies before the first day.')
  if (on === '' && starts === null && ends === null) return
  if (on === '') issue('days', 'Write the days, or leave days and times empty.')
  if (starts === null) issue('starts', 'Write when it begins.')
  if (ends === null) issue('ends', 'Write when it ends.')
  if (starts !== null && ends !== null && ends <= starts) issue('ends', 'It ends before it begins.')
}

export const linkForm = z.object({
  crns: needed(200, 'Write the CRN of the section, or several with blanks between.'),
})

export const linkEnd = z.object({ partner: line })

/** As it was typed, for a form that is shown again; no more of it than its longest field holds. */
export const typed = (body: unknown): Readonly<Record<string, string>> =>
  typeof body !== 'object' || body === null
    ? {}
    : Object.fromEntries(
        Object.entries(body)
          .slice(0, 200)
          .flatMap(([name, value]) =>
            typeof value === 'string' || typeof value === 'number'
              ? [[name, Array.from(String(value)).slice(0, 400).join('')]]
              : [],
          ),
      )
