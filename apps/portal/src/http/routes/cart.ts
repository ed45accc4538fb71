import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { PortalError } from '../../errors.ts'
import type { Language } from '../../texts/index.ts'
import { cartPage, type CartView } from '../../views/cart.tsx'
import type { Deps } from '../app.ts'
import type { CartChange } from '../../registrar/index.ts'
import { mostSections } from '../../registrar/limits.ts'
import { expected } from '../expected.ts'
import { formErrorOf, parseForm, sectionIds, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { localPath, requireStudent } from '../session.ts'

/** The search that the student came from: kept through the forms, so that "Add more" leads back to it. */
export const backTo = text.catch('').transform((value) => {
  const path = localPath(value)
  return path?.startsWith('/catalogue') ? path : undefined
})

const oneId = text.pipe(z.string().max(200))
const form = z.object({
  section: sectionIds,
  remove: sectionIds,
  up: oneId,
  down: oneId,
  /** 'B' and 'A' of "A, else B"; `own` makes B a wish of its own again */
  fallback: oneId,
  instead: oneId,
  own: oneId,
  back: backTo,
})
const query = z.object({
  added: text.catch(''),
  unknown: text.catch(''),
  removed: text.catch(''),
  arranged: text.catch(''),
  back: backTo,
  section: sectionIds.catch([]),
})

type Arrangement = Readonly<Record<'up' | 'down' | 'fallback' | 'instead' | 'own', string>>

const changeOf = ({ up, down, fallback, instead, own }: Arrangement): CartChange | undefined => {
  if (up !== '') return { move: { section: up, by: -1 } }
  if (down !== '') return { move: { section: down, by: 1 } }
  if (own !== '') return { fallback: { section: own, insteadOf: null } }
  if (fallback !== '' || instead !== '') return { fallback: { section: fallback, insteadOf: instead } }
  return undefined
}

const cartAfter = (done: Readonly<Record<string, string>>, back: string | undefined): string =>
  `/cart?${new URLSearchParams(back === undefined ? done : { ...done, back }).toString()}`

const arrangements = [
  ['order', 'cart.arranged'],
  ['fallback', 'cart.fallback_saved'],
  ['same', 'cart.arranged_same'],
] as const

/** What the form before this page did: in the address, since the page may be opened again. */
const noticeOf = (
  { added, unknown, removed, arranged }: z.output<typeof query>,
  { t }: Pick<Language, 't'>,
): CartView['notice'] => {
  const number = (value: string) => (/^\d{1,3}$/.test(value) ? Number(value) : 0)
  const parts = [
    number(added) > 0 ? t('cart.added', { count: number(added) }) : '',
    added === '0' && number(unknown) === 0 ? t('cart.nothing_added') : '',
    number(unknown) === 0 ? '' : t('cart.left_out', { count: number(unknown) }),
    removed === '' ? '' : t('cart.removed'),
    ...arrangements.filter(([name]) => name === arranged).map(([, key]) => t(key)),
  ].filter((part) => part !== '')
  const tone =
    number(added) > 0 || removed !== '' || arranged === 'order' || arranged === 'fallback'
      ? 'good'
      : 'neutral'
  return parts.length === 0 ? undefined : { words: parts.join(' '), tone }
}

/** The cart with what was wrong on top; `routes/register.ts` shows it too. */
export const showCart = async (
  { catalogue, pages }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    refusal,
    asked,
    ticked,
    listed,
    mode = 'most',
    waiting = [],
    back,
  }: Partial<Pick<CartView, 'ticked' | 'listed' | 'mode' | 'waiting' | 'back'>> & {
    /** what a form was refused for */
    refusal?: PortalError
    /** what the form before this page did */
    asked?: z.output<typeof query>
  } = {},
) => {
  const { studentId } = requireStudent(request)
  const cart = await catalogue.cart(studentId)
  const codes = [...new Set(cart.entries.map(({ section }) => section.term.code))]
  const [current, ...schedules] = await Promise.all([
    catalogue.schedule(studentId),
    ...codes.map((code) => catalogue.schedule(studentId, code)),
  ])
  const parts = schedules
    .map((schedule) => ({
      schedule,
      entries: cart.entries.filter(({ section }) => section.term.id === schedule.term.id),
    }))
    // what can be done now comes first, then the newer term
    .toSorted(
      (a, b) =>
        Number(b.schedule.term.registration === 'open') - Number(a.schedule.term.registration === 'open') ||
        (a.schedule.term.startsOn < b.schedule.term.startsOn ? 1 : -1),
    )
  const inCart = new Set(cart.entries.map(({ section }) => String(section.id)))
  // of a form that was not this page's nothing is ticked here
  const isOurs = ticked?.some((id) => inCart.has(id)) || ticked?.length === 0
  const ctx = await pages.context(request, { cartCount: cart.entries.length })
  return sendPage(
    reply,
    cartPage(ctx, {
      parts,
      term: current.term,
      request: randomUUID(),
      notice: asked === undefined ? undefined : noticeOf(asked, ctx),
      errors: refusal === undefined ? [] : [formErrorOf(refusal, ctx)],
      ticked: isOurs ? ticked : undefined,
      listed: isOurs ? listed : undefined,
      mode,
      waiting: waiting.filter((id) => !inCart.has(id)),
      back,
    }),
    refusal?.status,
  )
}

export const cartRoutes = (app: FastifyInstance, deps: Deps): void => {
  const { carts, catalogue } = deps

  app.get('/cart', async (request, reply) => {
    const { studentId } = requireStudent(request)
    if (wantsJson(request)) return catalogue.cart(studentId)
    const asked = query.parse(request.query ?? {})
    const waiting = [...new Set(asked.section)]
      .filter((id) => /^[1-9]\d{0,15}$/.test(id))
      .slice(0, mostSections)
    return showCart(deps, request, reply, { asked, back: asked.back, waiting })
  })

  app.post('/cart', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { section, remove, up, down, fallback, instead, own, back } = parseForm(form, request.body)
    const json = wantsJson(request)
    const change = changeOf({ up, down, fallback, instead, own })
    if (change !== undefined) {
      const isNew = await carts.arrange(studentId, change)
      if (json) return catalogue.cart(studentId)
      const arranged = !isNew ? 'same' : 'move' in change ? 'order' : 'fallback'
      return reply.redirect(cartAfter({ arranged }, back), 303)
    }
    if (remove.length > 0) {
      await carts.remove(studentId, remove)
      return json ? catalogue.cart(studentId) : reply.redirect(cartAfter({ removed: '1' }, back), 303)
    }
    const result = await expected(carts.add(studentId, section))
    if (result instanceof PortalError) {
      if (json) throw result
      return showCart(deps, request, reply, { refusal: result, back })
    }
    const { added, unknown } = result
    if (json) return { added, unknown, cart: await catalogue.cart(studentId) }
    return reply.redirect(
      cartAfter({ added: String(added), ...(unknown > 0 ? { unknown: String(unknown) } : {}) }, back),
      303,
    )
  })
}
