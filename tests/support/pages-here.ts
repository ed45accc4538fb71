/** The web application in the test's own process, where a test wants what no flag has. */
import { defaultLimits, type AppConfig, type Services } from '../../apps/portal/src/http/config.ts'
import { startServer } from '../../apps/portal/src/http/server.ts'
import { atEnd } from './scope.ts'

/** Until the end of the test file. @returns its address */
export const servePages = async (
  services: Services,
  config: Partial<Omit<AppConfig, 'limits'>> & { readonly limits?: Partial<AppConfig['limits']> } = {},
): Promise<string> => {
  const { limits, ...rest } = config
  const server = await startServer(
    services,
    {
      origins: [],
      trustProxy: [],
      console: undefined,
      timeZone: 'Etc/UTC',
      logLevel: 'silent',
      // a test asks for more at once than anybody does
      limits: { ...defaultLimits, writes: 100_000, ...limits },
      ...rest,
    },
    { host: '127.0.0.1', port: 0 },
  )
  atEnd(() => server.close())
  return server.url
}
