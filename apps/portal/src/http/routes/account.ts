import type { FormError } from '@matricula/ui'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Person } from '../../account/index.ts'
import { PortalError } from '../../errors.ts'
import { browserWords } from '../../policy/browser.ts'
import { passwordFault } from '../../policy/password.ts'
import { english, type Language, said } from '../../texts/index.ts'
import { accountPage } from '../../views/account.tsx'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { setRetryAfter } from '../failures.ts'
import { formErrorOf, formErrors, malformed, text, wrong } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'

/** Enough to find the sign-in that was not one's own; the registrar's office sees all (`portal sign-ins`). */
const SHOWN = 20

/** Policy of every page here: somebody, whoever it is. */
const requireAnybody = ({ person }: FastifyRequest): Person => {
  if (person === null) throw new PortalError('sign_in_needed')
  return person
}

const password = (missing: string) =>
  text.pipe(z.string().min(1, missing).max(1024, wrong('sign_in.password_long')))

const passwordForm = z
  .object({
    current: password(wrong('password.current_missing')),
    password: password(wrong('activate.password_missing')),
    again: password(wrong('password.again_missing')),
  })
  .refine((typed) => typed.password === typed.again, {
    path: ['again'],
    message: wrong('password.not_the_same'),
  })

/** What is wrong with the new password itself is said together with the rest, not after it is typed twice alike. */
const allErrors = (
  errors: readonly FormError[],
  body: unknown,
  number: string,
  { say }: Language,
): readonly FormError[] => {
  const wanted = z.object({ password: z.string() }).safeParse(body).data?.password
  if (wanted === undefined || errors.some(({ field }) => field === 'password')) return errors
  const fault = passwordFault(wanted, number)
  if (fault === null) return errors
  const at = errors.findIndex(({ field }) => field === 'again')
  return errors.toSpliced(at < 0 ? errors.length : at, 0, { field: 'password', message: say(fault) })
}

const query = z.object({ done: text.catch('') })

/** What the portal knows of who is signed in: students and staff alike. */
export const accountRoutes = (app: FastifyInstance, { accounts, pages, sessions }: Deps): void => {
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { errors = [], status = 200 }: { errors?: readonly FormError[]; status?: number } = {},
  ) => {
    const person = requireAnybody(request)
    const signIns = await accounts.signIns(person.accountId, SHOWN)
    if (wantsJson(request)) return reply.send({ person, signIns })
    const changed = query.parse(request.query ?? {}).done === 'password'
    const ctx = await pages.context(request)
    return sendPage(reply, accountPage(ctx, { person, signIns, errors, changed }), status)
  }

  app.get('/account', (request, reply) => {
    requireAnybody(request)
    return show(request, reply)
  })

  // for password managers (W3C, "A Well-Known URL for Changing Passwords"), and for who loads the answer to a form again
  for (const path of ['/.well-known/change-password', '/account/password'])
    app.get(path, (_request, reply) => reply.redirect('/account', 303))

  app.post('/account/password', async (request, reply) => {
    const { number } = requireAnybody(request)
    const input = passwordForm.safeParse(request.body ?? {})
    if (!input.success) {
      const language = wantsJson(request) ? english : pages.bareContext(request)
      const errors = allErrors(formErrors(input.error, language), request.body, number, language)
      if (wantsJson(request)) throw malformed(errors, said('account.password_json'))
      return show(request, reply, { errors, status: 422 })
    }
    const { current, password: wanted } = input.data
    const changed = await expected(
      accounts.changePassword({
        number,
        current,
        password: wanted,
        address: request.ip,
        device: sessions.device(request),
        browser: browserWords(request.headers['user-agent']),
      }),
      ['busy'],
    )
    if (changed instanceof PortalError) {
      if (wantsJson(request)) throw changed
      const { status, retryAfter, field = 'current' } = changed
      setRetryAfter(reply, retryAfter)
      const error = { ...formErrorOf(changed, pages.bareContext(request)), field }
      return show(request, reply, { errors: [error], status })
    }
    sessions.begin(reply, changed)
    if (wantsJson(request)) return { person: changed.person, expiresAt: changed.expiresAt }
    return reply.redirect('/account?done=password', 303)
  })

  app.post('/sign-out-everywhere', async (request, reply) => {
    const { accountId } = requireAnybody(request)
    const browser = browserWords(request.headers['user-agent'])
    await accounts.signOutEverywhere(accountId, { address: request.ip, browser })
    sessions.end(reply)
    return wantsJson(request) ? { person: null } : reply.redirect('/sign-in?out=everywhere', 303)
  })
}
