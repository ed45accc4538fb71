import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { SectionRow } from '../../catalogue/types.ts'
import { PortalError } from '../../errors.ts'
import { overlap } from '../../policy/meeting.ts'
import { parseId } from '../../policy/registration.ts'
import { sectionPage } from '../../views/section.tsx'
import { label } from '../../views/words.ts'
import type { Deps } from '../app.ts'
import { parseOrRefuse } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'

const params = z.object({ id: z.string() })

const inTheWay = (section: SectionRow, held: SectionRow): boolean =>
  section.courseId === held.courseId || overlap(section.meetings, held.meetings) !== null

export const sectionRoutes = (app: FastifyInstance, { catalogue, pages }: Deps): void => {
  app.get('/sections/:id', async (request, reply) => {
    const id = parseId(parseOrRefuse(params, request.params).id)
    const page = id === null ? null : await catalogue.section(id)
    if (page === null) throw new PortalError('not_found', { detail: 'There is no such section.' })
    if (wantsJson(request)) return page

    const { section } = page
    const studentId = request.person?.studentId ?? null
    const [cart, schedule] =
      studentId === null
        ? [undefined, undefined]
        : await Promise.all([catalogue.cart(studentId), catalogue.schedule(studentId, page.term.code)])
    const enrolled = (schedule?.entries ?? []).map((entry) => entry.section)
    const planned = (cart?.entries ?? []).map((entry) => entry.section)
    const clashes = (where: 'enrolled' | 'cart', others: typeof enrolled) =>
      others
        .filter((other) => other.id !== section.id && overlap(section.meetings, other.meetings) !== null)
        .map((other) => ({ label: label(other), where }))
    const place = schedule?.waiting.find((entry) => entry.section.id === section.id)
    const mine = enrolled.some((other) => other.id === section.id)
      ? 'enrolled'
      : planned.some((other) => other.id === section.id)
        ? 'cart'
        : undefined
    const plan =
      studentId === null || mine === 'enrolled' || place !== undefined || section.status === 'cancelled'
        ? null
        : await catalogue.plan(studentId, section.id)
    const ctx = await pages.context(request, { cartCount: planned.length })
    return sendPage(
      reply,
      sectionPage(ctx, {
        page,
        mine,
        place,
        plan,
        joinAs:
          section.seats.full && place === undefined ? (await catalogue.listLength(section.id)) + 1 : null,
        swappable: (schedule?.entries ?? [])
          .filter((entry) => entry.mayDrop)
          .toSorted((a, b) => Number(inTheWay(section, b.section)) - Number(inTheWay(section, a.section))),
        clashes: [...clashes('enrolled', enrolled), ...clashes('cart', planned)],
        request: randomUUID(),
      }),
    )
  })
}
