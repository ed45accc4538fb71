/** The forms of the registrar's office: what people type → values, or words on what is wrong with each field. */
import { z } from 'zod'
import { isLetter, meetsGrade } from '../../policy/grade.ts'
import { overrideRules } from '../../policy/rules.ts'
import { isPlausible, readLocal } from '../../policy/zone.ts'
import { text, wrong } from '../fields.ts'

/** What came, as one line of text; a field that is repeated has no one value, and is refused (http/fields.ts). */
export const line = text.transform((value) => value.trim().replaceAll(/[\p{Cc}\s]+/gu, ' '))

const limited = (most: number) => line.pipe(z.string().max(most, wrong('form.long', { most })))

const needed = (most: number, words: string) => limited(most).pipe(z.string().min(1, words))

export const day = line.transform((value, context) => {
  const time = Date.parse(`${value}T00:00:00Z`)
  if (
    /^\d{4}-\d{2}-\d{2}$/.test(value) &&
    isPlausible(value) &&
    !Number.isNaN(time) &&
    new Date(time).toISOString().startsWith(value)
  )
    return value
  context.addIssue({ code: 'custom', message: wrong('form.day') })
  return z.NEVER
})

/** A moment of the campus's clock → ISO, or null where it is empty. */
const moment = (timeZone: string) =>
  line.transform((value, context) => {
    if (value === '') return null
    const read = readLocal(value, timeZone)
    if (read.state === 'instant') return read.at
    const message = {
      missing: wrong('form.time_missing'),
      twice:
        read.state === 'twice'
          ? wrong('form.time_twice', { first: read.choices[0], second: read.choices[1] })
          : '',
      unreadable: wrong('form.moment'),
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
    message: wrong('form.grade'),
  })
  return z.NEVER
})

export const holdForm = z.object({
  hold_reason: needed(120, wrong('form.hold_reason')),
  hold_office: needed(70, wrong('form.hold_office')),
})

export const endForm = z.object({ reason: needed(200, wrong('form.why')) })

export const overrideForm = (timeZone: string) =>
  z.object({
    rule: line.pipe(z.enum(overrideRules, wrong('form.rule'))),
    concerns: limited(40),
    credits: number(99, true, wrong('form.credits', { example: '21' })),
    override_reason: needed(200, wrong('form.why')),
    expires: moment(timeZone),
  })

export const recordForm = z.object({
  course: line.transform((value, context) => {
    const [, subject, code] = /^([A-Za-z&]{2,8})[ -]?(\d{1,5}[A-Za-z]?)$/.exec(value) ?? []
    if (subject !== undefined && code !== undefined) return `${subject} ${code}`.toUpperCase()
    context.addIssue({ code: 'custom', message: wrong('form.course') })
    return z.NEVER
  }),
  grade: grade.pipe(z.string().min(1, wrong('form.grade_missing'))),
  title: needed(120, wrong('form.title')),
  course_credits: number(30, true, wrong('form.credits', { example: '3' })).pipe(
    z.number(wrong('form.credits', { example: '3' })),
  ),
  source: line.pipe(z.enum(['transfer', 'examination', 'earlier'], wrong('form.source'))),
  completed: day,
})

export const termForm = (timeZone: string) =>
  z.object({
    add_until: moment(timeZone),
    drop_until: moment(timeZone),
    withdraw_until: moment(timeZone),
    credits_undergraduate: number(99, true, wrong('form.credits', { example: '18' })),
    credits_graduate: number(99, true, wrong('form.credits', { example: '12' })),
    requirements: line.pipe(z.enum(['advise', 'enforce'], wrong('form.one_of_two'))),
    repeat_from: grade.transform((value) => (value === '' ? null : value)),
    most_attempts: number(20, false, wrong('form.attempts')).pipe(
      z.number().min(1, wrong('form.attempts_least')).nullable(),
    ),
    term_reason: limited(200),
  })

export const registrationForm = (timeZone: string) =>
  z.object({
    registration_opens: moment(timeZone).pipe(z.string(wrong('form.registration_opens'))),
    registration_closes: moment(timeZone).pipe(z.string(wrong('form.registration_closes'))),
    registration_reason: needed(200, wrong('form.why')),
  })

export const datesForm = z.object({
  starts_on: day,
  ends_on: day,
  dates_reason: needed(200, wrong('form.why')),
})

export const windowForm = (timeZone: string) =>
  z.object({
    label: needed(80, wrong('form.window_name')),
    opens: moment(timeZone).pipe(z.string(wrong('form.window_opens'))),
    programme: optional(80),
    credits_from: number(500, false, wrong('form.window_credits')),
    level,
  })

export const reserveForm = (timeZone: string) =>
  z.object({
    seats: number(9_999, false, wrong('form.seats')).pipe(
      z.number(wrong('form.seats_missing')).min(1, wrong('form.seats_least')),
    ),
    label: needed(80, wrong('form.for_whom')),
    level,
    programme: optional(80),
    class_year: number(9_999, false, wrong('form.year')),
    until: moment(timeZone),
  })

export const reserveEnd = z.object({ reserve: line })

export const windowEnd = z.object({ window: line })

export const linkForm = z.object({
  crns: needed(200, wrong('form.crns')),
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
