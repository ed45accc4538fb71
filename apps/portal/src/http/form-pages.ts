/** Which page a form stands on, by the address that it is sent to: for whoever opens that address, and for coming back to it. */
import type { FastifyInstance } from 'fastify'

/** Of the students' forms, and of those that everybody has. */
const own: Readonly<Record<string, string>> = {
  '/register': '/cart',
  '/drop': '/schedule',
  '/swap': '/schedule',
  '/leave': '/schedule',
  '/notices': '/notices',
  '/cart': '/cart',
  '/calendar': '/calendar',
  '/sign-in': '/sign-in',
  '/activate': '/activate',
  '/sign-out-everywhere': '/account',
  '/account/password': '/account',
}

const matcher = (url: string): RegExp => new RegExp(`^${url.replaceAll(/:[^/]+/g, '[^/]+')}$`)

/**
 * The office's forms are sent to addresses below that of their page: /registrar/students/S1/holds stands on /registrar/students/S1.
 * To be asked for before any route is registered, since it learns them from there.
 * @returns of a path, the page of the form that is sent there; undefined: no form is
 */
export const learnFormPages = (app: FastifyInstance): ((path: string) => string | undefined) => {
  const forms: RegExp[] = []
  const pages: RegExp[] = []
  app.addHook('onRoute', ({ method, url }) => {
    const methods = [method].flat()
    if (methods.includes('POST')) forms.push(matcher(url))
    if (methods.includes('GET')) pages.push(matcher(url))
  })
  return (path) => {
    const known = own[path]
    if (known !== undefined) return known
    if (!path.startsWith('/registrar/') || !forms.some((form) => form.test(path))) return undefined
    for (let page = path; page.length > '/registrar/'.length; page = page.slice(0, page.lastIndexOf('/')))
      if (pages.some((one) => one.test(page))) return page
    return undefined
  }
}
