/** What stands before every route: only reading, only for the host that is meant, with headers that bind the browser. */
import type { FastifyInstance } from 'fastify'

const loopbackHosts = new Set(['localhost', '127.0.0.1', '::1'])

export const isLoopback = (host: string): boolean => loopbackHosts.has(host) || host.startsWith('127.')

/** `name:port`, `[::1]:port` → name */
const nameOf = (header: string): string =>
  header
    .replace(/:\d*$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase()

const headers: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
}

/**
 * `loopback`: the service listens there only. A page elsewhere can make its own host name point to 127.0.0.1 and read
 * this service through the reader's browser (DNS rebinding); the Host header gives it away.
 */
export function guard(app: FastifyInstance, options: { readonly loopback: boolean }): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers)
    const host = request.headers.host
    if (options.loopback && (host === undefined || !loopbackHosts.has(nameOf(host)))) {
      return reply
        .code(421)
        .type('text/plain; charset=utf-8')
        .send('This mirror answers to localhost only.\n')
    }
    return undefined
  })
}
