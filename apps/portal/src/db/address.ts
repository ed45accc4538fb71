/** Addresses of databases: parsed once, and printable without their password. */
import { z } from 'zod'

export interface DatabaseAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** A configuration that cannot work: exit status 2, and no password in the words. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
}

const part = z.string().transform((text, context) => {
  try {
    return decodeURIComponent(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'has a broken % escape' })
    return z.NEVER
  }
})

const addressParts = z.object({
  host: z.string().min(1, 'names no host'),
  user: part.pipe(z.string().min(1, 'names no user')),
  password: part,
  database: part.pipe(z.string().regex(/^[^/]+$/, 'names no database after the host')),
})

/**
 * `mysql://user:password@host:port/database` (or `postgres://…`).
 * @param variable where it came from, for the message @throws AddressError
 */
export const parseAddress = (
  text: string,
  variable: string,
  scheme: 'mysql' | 'postgres',
): DatabaseAddress => {
  const shape = `${scheme}://user:password@host:port/database`
  let url: URL
  try {
    url = new URL(text)
  } catch {
    // the text itself is not repeated: it may hold a password
    throw new AddressError(`${variable} is not an address. Write it as ${shape}.`)
  }
  const schemes = scheme === 'mysql' ? ['mysql:', 'mariadb:'] : ['postgres:', 'postgresql:']
  if (!schemes.includes(url.protocol))
    throw new AddressError(`${variable} does not begin with ${scheme}://. Write it as ${shape}.`)
  const parsed = addressParts.safeParse({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    user: url.username,
    password: url.password,
    database: url.pathname.slice(1),
  })
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => issue.message).join(', ')
    throw new AddressError(`${variable} ${issues}. Write it as ${shape}.`)
  }
  return { ...parsed.data, port: url.port === '' ? (scheme === 'mysql' ? 3306 : 5432) : Number(url.port) }
}

/** For messages: everything but the password. */
export const describeAddress = (address: DatabaseAddress): string =>
  `${address.user}@${address.host}:${address.port}/${address.database}`
