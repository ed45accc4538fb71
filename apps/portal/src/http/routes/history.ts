import type { FastifyInstance } from 'fastify'
import { historyPage } from '../../views/history.tsx'
import type { Deps } from '../app.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { requireStudent } from '../session.ts'

export const historyRoutes = (app: FastifyInstance, { catalogue, pages }: Deps): void => {
  app.get('/history', async (request, reply) => {
    const { studentId } = requireStudent(request)
    const record = await catalogue.record(studentId)
    if (wantsJson(request)) return record
    return sendPage(reply, historyPage(await pages.context(request), record))
  })
}
