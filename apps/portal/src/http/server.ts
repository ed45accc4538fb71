/** The application on a port. Made by the command (`portal serve`) with the services that it has opened. */
import { createApp } from './app.ts'
import type { AppConfig, Services } from './config.ts'
import { originsFor } from './origin.ts'

export interface Listening {
  /** 'http://127.0.0.1:5000' */
  readonly url: string
  readonly port: number
  /** Answers what is under way, then ends. The services stay open: they belong to the caller. */
  readonly close: () => Promise<void>
}

/**
 * @param at port 0: any free one
 * @throws EADDRINUSE and the like, as the system gives them; an Error with its remedy when the assets are not built
 */
export const startServer = async (
  services: Services,
  config: AppConfig,
  at: { readonly host: string; readonly port: number },
): Promise<Listening> => {
  let port = at.port
  const secure = config.origins.some((origin) => origin.startsWith('https:'))
  const { origins: configured, ...rest } = config
  // asked once for each write: parsed once for each port
  let known = { port: -1, origins: [] as readonly string[] }
  const origins = () => {
    if (known.port !== port) known = { port, origins: originsFor(configured, port) }
    return known.origins
  }
  const app = await createApp(services, { ...rest, origins, secure })
  await app.listen({ host: at.host, port: at.port })
  const address = app.server.address()
  if (address !== null && typeof address === 'object') port = address.port
  const host = at.host.includes(':') ? `[${at.host}]` : at.host
  return { url: `http://${host}:${port}`, port, close: () => app.close() }
}
