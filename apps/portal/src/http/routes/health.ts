import type { FastifyInstance } from 'fastify'
import type { Deps } from '../app.ts'
import { homeOf } from '../session.ts'

/** `/healthz`: the process answers. `/readyz`: it can serve, that is, its database answers. */
export const healthRoutes = (app: FastifyInstance, { ping }: Deps): void => {
  app.get('/healthz', async () => ({ ok: true }))
  app.get('/readyz', async (_request, reply) => {
    try {
      await ping()
      return { ready: true }
    } catch {
      return reply.code(503).send({ ready: false, reasons: ['The database does not answer.'] })
    }
  })
  app.get('/', async (request, reply) =>
    reply.redirect(request.person === null ? '/sign-in' : homeOf(request.person), 303),
  )
}
