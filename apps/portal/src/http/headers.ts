import helmet from '@fastify/helmet'
import fastify, { type FastifyInstance } from 'fastify'

/**
 * The strictest policy that the pages need: no inline script, no inline style, nothing from elsewhere, no framing.
 *
 * Referrer-Policy is same-origin and not no-referrer: under the latter browsers send `Origin: null` with a form, and the
 * origin check (origin.ts) could not tell our own pages from others.
 */
const securityHeaders = async (secure: boolean): Promise<Readonly<Record<string, string>>> => {
  const app = fastify()
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
  app.get('/', () => '')
  const { headers } = await app.inject('/')
  await app.close()
  // what Fastify itself says of the empty answer
  const { 'content-type': _, 'content-length': __, date: ___, connection: ____, ...fixed } = headers
  return Object.fromEntries(Object.entries(fixed).map(([name, value]) => [name, String(value)]))
}

/** Helmet puts the same headers together for each request, for a twentieth of a page's cost: it is asked once. */
export const registerHeaders = async (app: FastifyInstance, secure: boolean): Promise<void> => {
  const fixed = await securityHeaders(secure)
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(fixed)
  })
  // every answer is someone's own page unless a route says otherwise (assets do)
  app.addHook('onSend', async (_request, reply) => {
    if (reply.hasHeader('cache-control')) return
    reply.header('cache-control', 'no-store').header('vary', 'Accept, Accept-Language, Cookie')
  })
}
