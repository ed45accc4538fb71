/** The options of single commands → values, checked in one go. What all commands share: config.ts. */
import { z } from 'zod'
import { emailAddress } from '../account/email-address.ts'
import { readLocal } from '../policy/zone.ts'
import { UsageError } from './failure.ts'

export const sampleSettings = z.object({
  seed: z.string().min(1, 'is empty').max(60, 'is longer than 60 characters'),
  today: z
    .string()
    .refine(
      (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)),
      'is not a day such as 2026-11-22',
    ),
})

const short = (limit: number) =>
  z
    .string()
    .trim()
    .min(1, 'is empty')
    .max(limit, `is longer than ${limit} characters`)
    .regex(/^\P{Cc}*$/u, 'holds a line break or another control character')

export const staffSettings = z.object({
  number: short(12).regex(/^[A-Za-z0-9-]+$/, 'may hold letters, digits and - only'),
  given: short(80),
  family: short(80),
  email: emailAddress,
})

/** '2024-04-01' or '2024-04-01 12:00' → DATETIME text, UTC */
const windowMoment = z
  .string()
  .trim()
  .transform((text, context) => {
    const [, day = '', clock = '00:00'] = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}))?$/.exec(text) ?? []
    const time = Date.parse(`${day}T${clock}:00Z`)
    // a 31st of June would silently be the 1st of July
    if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(day)) return `${day} ${clock}:00`
    context.addIssue({ code: 'custom', message: 'is not a moment such as 2024-04-01 or "2024-04-01 12:00"' })
    return z.NEVER
  })

export const signInsSettings = z.object({
  since: windowMoment.optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,5}$/, 'is not a number from 1 to 999999')
    .transform(Number),
})

/** As people of the university write it; read when its zone is known. */
const localMoment = z
  .string()
  .trim()
  .transform((text) => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text} 00:00` : text.replace('T', ' ')))
  .refine(
    (text) =>
      readLocal(text, 'UTC').state === 'instant' ||
      readLocal(`${text.slice(0, 16)}Z`, 'UTC').state === 'instant',
    'is not a moment such as 2024-04-01 or "2024-04-01 12:00"',
  )

export const importSettings = z.object({
  term: short(60),
  termCode: short(6)
    .regex(/^[A-Za-z0-9]+$/, 'may hold letters and digits only')
    .optional(),
  opens: localMoment.optional(),
  closes: localMoment.optional(),
})

const optionName = (path: readonly PropertyKey[]): string =>
  `--${String(path[0] ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** @throws UsageError that names every wrong option at once */
export const readSettings = <Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  throw new UsageError(
    parsed.error.issues.map((issue) => `${optionName(issue.path)} ${issue.message}.`).join('\n'),
  )
}
