import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { PortalError } from '../../errors.ts'
import { browserWords } from '../../policy/browser.ts'
import { activatePage } from '../../views/sign-in.tsx'
import type { Deps } from '../app.ts'
import { expected } from '../expected.ts'
import { setRetryAfter } from '../failures.ts'
import { formErrors, text } from '../fields.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'

const typed = text.transform((value) => value.trim())

const form = z.object({
  number: typed.pipe(z.string().min(1, 'Enter your number.').max(64, 'That is too long for a number.')),
  code: typed.pipe(
    z.string().min(1, 'Enter the one-time code.').max(64, 'That is too long for a one-time code.'),
  ),
  password: text.pipe(z.string().min(1, 'Choose a password.').max(1024, 'That is too long for a password.')),
})

const kept = z.object({
  number: typed.catch('').transform((value) => value.slice(0, 64)),
  code: typed.catch('').transform((value) => value.slice(0, 64)),
})

/** First use, and the forgotten password. */
export const activateRoutes = (app: FastifyInstance, { accounts, pages, sessions }: Deps): void => {
  app.get('/activate', async (request, reply) =>
    sendPage(reply, activatePage(await pages.context(request), { number: '', code: '', errors: [] })),
  )

  app.post('/activate', async (request, reply) => {
    const again = kept.parse(request.body ?? {})
    const input = form.safeParse(request.body ?? {})
    if (!input.success) {
      const errors = formErrors(input.error)
      if (wantsJson(request)) {
        const message = errors.map((error) => error.message).join(' ')
        const remedy = 'Send number, code and password.'
        return reply.code(422).send({ error: { code: 'request_malformed', message, remedy } })
      }
      return sendPage(reply, activatePage(pages.bareContext(request), { ...again, errors }), 422)
    }
    const from = { address: request.ip, browser: browserWords(request.headers['user-agent']) }
    const signedIn = await expected(accounts.activate({ ...input.data, ...from }), ['busy'])
    if (signedIn instanceof PortalError) {
      if (wantsJson(request)) throw signedIn
      const { status, message, remedy, retryAfter, field = 'number' } = signedIn
      setRetryAfter(reply, retryAfter)
      const errors = [{ field, message, remedy }]
      return sendPage(reply, activatePage(pages.bareContext(request), { ...again, errors }), status)
    }
    // one browser, one session: also one of somebody else's, which the new password did not end
    const earlier = sessions.token(request)
    if (earlier !== undefined && request.person !== null) await accounts.signOut(earlier)
    sessions.begin(reply, signedIn)
    if (wantsJson(request)) return { person: signedIn.person, expiresAt: signedIn.expiresAt }
    return reply.redirect('/catalogue', 303)
  })
}
