import { randomUUID } from 'node:crypto'
import type { FormError } from '@matricula/ui'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PortalError } from '../../errors.ts'
import { cartPage } from '../../views/cart.tsx'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { parseOrRefuse, sectionIds, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireStudent } from '../session.ts'

const form = z.object({ section: sectionIds, remove: sectionIds })
const query = z.object({ added: text.catch(''), unknown: text.catch(''), removed: text.catch('') })

const sections = (count: number) => (count === 1 ? '1 section' : `${count} sections`)

/** What the form before this page did: in the address, since the page may be opened again. */
const noticeOf = (input: unknown): string | undefined => {
  const { added, unknown, removed } = query.parse(input ?? {})
  const number = (value: string) => (/^\d{1,3}$/.test(value) ? Number(value) : 0)
  const parts = [
    added === '' ? '' : `Added: ${sections(number(added))}.`,
    number(unknown) === 0 ? '' : `Left out, as there is no such section: ${number(unknown)}.`,
    removed === '' ? '' : 'Removed from the cart.',
  ].filter((part) => part !== '')
  return parts.length === 0 ? undefined : parts.join(' ')
}

/** The cart with what was wrong on top; `routes/register.ts` shows it too. */
export const showCart = async (
  { catalogue, pages }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    errors = [],
    notice,
    status = 200,
  }: { errors?: readonly FormError[]; notice?: string; status?: number } = {},
) => {
  const { studentId } = requireStudent(request)
  const [cart, schedule] = await Promise.all([catalogue.cart(studentId), catalogue.schedule(studentId)])
  const ctx = await pages.context(request, { cartCount: cart.entries.length })
  return sendPage(reply, cartPage(ctx, { cart, schedule, request: randomUUID(), notice, errors }), status)
}

export const formErrorOf = (error: PortalError): FormError => ({
  field: error.field,
  message: error.message,
  remedy: error.remedy,
})

export const cartRoutes = (app: FastifyInstance, deps: Deps): void => {
  const { carts, catalogue } = deps

  app.get('/cart', async (request, reply) => {
    const { studentId } = requireStudent(request)
    if (wantsJson(request)) return catalogue.cart(studentId)
    const notice = noticeOf(request.query)
    return showCart(deps, request, reply, notice === undefined ? {} : { notice })
  })

  app.post('/cart', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { section, remove } = parseOrRefuse(form, request.body)
    const json = wantsJson(request)
    if (remove.length > 0) {
      await carts.remove(studentId, remove)
      return json ? catalogue.cart(studentId) : reply.redirect('/cart?removed=1', 303)
    }
    const result = await expected(carts.add(studentId, section))
    if (result instanceof PortalError) {
      if (json) throw result
      return showCart(deps, request, reply, { errors: [formErrorOf(result)], status: result.status })
    }
    const { added, unknown } = result
    if (json) return { added, unknown, cart: await catalogue.cart(studentId) }
    return reply.redirect(`/cart?added=${added}${unknown > 0 ? `&unknown=${unknown}` : ''}`, 303)
  })
}
