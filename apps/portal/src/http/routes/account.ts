import type { FastifyInstance } from 'fastify'
import { PortalError } from '../../errors.ts'
import { browserWords } from '../../policy/browser.ts'
import { accountPage } from '../../views/account.tsx'
import type { Deps } from '../app.ts'
import { wantsJson } from '../negotiate.ts'
import { sendPage } from '../pages.ts'

/** Enough to find the sign-in that was not one's own; the registrar's office sees all (`portal sign-ins`). */
const SHOWN = 20

/** What the portal knows of who is signed in: students and staff alike. */
export const accountRoutes = (app: FastifyInstance, { accounts, pages, sessions }: Deps): void => {
  app.get('/account', async (request, reply) => {
    const { person } = request
    if (person === null) throw new PortalError('sign_in_needed')
    const signIns = await accounts.signIns(person.accountId, SHOWN)
    if (wantsJson(request)) return { person, signIns }
    return sendPage(reply, accountPage(await pages.context(request), { person, signIns }))
  })

  app.post('/sign-out-everywhere', async (request, reply) => {
    const { person } = request
    if (person === null) throw new PortalError('sign_in_needed')
    const browser = browserWords(request.headers['user-agent'])
    await accounts.signOutEverywhere(person.accountId, { address: request.ip, browser })
    sessions.end(reply)
    return wantsJson(request) ? { person: null } : reply.redirect('/sign-in?out=everywhere', 303)
  })
}
