import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { PortalError } from '../../errors.ts'
import type { Receipt } from '../../catalogue/types.ts'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { parseForm, requestKey, sectionIds, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { requireStudent } from '../session.ts'
import { backTo, showCart } from './cart.ts'

const form = z.object({
  section: sectionIds,
  /** as many as possible, unless the form says otherwise */
  mode: text.transform((value) => (value === '' ? 'most' : value)).pipe(z.enum(['most', 'all'])),
  waitlist: sectionIds,
  fallback: sectionIds,
  request: requestKey,
  back: backTo,
})

/** What a JSON client is told; the whole receipt stands at `href`. */
export const receiptJson = (receipt: Receipt) => ({
  receipt: receipt.number,
  href: `/receipts/${receipt.number}`,
  createdAt: receipt.createdAt,
  results: receipt.lines.map(({ asked, sectionId, crn, label, title, result, reasons, listPosition }) => ({
    asked,
    section: sectionId,
    crn,
    label,
    title,
    result,
    reasons,
    listPosition,
  })),
})

/** Several sections in one submission; the receipt has an answer for each. */
export const registerRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.post('/register', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { section, mode, waitlist, fallback, request: key, back } = parseForm(form, request.body)
    const wishes = { mode, waitlist, fallbacks: fallback }
    const receipt = await expected(
      deps.registrar.register({ studentId, sections: section, ...wishes, request: key }),
    )
    if (receipt instanceof PortalError) {
      if (wantsJson(request)) throw receipt
      return showCart(deps, request, reply, {
        refusal: receipt,
        ticked: section,
        listed: waitlist,
        mode,
        back,
      })
    }
    if (wantsJson(request)) return receiptJson(receipt)
    return reply.redirect(`/receipts/${receipt.number}`, 303)
  })
}
