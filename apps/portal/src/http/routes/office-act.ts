/** How forms of the office are dealt with: read, done, and led back; or shown again with what was typed and what is wrong. */
import type { FormError } from '@matricula/ui'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { english, type Language, type Said } from '../../texts/index.ts'
import type { FormState } from '../../views/office-form.tsx'
import type { Deps } from '../app.ts'
import { formErrors, malformed, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { typed } from './office-forms.ts'

const done = z.object({ done: text.catch('') })

const doneNames = [
  'hold',
  'released',
  'permission',
  'revoked',
  'ended',
  'record',
  'term',
  'registration',
  'dates',
  'same',
  'window',
  'removed',
] as const

/** What the form could not know: shown at the fields. */
export class FieldFaults {
  readonly faults: readonly { readonly field: string; readonly words: Said }[]
  constructor(...faults: FieldFaults['faults']) {
    this.faults = faults
  }
}

/** Those of the form's fields that can be read by themselves. */
export const readable = <T extends z.ZodObject>(form: T, body: unknown): Partial<z.output<T>> => {
  const given = (body ?? {}) as Readonly<Record<string, unknown>>
  const fields = Object.entries<z.ZodType>(form.shape)
  return Object.fromEntries(
    fields.flatMap(([name, field]) => {
      const read = field.safeParse(given[name])
      return read.success ? [[name, read.data]] : []
    }),
  ) as Partial<z.output<T>>
}

/** One for each field, in the order of the form. */
export const withRest = (
  errors: readonly FormError[],
  more: readonly FormError[],
  { shape }: z.ZodObject,
): readonly FormError[] => {
  const order = Object.keys(shape)
  const rest = more.filter(({ field }) => errors.every((error) => error.field !== field))
  return [...errors, ...rest].toSorted((a, b) => order.indexOf(a.field ?? '') - order.indexOf(b.field ?? ''))
}

export type Again = Partial<FormState> & { readonly status?: number }

/** Of the forms of students and terms. */
export const officeForms = ({ pages }: Pick<Deps, 'pages'>) => {
  const doneOf = (request: FastifyRequest, { t }: Language) => {
    const asked = done.parse(request.query ?? {}).done
    return doneNames.filter((name) => name === asked).map((name) => t(`done.${name}`))[0]
  }

  /** Reads the form; does it, and leads back; or shows the page again with what was typed and what is wrong. */
  const act = async <T extends z.ZodObject>(
    request: FastifyRequest,
    reply: FastifyReply,
    {
      form,
      again,
      back,
      work,
      judge = () => [],
    }: {
      form: T
      again: (form: Partial<FormState> & { readonly status: number }) => Promise<FastifyReply>
      back: string
      /** @returns what was done, one of `doneNames` */
      work: (values: z.output<T>) => Promise<string | FieldFaults>
      /** what else is wrong with the fields that could be read, where some could not: so that all is told at once */
      judge?: (read: Partial<z.output<T>>) => FieldFaults['faults']
    },
  ) => {
    const parsed = form.safeParse(request.body ?? {})
    const outcome = parsed.success ? await work(parsed.data) : parsed.error
    if (typeof outcome === 'string') {
      if (wantsJson(request)) return reply.send({ done: outcome })
      return reply.redirect(`${back}?done=${outcome}`, 303)
    }
    const language = wantsJson(request) ? english : pages.bareContext(request)
    const worded = (faults: FieldFaults['faults']) =>
      faults.map(({ field, words }) => ({ field, message: language.say(words) }))
    const errors =
      outcome instanceof FieldFaults
        ? worded(outcome.faults)
        : withRest(formErrors(outcome, language), worded(judge(readable(form, request.body))), form)
    if (wantsJson(request)) throw malformed(errors)
    return again({ values: typed(request.body), errors, status: 422 })
  }

  return { act, doneOf }
}
