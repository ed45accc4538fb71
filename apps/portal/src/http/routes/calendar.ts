/** The schedule for other programs: as a file, and at a private address that calendars can subscribe to. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Schedule } from '../../catalogue/types.ts'
import { isWithdrawn } from '../../policy/grade.ts'
import { dayIn } from '../../policy/zone.ts'
import { calendarPage } from '../../views/calendar-page.tsx'
import { calendarText } from '../../views/calendar.ts'
import type { Deps } from '../app.ts'
import { parseForm, parseOrRefuse, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { HttpError } from '../problems.ts'
import { requireStudent } from '../session.ts'

const query = z.object({
  term: text.catch('').transform((value) => (value === '' ? undefined : value.slice(0, 20))),
})
const params = z.object({ token: z.string().max(100) })
const form = z.object({ action: z.enum(['renew', 'revoke']) })

export const calendarRoutes = (app: FastifyInstance, deps: Deps): void => {
  const { catalogue, feeds, pages, origin, timeZone } = deps

  const send = (reply: FastifyReply, name: string, schedules: readonly Schedule[], file: string) =>
    reply
      .type('text/calendar; charset=utf-8')
      .header('content-disposition', `attachment; filename="${file}.ics"`)
      .send(
        calendarText(
          schedules.flatMap(({ entries }) =>
            entries.filter(({ grade }) => !isWithdrawn(grade)).map(({ section }) => section),
          ),
          { name, timeZone, portal: origin(), now: new Date() },
        ),
      )

  app.get('/schedule.ics', async (request, reply) => {
    const { studentId, name } = requireStudent(request)
    const { term } = query.parse(request.query ?? {})
    const schedule = await catalogue.schedule(studentId, term)
    return send(reply, `${name}, ${schedule.term.name}`, [schedule], `schedule-${schedule.term.code}`)
  })

  // For programs that cannot sign in. What is wrong, revoked or nobody's is answered alike.
  app.get('/calendar/:token.ics', async (request, reply) => {
    const { token } = parseOrRefuse(params, request.params)
    const student = await feeds.student(token)
    if (student === null) throw new HttpError('no_such_page')
    const today = dayIn(new Date(), timeZone)
    const terms = (await catalogue.terms()).filter(({ endsOn }) => endsOn >= today)
    const schedules = await Promise.all(terms.map(({ code }) => catalogue.schedule(student.id, code)))
    return send(reply, student.name, schedules, 'schedule')
  })

  app.get('/calendar', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const [feed, ctx] = await Promise.all([feeds.of(studentId), pages.context(request)])
    if (wantsJson(request)) return { feed }
    return sendPage(reply, calendarPage(ctx, { feed, address: undefined, revoked: false }))
  })

  app.post('/calendar', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { action } = parseForm(form, request.body)
    let address: string | undefined
    if (action === 'renew') address = `${origin()}/calendar/${await feeds.renew(studentId)}.ics`
    else await feeds.revoke(studentId)
    const feed = await feeds.of(studentId)
    if (wantsJson(request)) return { feed, address }
    // no redirect: the address is known now and never again
    const view = { feed, address, revoked: action === 'revoke' }
    return sendPage(reply, calendarPage(await pages.context(request), view))
  })
}
