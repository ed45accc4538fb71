import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PortalError } from '../../errors.ts'
import { schedulePage } from '../../views/schedule.tsx'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { formErrorOf, parseForm, requestKey, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireStudent } from '../session.ts'
import { receiptJson } from './register.ts'

const query = z.object({
  term: text.catch('').transform((value) => (value === '' ? undefined : value.slice(0, 20))),
})
const form = z.object({
  enrolment: text.pipe(z.string().max(200)),
  /** ids of what the page has said to go with it; a program need not say */
  along: z.string().max(400).optional(),
  request: requestKey,
})

/** What a form on the schedule was refused for, above the schedule as it stands; `routes/waiting.ts` shows it too. */
export const showRefused = async (
  { catalogue, pages }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: PortalError,
  /** what is said about something that is not there, or somebody else’s */
  unknown: 'schedule.not_dropped' | 'schedule.not_swapped' | 'schedule.not_left',
) => {
  if (wantsJson(request)) throw refusal
  const { studentId } = requireStudent(request)
  const [schedule, terms, ctx] = await Promise.all([
    catalogue.schedule(studentId),
    catalogue.terms(),
    pages.context(request),
  ])
  // something of someone else is answered like what never was
  const errors = [
    refusal.code === 'not_found'
      ? { field: undefined, message: ctx.t(unknown), remedy: ctx.t(`${unknown}.remedy`) }
      : { ...formErrorOf(refusal, ctx), field: undefined },
  ]
  return sendPage(
    reply,
    schedulePage(ctx, { schedule, terms, request: randomUUID(), errors }),
    refusal.status,
  )
}

export const scheduleRoutes = (app: FastifyInstance, deps: Deps): void => {
  const { catalogue, pages, registrar } = deps

  app.get('/schedule', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { term } = query.parse(request.query ?? {})
    const schedule = await catalogue.schedule(studentId, term)
    if (wantsJson(request)) return schedule
    const [terms, ctx] = await Promise.all([catalogue.terms(), pages.context(request)])
    return sendPage(reply, schedulePage(ctx, { schedule, terms, request: randomUUID(), errors: [] }))
  })

  app.post('/drop', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { enrolment, along, request: key } = parseForm(form, request.body)
    const receipt = await expected(registrar.drop({ studentId, enrolmentId: enrolment, along, request: key }))
    if (receipt instanceof PortalError)
      return showRefused(deps, request, reply, receipt, 'schedule.not_dropped')
    if (wantsJson(request)) return receiptJson(receipt)
    return reply.redirect(`/receipts/${receipt.number}`, 303)
  })
}
