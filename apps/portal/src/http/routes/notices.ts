import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { NoticeWindow } from '../../catalogue/types-notices.ts'
import { parseId } from '../../policy/registration.ts'
import { noticesPage } from '../../views/notices.tsx'
import type { Deps } from '../app.ts'
import { parseForm, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireStudent } from '../session.ts'

const id = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

/**
 * `upTo`: the newest notice that the page showed, so that one that came later stays unread; `from`: the oldest, so that one that
 * stands on another page does, too. Without it all older ones are read.
 */
const form = z.object({ upTo: id, from: id.default(0) })

const short = text.catch('').transform((value) => value.trim().slice(0, 20))
const query = z.object({ before: short, after: short })

/** What is no id of a notice begins with the newest. */
const windowOf = (request: FastifyRequest): NoticeWindow => {
  const { before, after } = query.parse(request.query ?? {})
  return { before: parseId(before) ?? undefined, after: parseId(after) ?? undefined }
}

export const noticeRoutes = (app: FastifyInstance, { catalogue, notices, pages }: Deps): void => {
  app.get('/notices', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const list = await catalogue.notices(studentId, windowOf(request))
    if (wantsJson(request)) return list
    return sendPage(reply, noticesPage(await pages.context(request), list))
  })

  app.post('/notices', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const { upTo, from } = parseForm(form, request.body)
    await notices.markRead(studentId, upTo, from)
    const at = windowOf(request)
    if (wantsJson(request)) return catalogue.notices(studentId, at)
    return reply.redirect(at.before === undefined ? '/notices' : `/notices?before=${at.before}`, 303)
  })
}
