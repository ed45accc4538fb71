import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

/**
 * The strictest policy that the pages need: no inline script, no inline style, nothing from elsewhere, no framing.
 *
 * Referrer-Policy is same-origin and not no-referrer: under the latter browsers send `Origin: null` with a form, and the
 * origin check (origin.ts) could not tell our own pages from others.
 */
export const registerHeaders = async (app: FastifyInstance, secure: boolean): Promise<void> => {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'"],
        'connect-src': ["'self'"],
        'form-action': ["'self'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    // only a portal behind TLS may tell browsers never to come back without it
    strictTransportSecurity: secure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
  })
  // every answer is someone's own page unless a route says otherwise (assets do)
  app.addHook('onSend', async (_request, reply) => {
    if (reply.hasHeader('cache-control')) return
    reply.header('cache-control', 'no-store').header('vary', 'Accept, Accept-Language, Cookie')
  })
}
