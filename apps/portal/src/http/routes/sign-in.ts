import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { PortalError } from '../../errors.ts'
import { browserWords } from '../../policy/browser.ts'
import { signInPage } from '../../views/sign-in.tsx'
import type { Deps } from '../app.ts'
import { english, said } from '../../texts/index.ts'
import { expected } from '../expected.ts'
import { setRetryAfter } from '../failures.ts'
import { fieldsOf, formErrorOf, formErrors, malformed, text, wrong } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { homeOf, localPath } from '../session.ts'

const typed = text.transform((value) => value.trim())

const form = z.object({
  number: typed.pipe(
    z.string().min(1, wrong('sign_in.number_missing')).max(64, wrong('sign_in.number_long')),
  ),
  password: text.pipe(
    z.string().min(1, wrong('sign_in.password_missing')).max(1024, wrong('sign_in.password_long')),
  ),
})

/** What is shown again when the form is refused: all but the password. */
const kept = z.object({
  number: typed.catch('').transform((value) => value.slice(0, 64)),
  next: text.catch('').transform((value) => localPath(value)),
  /** who comes from "sign out everywhere" reads that it is done */
  out: text.catch('').transform((value) => value === 'everywhere'),
  /** who sent a new password without a session reads that it was not set */
  lost: text.catch('').transform((value) => value === 'password'),
})

export const signInRoutes = (app: FastifyInstance, { accounts, pages, sessions }: Deps): void => {
  app.get('/sign-in', async (request, reply) => {
    const { next, out, lost } = kept.parse(request.query ?? {})
    if (request.person !== null && !wantsJson(request))
      return reply.redirect(next ?? homeOf(request.person), 303)
    if (wantsJson(request)) return { person: request.person, fields: ['number', 'password'] }
    return sendPage(
      reply,
      signInPage(await pages.context(request), { number: '', next, out, lost, errors: [] }),
    )
  })

  app.post('/sign-in', async (request, reply) => {
    const input = form.safeParse(request.body ?? {})
    if (!input.success) {
      if (wantsJson(request)) throw malformed(formErrors(input.error, english), said('sign_in.json'))
      const again = kept.parse(fieldsOf(request.body))
      const ctx = pages.bareContext(request)
      const errors = formErrors(input.error, ctx)
      return sendPage(reply, signInPage(ctx, { ...again, errors }), 422)
    }
    const device = sessions.device(request)
    const from = { address: request.ip, device, browser: browserWords(request.headers['user-agent']) }
    const signedIn = await expected(accounts.signIn({ ...input.data, ...from }), ['busy'])
    if (signedIn instanceof PortalError) {
      if (wantsJson(request)) throw signedIn
      const { status, retryAfter } = signedIn
      setRetryAfter(reply, retryAfter)
      const ctx = pages.bareContext(request)
      const errors = [{ ...formErrorOf(signedIn, ctx), field: 'number' }]
      return sendPage(reply, signInPage(ctx, { ...kept.parse(fieldsOf(request.body)), errors }), status)
    }
    // one browser, one session: the one that it came with ends here
    const earlier = sessions.token(request)
    if (earlier !== undefined && request.person !== null) await accounts.signOut(earlier)
    sessions.begin(reply, signedIn)
    if (wantsJson(request)) return { person: signedIn.person, expiresAt: signedIn.expiresAt }
    return reply.redirect(kept.parse(fieldsOf(request.body)).next ?? homeOf(signedIn.person), 303)
  })

  app.post('/sign-out', async (request, reply) => {
    const token = sessions.token(request)
    if (token !== undefined) await accounts.signOut(token)
    sessions.end(reply)
    return wantsJson(request) ? { person: null } : reply.redirect('/sign-in', 303)
  })
}
