import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { SectionPage, SectionRow } from '../../catalogue/types.ts'
import { PortalError } from '../../errors.ts'
import { isWithdrawn } from '../../policy/grade.ts'
import { overlap } from '../../policy/meeting.ts'
import { parseId } from '../../policy/registration.ts'
import { sectionPage } from '../../views/section.tsx'
import { label } from '../../views/words.ts'
import type { Deps } from '../app.ts'
import { parseOrRefuse } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { said } from '../../texts/index.ts'

const params = z.object({ id: z.string() })

const inTheWay = (section: SectionRow, held: SectionRow): boolean =>
  section.courseId === held.courseId || overlap(section.meetings, held.meetings) !== null

export const sectionRoutes = (app: FastifyInstance, { catalogue, pages }: Deps): void => {
  const show = async (request: FastifyRequest, page: SectionPage): Promise<string> => {
    const { section } = page
    const studentId = request.person?.studentId ?? null
    const [marks, schedule] =
      studentId === null
        ? [undefined, undefined]
        : await Promise.all([catalogue.ownMarks(studentId), catalogue.schedule(studentId, page.term.code)])
    const left = schedule?.entries.filter(({ grade }) => isWithdrawn(grade)) ?? []
    const enrolled = (schedule?.entries ?? [])
      .filter((entry) => !left.includes(entry))
      .map((entry) => entry.section)
    const planned = await catalogue.sections(marks?.cart ?? [])
    const clashes = (where: 'enrolled' | 'cart', others: readonly SectionRow[]) =>
      others
        .filter((other) => other.id !== section.id && overlap(section.meetings, other.meetings) !== null)
        .map((other) => ({ label: label(other), where }))
    const place = schedule?.waiting.find((entry) => entry.section.id === section.id)
    const mine = enrolled.some((other) => other.id === section.id)
      ? 'enrolled'
      : left.some((entry) => entry.section.id === section.id)
        ? 'withdrawn'
        : planned.some((other) => other.id === section.id)
          ? 'cart'
          : undefined
    const plan =
      studentId === null || mine === 'enrolled' || place !== undefined || section.status === 'cancelled'
        ? null
        : await catalogue.plan(studentId, section.id)
    const ctx = await pages.context(request, { cartCount: planned.length, unread: marks?.unread ?? 0 })
    return sectionPage(ctx, {
      page,
      mine,
      place,
      plan,
      joinAs: section.seats.full && place === undefined ? (await catalogue.listLength(section.id)) + 1 : null,
      swappable: (schedule?.entries ?? [])
        .filter((entry) => entry.mayDrop)
        .toSorted((a, b) => Number(inTheWay(section, b.section)) - Number(inTheWay(section, a.section))),
      clashes:
        section.status === 'cancelled' ? [] : [...clashes('enrolled', enrolled), ...clashes('cart', planned)],
      request: randomUUID(),
    })
  }

  const find = async (request: FastifyRequest): Promise<SectionPage> => {
    const id = parseId(parseOrRefuse(params, request.params).id)
    const page = id === null ? null : await catalogue.section(id)
    if (page === null) throw new PortalError('not_found', { detail: said('error.no_section') })
    return page
  }

  app.get('/sections/:id', async (request, reply) => {
    if (wantsJson(request)) return find(request)
    return sendPage(reply, await pages.shared(request, async () => show(request, await find(request))))
  })
}
