/** The service's addresses. All of them only read. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { errorTable, MirrorError } from '../errors.ts'
import type { Scrub } from '../secrets.ts'
import type { HistoryQuery, Mirror } from '../types.ts'
import { type ActivityLog, readiness } from './activity.ts'
import { css, script } from './assets.ts'
import { toText } from './html.ts'
import type { KnownState } from './known.ts'
import type { Metrics } from './metrics.ts'
import { statusPage } from './page.ts'

export interface RouteParts {
  readonly mirror: Mirror
  readonly activity: ActivityLog
  readonly state: KnownState
  readonly metrics: Metrics
  readonly scrub: Scrub
  readonly readyBoundMs: number
}

const once = z.string({ error: 'is given twice' })

/** Table and key as on the command line: `?table=enrolment&key=7,2026`, `key` also as a JSON array. */
const historyQuery = z
  .strictObject({
    table: once.min(1).optional(),
    key: once.min(1).optional(),
    since: once
      .refine((text) => !Number.isNaN(Date.parse(text)), { error: 'is not an ISO 8601 time' })
      .optional(),
    limit: once.regex(/^[1-9]\d{0,3}$/, { error: 'is not a whole number from 1 to 9999' }).optional(),
    after: once.regex(/^\d{1,18}$/, { error: 'is no cursor' }).optional(),
  })
  .refine(({ key, table }) => key === undefined || table !== undefined, {
    error: 'key needs table',
    path: ['key'],
  })

function keyOf(text: string): readonly string[] {
  if (!text.startsWith('[')) return text.split(',')
  return z.array(z.string()).min(1).parse(JSON.parse(text))
}

const failure = (code: string, message: string, remedy: string, retried: boolean) => ({
  version: 1,
  error: { code, message, remedy, retried },
})

function failureOf(error: Error, scrub: Scrub) {
  const code = error instanceof MirrorError ? error.code : 'MIRROR_3005'
  const { remedy, retried } = errorTable[code]
  return failure(code, scrub(error.message), remedy, retried)
}

export function addRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { mirror, activity, state, metrics, scrub } = parts

  app.get('/healthz', () => ({ alive: true }))

  app.get('/readyz', async (_, reply) => {
    const now = Date.now()
    const found = readiness(activity.current(), parts.readyBoundMs, now)
    const { lastCycle } = activity.current()
    return reply.code(found.ready ? 200 : 503).send({
      ...found,
      reasons: found.reasons.map(scrub),
      lastCycleAt: lastCycle === null ? null : new Date(lastCycle.at).toISOString(),
      boundMs: parts.readyBoundMs,
    })
  })

  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.render()))

  app.get('/api/status', async (_, reply) => {
    const { known, error } = await state.look()
    if (error === null && known !== null) return { version: 1, ...known.status }
    const lastKnown = known === null ? null : { at: new Date(known.at).toISOString(), ...known.status }
    return reply
      .code(503)
      .send({ ...failureOf(error ?? new Error('nothing is known yet'), scrub), lastKnown })
  })

  app.get('/api/history', async (request, reply) => {
    const bad = (message: string) =>
      reply
        .code(400)
        .send(
          failure('MIRROR_0001', message, 'table, key, since, limit and after, as of mirror history', false),
        )
    const parsed = historyQuery.safeParse(request.query)
    if (!parsed.success) {
      return bad(
        parsed.error.issues
          .map((issue) => `${issue.path.join('.') || 'the query'}: ${issue.message}`)
          .join('; '),
      )
    }
    const { table, key, since, limit, after } = parsed.data
    let query: HistoryQuery
    try {
      query = {
        limit: Number(limit ?? 100),
        ...(table !== undefined && { table }),
        ...(key !== undefined && { key: keyOf(key) }),
        ...(since !== undefined && { since: new Date(since) }),
        ...(after !== undefined && { after }),
      }
    } catch {
      return bad('key: is not a key: write 7, or 7,2026, or a JSON array of strings')
    }
    try {
      return { version: 1, ...(await mirror.history(query)) }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const isUnknown = error instanceof MirrorError && error.code === 'MIRROR_4008'
      return reply.code(isUnknown ? 404 : 503).send(failureOf(error, scrub))
    }
  })

  app.get('/status.css', (_, reply) => reply.type('text/css; charset=utf-8').send(css))
  app.get('/status.js', (_, reply) => reply.type('text/javascript; charset=utf-8').send(script))

  app.get('/', async (_, reply) => {
    const { known, error } = await state.look()
    const shownError = error === null ? null : new Error(scrub(error.message))
    const current = activity.current()
    const waiting =
      current.waiting === null ? null : { ...current.waiting, error: scrubbed(current.waiting.error, scrub) }
    const page = statusPage({ known, error: shownError, activity: { ...current, waiting }, now: Date.now() })
    return reply.type('text/html; charset=utf-8').send(toText(page))
  })
}

/** The same error for readers: its code stays, since what is waited for is told by it. */
function scrubbed(error: Error, scrub: Scrub): Error {
  const copy = new Error(scrub(error.message))
  return 'code' in error ? Object.assign(copy, { code: error.code }) : copy
}
