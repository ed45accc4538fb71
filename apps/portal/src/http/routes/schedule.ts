import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { PortalError } from '../../errors.ts'
import { schedulePage } from '../../views/schedule.tsx'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { parseOrRefuse, requestKey, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireStudent } from '../session.ts'
import { receiptJson } from './register.ts'

const query = z.object({
  term: text.catch('').transform((value) => (value === '' ? undefined : value.slice(0, 20))),
})
const form = z.object({ enrolment: text.pipe(z.string().max(200)), request: requestKey })

export const scheduleRoutes = (app: FastifyInstance, { catalogue, pages, registrar }: Deps): void => {
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
    const { enrolment, request: key } = parseOrRefuse(form, request.body)
    const receipt = await expected(registrar.drop({ studentId, enrolmentId: enrolment, request: key }))
    if (receipt instanceof PortalError) {
      if (wantsJson(request)) throw receipt
      const [schedule, terms, ctx] = await Promise.all([
        catalogue.schedule(studentId),
        catalogue.terms(),
        pages.context(request),
      ])
      // an enrolment of someone else is answered like one that never was
      const unknown = receipt.code === 'not_found'
      const message = unknown ? 'This enrolment is not on your schedule.' : receipt.message
      const remedy = unknown ? 'Nothing was dropped. What you hold stands below.' : receipt.remedy
      const errors = [{ field: undefined, message, remedy }]
      return sendPage(
        reply,
        schedulePage(ctx, { schedule, terms, request: randomUUID(), errors }),
        receipt.status,
      )
    }
    if (wantsJson(request)) return receiptJson(receipt)
    return reply.redirect(`/receipts/${receipt.number}`, 303)
  })
}
