import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { SearchFilters, Weekday } from '../../catalogue/types.ts'
import { PortalError } from '../../errors.ts'
import { parseId } from '../../policy/registration.ts'
import { mostSections } from '../../registrar/limits.ts'
import { cataloguePage, emptyUniversityPage } from '../../views/catalogue.tsx'
import { usualSize } from '../../views/search-address.ts'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { repeated, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'

const optional = (most: number) =>
  text.transform((value) => {
    const trimmed = value.trim().slice(0, most)
    return trimmed === '' ? undefined : trimmed
  })

const isWeekday = (value: number): value is Weekday => Number.isInteger(value) && value >= 1 && value <= 7

/**
 * An address may be old, shared or edited by hand: what does not fit is passed over, and the search is made with the
 * rest. The page shows which filters are set, so nothing is hidden.
 */
const query = z.object({
  q: optional(200).catch(undefined),
  term: optional(20).catch(undefined),
  subject: optional(20).catch(undefined),
  instructor: optional(100).catch(undefined),
  open: optional(10)
    .transform((value) => value === '1' || value === 'true' || value === 'on')
    .catch(false),
  day: repeated(z.coerce.number().catch(0))
    .transform((days) => [...new Set(days.filter(isWeekday))].sort((a, b) => a - b))
    .catch([]),
  credits: repeated(text.transform((value) => (value.trim() === '' ? -1 : Number(value))).catch(-1))
    .transform((values) => [...new Set(values.filter((value) => value >= 0 && value <= 99))])
    .catch([]),
  page: z.coerce.number().int().min(1).max(100_000).catch(1),
  size: z.coerce.number().int().min(1).max(100).catch(usualSize),
})

/** Ticks of the form, which the buttons that turn the page send along. No more than a cart takes. */
const ticks = z.object({
  section: repeated(text.catch(''))
    .transform((ids) => [...new Set(ids.map(parseId).filter((id) => id !== null))].slice(0, mostSections))
    .catch([]),
})

const filtersOf = (input: unknown): SearchFilters => {
  const { q, term, subject, instructor, open, day, credits, page, size } = query.parse(input ?? {})
  return {
    q,
    term,
    subject,
    instructor,
    open,
    days: day.length === 0 ? undefined : day,
    credits: credits.length === 0 ? undefined : credits,
    page,
    pageSize: size,
  }
}

export const catalogueRoutes = (app: FastifyInstance, { catalogue, pages }: Deps): void => {
  const page = async (request: FastifyRequest, filters: SearchFilters): Promise<string> => {
    const result = await expected(catalogue.search(filters))
    if (result instanceof PortalError) {
      // before the first import there is no term, which is nobody's mistake
      if ((await catalogue.terms()).length > 0) throw result
      return emptyUniversityPage(await pages.context(request, { cartCount: 0 }))
    }
    const studentId = request.person?.studentId ?? null
    const [subjects, terms, marks] = await Promise.all([
      catalogue.subjects(result.term.id),
      catalogue.terms(),
      studentId === null ? undefined : catalogue.ownMarks(studentId),
    ])
    const mine = new Map<number, 'enrolled' | 'cart'>([
      ...(marks?.cart ?? []).map((id) => [id, 'cart'] as const),
      ...(marks?.enrolled ?? []).map((id) => [id, 'enrolled'] as const),
    ])
    const ticked = studentId === null ? [] : ticks.parse(request.query ?? {}).section
    const here = new Set(result.rows.map(({ id }) => id))
    const elsewhere = await catalogue.sections(ticked.filter((id) => !here.has(id) && !mine.has(id)))
    const known = { cartCount: marks?.cart.length ?? 0, unread: marks?.unread ?? 0 }
    const shown = { filters, result, subjects, terms, mine, ticked: new Set(ticked), elsewhere }
    return cataloguePage(await pages.context(request, known), shown)
  }

  app.get('/catalogue', async (request, reply) => {
    const filters = filtersOf(request.query)
    if (wantsJson(request)) return catalogue.search(filters)
    return sendPage(reply, await pages.shared(request, () => page(request, filters)))
  })
}
