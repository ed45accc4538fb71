/** Forms of staff: who sends one, and by which key it is known again. */
import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { markRequest, type RequestMark } from '../registrar/receipt.ts'
import { parseForm, requestKey } from './fields.ts'
import { requireRegistrar } from './session.ts'

const keyed = z.object({ request: requestKey.optional() })

export interface StaffForm {
  readonly staffNumber: string
  readonly request: RequestMark
}

/**
 * The key, with the content as it was sent: the address and every field. Not what was made of them, which may hang on what the form
 * has changed since.
 * @throws PortalError request_malformed, HttpError staff_only
 */
export const byStaff = (request: FastifyRequest): StaffForm => {
  const { number } = requireRegistrar(request)
  const body: unknown = request.body ?? {}
  const { request: key } = parseForm(keyed, body)
  const fields = Object.entries(body as Readonly<Record<string, unknown>>)
    .filter(([name]) => name !== 'request')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const [path = ''] = request.url.split('?')
  return { staffNumber: number, request: markRequest(key, [path, JSON.stringify(fields)]) }
}

/** For a page with forms of staff. */
export const newRequest = (): string => randomUUID()
