/** The application on a port. Made by the command (`portal serve`) with the services that it has opened. */
import { createApp } from './app.ts'
import type { AppConfig, Services } from './config.ts'
import { inAddress, originsFor, originWarning } from './origin.ts'

/** The address cannot be listened on; `code` is the system's: EADDRINUSE, EACCES, ENOTFOUND … */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code: string

  constructor(at: { readonly host: string; readonly port: number }, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    super(`${at.host}:${at.port} cannot be listened on (${code}).`, { cause })
    this.code = code
  }
}

export interface Listening {
  /** 'http://127.0.0.1:5000' */
  readonly url: string
  readonly port: number
  /** for whoever started it, in words */
  readonly warning: string | undefined
  /** Answers what is under way, then ends; who is still sending after STOP_WITHIN is cut off. The services stay open: they belong to the caller. */
  readonly close: () => Promise<void>
}

/** ms; longer than any honest form takes to arrive, and short enough for whatever stops us not to kill us first */
const STOP_WITHIN = 5_000

/**
 * @param at port 0: any free one
 * @throws ListenError; an Error with its remedy when the assets are not built
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
    if (known.port !== port) known = { port, origins: originsFor(configured, port, at.host) }
    return known.origins
  }
  const app = await createApp(services, { ...rest, origins, secure })
  try {
    await app.listen({ host: at.host, port: at.port })
  } catch (error) {
    throw new ListenError(at, error)
  }
  const address = app.server.address()
  if (address !== null && typeof address === 'object') port = address.port
  return {
    url: `http://${inAddress(at.host)}:${port}`,
    port,
    warning: originWarning(configured, port, at.host),
    close: async () => {
      const enough = setTimeout(() => app.server.closeAllConnections(), STOP_WITHIN)
      try {
        await app.close()
      } finally {
        clearTimeout(enough)
      }
    },
  }
}
