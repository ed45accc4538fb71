/**
 * Portals in trouble, for their pages of failures: the application of the product itself, with a database that is away, a
 * service that fails as no service should, and a limit of one request a minute.
 */
import { type OpenServices, openServices } from '../../apps/portal/src/services.ts'
import { servePages } from './pages-here.ts'
import { atEnd } from './scope.ts'

export interface BrokenPages {
  /** answers 429 */
  readonly limited: string
  /** answers 500 */
  readonly broken: string
  /** answers 503 */
  readonly away: string
}

export const startBrokenPages = async (): Promise<BrokenPages> => {
  // port 9 is nobody's
  const services = openServices({ database: 'mysql://nobody:none@127.0.0.1:9/none', connections: 1 })
  atEnd(() => services.close())
  const start = async (of: OpenServices, address = 100_000): Promise<string> =>
    `${await servePages(of, { limits: { person: 100_000, address } })}/catalogue`
  const failing = () => Promise.reject(new Error('a fault of ours'))
  const limited = await start(services, 1)
  return {
    limited,
    broken: await start({
      ...services,
      catalogue: { ...services.catalogue, search: failing, terms: failing, term: failing },
    }),
    away: await start(services),
  }
}
