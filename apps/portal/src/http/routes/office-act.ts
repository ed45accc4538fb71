/** How forms of the office are dealt with: read, done, and led back; or shown again with what was typed and what is wrong. */
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

export type Again = Partial<FormState> & { readonly status?: number }

/** Of the forms of students and terms. */
export const officeForms = ({ pages }: Pick<Deps, 'pages'>) => {
  const doneOf = (request: FastifyRequest, { t }: Language) => {
    const asked = done.parse(request.query ?? {}).done
    return doneNames.filter((name) => name === asked).map((name) => t(`done.${name}`))[0]
  }

  /** Reads the form; does it, and leads back; or shows the page again with what was typed and what is wrong. */
  const act = async <T extends z.ZodType>(
    request: FastifyRequest,
    reply: FastifyReply,
    {
      form,
      again,
      back,
      work,
    }: {
      form: T
      again: (form: Partial<FormState> & { readonly status: number }) => Promise<FastifyReply>
      back: string
      /** @returns what was done, one of `doneNames` */
      work: (values: z.output<T>) => Promise<string | FieldFaults>
    },
  ) => {
    const parsed = form.safeParse(request.body ?? {})
    const outcome = parsed.success ? await work(parsed.data) : parsed.error
    if (typeof outcome === 'string') {
      if (wantsJson(request)) return reply.send({ done: outcome })
      return reply.redirect(`${back}?done=${outcome}`, 303)
    }
    const language = wantsJson(request) ? english : pages.bareContext(request)
    const errors =
      outcome instanceof FieldFaults
        ? outcome.faults.map(({ field, words }) => ({ field, message: language.say(words) }))
        : formErrors(outcome, language)
    if (wantsJson(request)) throw malformed(errors)
    return again({ values: typed(request.body), errors, status: 422 })
  }

  return { act, doneOf }
}
