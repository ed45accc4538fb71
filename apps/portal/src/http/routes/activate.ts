import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { PortalError } from '../../errors.ts'
import { browserWords } from '../../policy/browser.ts'
import { activatePage } from '../../views/sign-in.tsx'
import type { Deps } from '../app.ts'
import { english, said } from '../../texts/index.ts'
import { expected } from '../expected.ts'
import { setRetryAfter } from '../failures.ts'
import { fieldsOf, formErrorOf, formErrors, malformed, text, wrong } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'
import { homeOf } from '../session.ts'

const typed = text.transform((value) => value.trim())

const form = z.object({
  number: typed.pipe(
    z.string().min(1, wrong('sign_in.number_missing')).max(64, wrong('sign_in.number_long')),
  ),
  code: typed.pipe(z.string().min(1, wrong('activate.code_missing')).max(64, wrong('activate.code_long'))),
  password: text.pipe(
    z.string().min(1, wrong('activate.password_missing')).max(1024, wrong('sign_in.password_long')),
  ),
})

const kept = z.object({
  number: typed.catch('').transform((value) => value.slice(0, 64)),
  code: typed.catch('').transform((value) => value.slice(0, 64)),
})

/** First use, and the forgotten password. */
export const activateRoutes = (app: FastifyInstance, { accounts, pages, sessions }: Deps): void => {
  app.get('/activate', async (request, reply) => {
    if (wantsJson(request)) return { person: request.person, fields: ['number', 'code', 'password'] }
    return sendPage(reply, activatePage(await pages.context(request), { number: '', code: '', errors: [] }))
  })

  app.post('/activate', async (request, reply) => {
    const again = kept.parse(fieldsOf(request.body))
    const input = form.safeParse(request.body ?? {})
    if (!input.success) {
      if (wantsJson(request)) throw malformed(formErrors(input.error, english), said('activate.json'))
      const ctx = pages.bareContext(request)
      return sendPage(reply, activatePage(ctx, { ...again, errors: formErrors(input.error, ctx) }), 422)
    }
    const from = { address: request.ip, browser: browserWords(request.headers['user-agent']) }
    const signedIn = await expected(accounts.activate({ ...input.data, ...from }), ['busy'])
    if (signedIn instanceof PortalError) {
      if (wantsJson(request)) throw signedIn
      const { status, retryAfter, field = 'number' } = signedIn
      setRetryAfter(reply, retryAfter)
      const ctx = pages.bareContext(request)
      const errors = [{ ...formErrorOf(signedIn, ctx), field }]
      return sendPage(reply, activatePage(ctx, { ...again, errors }), status)
    }
    // one browser, one session: also one of somebody else's, which the new password did not end
    const earlier = sessions.token(request)
    if (earlier !== undefined && request.person !== null) await accounts.signOut(earlier)
    sessions.begin(reply, signedIn)
    if (wantsJson(request)) return { person: signedIn.person, expiresAt: signedIn.expiresAt }
    return reply.redirect(homeOf(signedIn.person), 303)
  })
}
