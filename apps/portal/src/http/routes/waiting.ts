/** Waiting lists and swaps: what a student does with places rather than with a cart. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { PortalError } from '../../errors.ts'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { parseForm, requestKey, sectionIds, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { requireStudent } from '../session.ts'
import { receiptJson } from './register.ts'
import { showRefused } from './schedule.ts'

const id = text.pipe(z.string().max(200))
const swapForm = z.object({
  /** what is given up */
  enrolment: id,
  /** what is wanted, and what is taken together with it */
  section: sectionIds,
  waitlist: text.transform((value) => value !== ''),
  request: requestKey,
})
const leaveForm = z.object({ entry: id, request: requestKey })

export const waitingRoutes = (app: FastifyInstance, deps: Deps): void => {
  const { registrar } = deps

  app.post('/swap', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { enrolment, section, waitlist, request: key } = parseForm(swapForm, request.body)
    const [sectionId = '', ...besides] = section
    const receipt = await expected(
      registrar.swap({ studentId, enrolmentId: enrolment, sectionId, besides, waitlist, request: key }),
    )
    if (receipt instanceof PortalError)
      return showRefused(deps, request, reply, receipt, 'schedule.not_swapped')
    return wantsJson(request) ? receiptJson(receipt) : reply.redirect(`/receipts/${receipt.number}`, 303)
  })

  app.post('/leave', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { entry, request: key } = parseForm(leaveForm, request.body)
    const receipt = await expected(registrar.leave({ studentId, entryId: entry, request: key }))
    if (receipt instanceof PortalError) return showRefused(deps, request, reply, receipt, 'schedule.not_left')
    return wantsJson(request) ? receiptJson(receipt) : reply.redirect(`/receipts/${receipt.number}`, 303)
  })
}
