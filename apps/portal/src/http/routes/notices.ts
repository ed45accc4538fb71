import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { noticesPage } from '../../views/notices.tsx'
import type { Deps } from '../app.ts'
import { parseOrRefuse } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireStudent } from '../session.ts'

/** `upTo`: the newest notice that the page showed, so that one that came later stays unread */
const form = z.object({ upTo: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER) })

export const noticeRoutes = (app: FastifyInstance, { catalogue, notices, pages }: Deps): void => {
  app.get('/notices', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const rows = await catalogue.notices(studentId)
    if (wantsJson(request)) return { notices: rows }
    return sendPage(reply, noticesPage(await pages.context(request), rows))
  })

  app.post('/notices', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { upTo } = parseOrRefuse(form, request.body)
    await notices.markRead(studentId, upTo)
    return wantsJson(request)
      ? { notices: await catalogue.notices(studentId) }
      : reply.redirect('/notices', 303)
  })
}
