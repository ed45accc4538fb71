/**
 * Is this write sent by one of our own pages? Asked before anything of the request is read.
 *
 * A browser names the page that sent a form in Origin, and says in Sec-Fetch-Site how that page relates to us; a script
 * on another site can change neither. Where both are missing it is no browser (a command-line client holds no one
 * else's cookie), and the request is let through. SameSite=Lax on the cookie is the second wall, not the first.
 */
export const sentByUs = (
  headers: {
    readonly origin?: string | undefined
    readonly 'sec-fetch-site'?: string | string[] | undefined
  },
  origins: readonly string[],
): boolean => {
  if (headers.origin !== undefined) return origins.includes(headers.origin.toLowerCase())
  const site = headers['sec-fetch-site']
  return site === undefined || site === 'same-origin' || site === 'none'
}

const everywhere = new Set(['0.0.0.0', '::'])
const loopback = new Set(['127.0.0.1', 'localhost', '::1'])

/** @param host an address or a name, as `--host` has it → as an address of the web has it */
export const inAddress = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/**
 * The public origins: those that were configured, else the names of the loopback address, and `host` where the server
 * listens on one address only. Written as browsers write them: without port 80.
 */
export const originsFor = (
  configured: readonly string[],
  port: number,
  host = '127.0.0.1',
): readonly string[] => {
  if (configured.length > 0) return configured.map((address) => new URL(address).origin)
  const hosts = new Set([...loopback, ...(everywhere.has(host) ? [] : [host])])
  return [...hosts].map((name) => new URL(`http://${inAddress(name)}:${port}`).origin)
}

/** What whoever starts the server should know before the first form is refused; undefined: nothing. */
export const originWarning = (
  configured: readonly string[],
  port: number,
  host: string,
): string | undefined =>
  configured.length > 0 || loopback.has(host)
    ? undefined
    : `forms are taken only from pages opened under ${originsFor([], port, host).join(', ')}. ` +
      'Name the address that people use with --origin, such as --origin https://register.example.edu'
