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

/** The public origins: those that were configured, else the names of the loopback address. */
export const originsFor = (configured: readonly string[], port: number): readonly string[] =>
  configured.length > 0
    ? configured.map((address) => new URL(address).origin)
    : ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}:${port}`)
