/**
 * What `mirror run --listen HOST:PORT` serves: /healthz (the process lives), /readyz (it follows the source, or stands
 * by), /metrics, /api/status, /api/history and a status page at /. Everything is read-only and without a
 * password: whoever reaches the port may read, which is why the default is loopback.
 */
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import type { Scrub } from '../secrets.ts'
import type { EngineEvent, Mirror } from '../types.ts'
import { createActivityLog, readyBoundMs } from './activity.ts'
import { guard, isLoopback } from './guard.ts'
import { createKnownState } from './known.ts'
import { createMetrics } from './metrics.ts'
import { addRoutes } from './routes.ts'

export interface ServiceOptions {
  readonly mirror: Mirror
  readonly host: string
  /** 0: any free port */
  readonly port: number
  readonly pollMs: number
  readonly scrub: Scrub
}

export interface Service {
  /** http://host:port */
  readonly url: string
  readonly loopback: boolean
  close(): Promise<void>
}

const notFound = {
  version: 1,
  error: { code: 'not_found', message: 'There is nothing here.', remedy: 'GET /', retried: false },
}

/** Resolves when it listens; rejects with node's error (EADDRINUSE, …) when it cannot. */
export async function startService({ mirror, host, port, pollMs, scrub }: ServiceOptions): Promise<Service> {
  const activity = createActivityLog(Date.now())
  const state = createKnownState(mirror)
  const metrics = createMetrics(activity, state)
  const loopback = isLoopback(host)
  // forceCloseConnections: a browser's idle connection must not hold up the end
  const app: FastifyInstance = fastify({
    logger: false,
    trustProxy: false,
    forceCloseConnections: true,
    bodyLimit: 1_024,
  })
  guard(app, { loopback })
  addRoutes(app, { mirror, activity, state, metrics, scrub, readyBoundMs: readyBoundMs(pollMs) })
  app.setNotFoundHandler((_, reply) => reply.code(404).send(notFound))
  app.setErrorHandler((error, _, reply) => {
    const message = scrub(error instanceof Error ? error.message : String(error))
    return reply
      .code(500)
      .send({ version: 1, error: { code: 'MIRROR_0009', message, remedy: 'Report it.', retried: false } })
  })
  const unsubscribe = mirror.on((event: EngineEvent) => {
    activity.note(event, Date.now())
    metrics.note(event)
    if (event.type === 'cycle') state.keepFresh()
  })
  try {
    await app.listen({ host, port })
  } catch (error) {
    unsubscribe()
    await app.close()
    throw error
  }
  // not the first of addresses(): localhost may listen on two
  const { port: bound } = app.server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    loopback,
    async close() {
      unsubscribe()
      await app.close()
    },
  }
}
