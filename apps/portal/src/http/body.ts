/**
 * How much of a request is read. The largest honest form (a cart of twenty with its keys) is below 2 KB.
 *
 * What is larger than LIMIT is answered 413, but it is first read and thrown away, up to DRAIN bytes: closing a
 * connection on which the browser still sends would show it a reset instead of our words.
 */
import { Readable } from 'node:stream'
import formbody from '@fastify/formbody'
import type { FastifyInstance } from 'fastify'
import { HttpError } from './problems.ts'

export const LIMIT = 64 * 1024
const DRAIN = 8 * 1024 * 1024
/** ms: an honest form comes within one packet, one that drips would hold up a stop */
const ARRIVE_WITHIN = 30_000

/**
 * A body that announces no length: read whole before it is parsed, as the parser would stop at LIMIT, and with it the
 * connection on which the browser still sends.
 */
const readChunked = async (payload: AsyncIterable<Uint8Array>): Promise<Readable> => {
  const chunks: Uint8Array[] = []
  let read = 0
  for await (const chunk of payload) {
    read += chunk.length
    if (read <= LIMIT) chunks.push(chunk)
    if (read > DRAIN) break
  }
  if (read > LIMIT) throw new HttpError('too_large')
  return Readable.from(chunks)
}

const drain = async (payload: AsyncIterable<Uint8Array>): Promise<void> => {
  let read = 0
  for await (const chunk of payload) {
    read += chunk.length
    if (read > DRAIN) return
  }
}

/** @param withinMs for a whole body to arrive; who takes longer is cut off */
export const registerBody = async (app: FastifyInstance, withinMs = ARRIVE_WITHIN): Promise<void> => {
  // the parser keeps repeated names as arrays: `section=1&section=2` → ['1', '2']
  await app.register(formbody, { bodyLimit: LIMIT })
  app.addHook('preParsing', async (request, _reply, payload) => {
    // Node's own requestTimeout was seen not to end a request whose headers had come
    const late = setTimeout(() => request.raw.destroy(), withinMs)
    // A client that has gone before this hook closes nothing any more: its timer must not hold up a process that is told to end.
    late.unref()
    for (const over of ['end', 'close']) request.raw.once(over, () => clearTimeout(late))
    if (Number(request.headers['content-length'] ?? 0) > LIMIT) {
      await drain(payload)
      throw new HttpError('too_large')
    }
    if (request.headers['transfer-encoding'] !== undefined) return readChunked(payload)
    return payload
  })
}
