import type { FastifyInstance } from 'fastify'
import { type Logger, pino } from 'pino'

/**
 * One line a request: method, the route's pattern, status, time. Never an address as it was called (it holds what was
 * searched for, and receipt numbers), a number, a name, a cookie or a body.
 */
export const createLog = (level: string): Logger =>
  pino({ name: 'portal', level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2))

export const logRequests = (app: FastifyInstance): void => {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    // a page's parts and the probes would drown everything else
    const level =
      route.startsWith('/assets/') || route === '/healthz' || route === '/readyz' ? 'debug' : 'info'
    request.log[level](
      {
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'answered',
    )
  })
}
