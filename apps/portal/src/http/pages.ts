/** From a request to what its page knows of its reader, and from a page's text to an answer. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { languageOf } from '../texts/index.ts'
import { createShared } from '../catalogue/index.ts'
import type { PageContext } from '../views/context.ts'
import type { Assets } from './assets.ts'
import type { AppConfig, Services } from './config.ts'

export interface Pages {
  /** `cartCount` and `unread` when the route has read them already; else they are read for a signed-in student. */
  context(
    request: FastifyRequest,
    known?: { readonly cartCount?: number; readonly unread?: number },
  ): Promise<PageContext>
  /**
   * A page that is the same for all who are not signed in: several who ask for it at the same time are given one, as bytes, so
   * that its 30 KB are put into them once.
   */
  shared(request: FastifyRequest, make: () => Promise<string>): Promise<string | Buffer>
  /** The same without asking the database: for pages about failures. */
  bareContext(request: FastifyRequest): PageContext
}

export const sendPage = (reply: FastifyReply, html: string | Buffer, status = 200): FastifyReply =>
  reply.code(status).type('text/html; charset=utf-8').send(html)

export const createPages = (
  assets: Assets,
  config: Pick<AppConfig, 'console' | 'timeZone' | 'languages'>,
  { catalogue }: Pick<Services, 'catalogue'>,
): Pages => {
  const bareContext = (request: FastifyRequest, cartCount = 0, unread = 0): PageContext => {
    // undefined on the request of an address that cannot be read
    const person = (request.person as typeof request.person | undefined) ?? null
    return {
      ...languageOf(request.headers['accept-language'], config.timeZone, config.languages),
      person: person === null ? null : { name: person.name, number: person.number, role: person.role },
      personKnown: request.personKnown,
      cartCount,
      unread,
      assets,
      console: config.console,
      timeZone: config.timeZone,
    }
  }
  const shared = createShared()
  return {
    bareContext: (request) => bareContext(request),
    context: async (request, known) => {
      const studentId = request.person?.studentId ?? null
      if (studentId === null) return bareContext(request, known?.cartCount)
      if (known?.cartCount !== undefined && known.unread !== undefined)
        return bareContext(request, known.cartCount, known.unread)
      const marks = await catalogue.ownMarks(studentId)
      return bareContext(request, known?.cartCount ?? marks.cart.length, marks.unread)
    },
    shared: (request, make) => {
      if (request.person !== null || !request.personKnown) return make()
      const { lang, format } = bareContext(request)
      return shared.run(`${lang} ${format.locale} ${request.url}`, async () => Buffer.from(await make()))
    },
  }
}
