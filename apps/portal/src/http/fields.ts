/** How forms and addresses are read: zod for the shapes, words for people where one does not fit. */
import type { FormError } from '@matricula/ui'
import { z } from 'zod'
import { PortalError } from '../errors.ts'
import { type Said, said, type TextKey, type Texts } from '../texts/index.ts'
import { HttpError } from './problems.ts'

/** A name that may be repeated: absent → [], one → [one]. */
export const repeated = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]), z.array(item))

/** A field of a form as text. JSON clients may send numbers, as ids are numbers in what we answer. */
export const text = z.preprocess(
  (value) => (value === undefined || value === null ? '' : typeof value === 'number' ? String(value) : value),
  z.string(),
)

/** Ids as they came; the registrar judges each and answers each. 200 is far above what it takes at once. */
export const sectionIds = repeated(text.pipe(z.string().max(200))).pipe(z.array(z.string()).max(200))

/** The form's own key, made with the page. Absent: each call is a new one. */
export const requestKey = text
  .pipe(z.string().max(100))
  .transform((value) => (value === '' ? undefined : value))

/** A refusal as the form shows it. */
export const formErrorOf = (error: PortalError, { say }: Pick<Texts, 'say'>): FormError => ({
  field: error.field,
  message: say(error.words),
  remedy: say(error.next),
})

/** As a check of ours has it; null: it is the library's own, for what no page of ours can send. */
const saidIn = (message: string): Said | null => {
  try {
    return JSON.parse(message) as Said
  } catch {
    return null
  }
}

/** A field of one value that came more than once, or as something else than text: which of them is meant nobody can know. */
const oneValue = (issue: z.core.$ZodIssue): Said | null =>
  issue.code === 'invalid_type' &&
  issue.expected === 'string' &&
  issue.path.length === 1 &&
  saidIn(issue.message) === null
    ? said('form.one_value', { field: String(issue.path[0]) })
    : null

/** Names that stand more than once in a form, or came as several values. */
export const repeatedIn = (body: unknown): readonly string[] =>
  typeof body !== 'object' || body === null
    ? []
    : Object.entries(body)
        .filter(([, value]) => Array.isArray(value))
        .map(([name]) => name)

/** For parts of an address that no page of ours can lead to: refused as a whole. */
export const parseOrRefuse = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> => {
  const result = schema.safeParse(value ?? {})
  if (result.success) return result.data
  throw new HttpError('bad_request')
}

/** A body that is no form, such as a list or a number in JSON, is one with nothing in it. */
export const fieldsOf = (body: unknown): object =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}

/**
 * Of a form whose fields people do not type: ids, keys, choices. What does not fit is refused by its name.
 * @throws PortalError request_malformed, HttpError bad_request
 */
export const parseForm = <T extends z.ZodType>(schema: T, body: unknown): z.output<T> => {
  const result = schema.safeParse(body ?? {})
  if (result.success) return result.data
  const issue = result.error.issues.find(({ path }) => path.length > 0)
  if (issue === undefined) throw new HttpError('bad_request')
  const field = String(issue.path[0])
  throw new PortalError('request_malformed', {
    detail: oneValue(issue) ?? said('form.unfit_named', { field }),
    field,
  })
}

/** As `said`, but as the text that a check may have. */
type Wrong = <Key extends TextKey>(...text: Parameters<typeof said<Key>>) => string

/** The words of a check, kept in its message until a page says them in its language. */
export const wrong: Wrong = (...text) => JSON.stringify(said(...text))

/** For what people type: the first error of each field. */
export const formErrors = (error: z.ZodError, { say }: Pick<Texts, 'say'>): readonly FormError[] => {
  const errors = new Map<string, FormError>()
  for (const issue of error.issues) {
    const field = String(issue.path[0] ?? '')
    if (!errors.has(field))
      errors.set(field, {
        field: field === '' ? undefined : field,
        message: say(oneValue(issue) ?? saidIn(issue.message) ?? said('form.unfit')),
      })
  }
  return [...errors.values()]
}

/** A form that a JSON client filled in wrong: all that is wrong in one answer, at the first of its fields. */
export const malformed = (errors: readonly FormError[], remedy?: Said): PortalError =>
  new PortalError('request_malformed', {
    detail: errors.map(({ message }) => message).join(' '),
    field: errors[0]?.field,
    ...(remedy === undefined ? {} : { remedy }),
  })
