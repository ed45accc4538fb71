/** Every failure as a page or as JSON. Nothing of the fault itself reaches the reader; all of it is in the log. */
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { english } from '../texts/index.ts'
import { problemPage } from '../views/problem.tsx'
import { sectionIds } from './fields.ts'
import { learnFormPages } from './form-pages.ts'
import { wantsJson } from './negotiate.ts'
import { type Pages, sendPage } from './pages.ts'
import { HttpError, type HttpErrorCode, loggable, type Problem, problemOf } from './problems.ts'
import { localPath } from './session.ts'

/** What was chosen without a session goes along to the cart, which offers to add it. */
const chosen = z.object({ section: sectionIds })
const withChoice = (page: string | undefined, body: unknown): string | undefined => {
  const ids = page === '/cart' ? (chosen.safeParse(body).data?.section ?? []) : []
  const query = new URLSearchParams(ids.slice(0, 20).map((id) => ['section', id]))
  return (query.size === 0 ? undefined : localPath(`${page}?${query.toString()}`)) ?? page
}

type FormPage = ReturnType<typeof learnFormPages>

const pathOf = ({ url }: FastifyRequest): string => url.split('?')[0] ?? ''

/** Only a path of ours: 'GET //evil.example' is an address that a link would follow to another host. */
const pageOf = (request: FastifyRequest, formPage: FormPage): string | undefined =>
  localPath(request.method === 'GET' ? request.url : formPage(pathOf(request)))

export const setRetryAfter = (reply: FastifyReply, seconds: number | undefined): void => {
  if (seconds !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(seconds)))
}

export const answerProblem = (
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
  formPage: FormPage = () => undefined,
): FastifyReply => {
  const { status, code, retryAfter, field } = problem
  setRetryAfter(reply, retryAfter)
  if (wantsJson(request)) {
    const [message, remedy] = [english.say(problem.words), english.say(problem.remedy)]
    return reply.code(status).send({ error: { code, message, remedy, field, request: request.id } })
  }
  if (code === 'sign_in_needed') {
    const page = pageOf(request, formPage)
    const next = request.method === 'GET' ? page : withChoice(page, request.body)
    const lost = request.method === 'POST' && pathOf(request) === '/account/password' ? '&lost=password' : ''
    const door = next === undefined ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}${lost}`
    return reply.redirect(door, 303)
  }
  const again =
    status >= 500 || status === 429 || status === 409 || status === 413
      ? pageOf(request, formPage)
      : undefined
  const ctx = pages.bareContext(request)
  const html = problemPage(ctx, {
    status,
    message: ctx.say(problem.words),
    remedy: ctx.say(problem.remedy),
    requestId: request.id,
    again,
  })
  return sendPage(reply, html, status)
}

/** An address that cannot even be read never reaches a route or a hook, so what these would add is added here. */
export const answerUnreadable =
  (pages: Pages) =>
  (_error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    reply.header('content-security-policy', "default-src 'none'; style-src 'self'; img-src 'self'")
    answerProblem(pages, request, reply, problemOf(new HttpError('bad_address')))
  }

const unparsable: Readonly<Record<string, readonly [status: string, code: HttpErrorCode]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'address_long'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'bad_request'],
}

/** What is no HTTP, or too long to be read as such, never becomes a request: its answer is written by hand, in the same shape. */
export const answerUnparsable = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const [status, code] = unparsable[error.code ?? ''] ?? ['400 Bad Request', 'bad_request']
  const [message, remedy] = [english.t(`http.${code}`), english.t(`http.${code}.remedy`)]
  const body = JSON.stringify({ error: { code, message, remedy } })
  const head = [
    'content-type: application/json; charset=utf-8',
    'cache-control: no-store',
    'connection: close',
  ]
  if (socket.writable)
    socket.write(
      [`HTTP/1.1 ${status}`, ...head, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'),
    )
  socket.destroy(error)
}

export const handleFailures = (app: FastifyInstance, pages: Pages): void => {
  const formPage = learnFormPages(app)
  app.setErrorHandler(async (error, request, reply) => {
    const problem = problemOf(error)
    if (problem.status >= 500) request.log.error({ error: loggable(error), code: problem.code }, 'failed')
    return answerProblem(pages, request, reply, problem, formPage)
  })
  app.setNotFoundHandler(async (request, reply) => {
    // the answer to a refused form, loaded again or gone back to
    const page =
      request.method === 'GET' && !wantsJson(request) ? localPath(formPage(pathOf(request))) : undefined
    if (page !== undefined) return reply.redirect(page, 303)
    return answerProblem(pages, request, reply, problemOf(new HttpError('no_such_page')))
  })
}
