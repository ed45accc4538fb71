import { negotiate } from '@fastify/accept-negotiator'
import type { FastifyRequest } from 'fastify'

/**
 * The same address answers a page or JSON. What a client accepts decides; one that accepts anything (curl, fetch) gets
 * JSON where it sent JSON, else the page.
 */
export const wantsJson = (request: FastifyRequest): boolean => {
  const accept = request.headers.accept
  if (accept === undefined || accept.trim() === '*/*') {
    return request.headers['content-type']?.startsWith('application/json') ?? false
  }
  return negotiate(accept, ['text/html', 'application/json']) === 'application/json'
}
