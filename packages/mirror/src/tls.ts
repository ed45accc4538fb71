/**
 * Encryption of the two connections, as their addresses ask for it.
 *
 *   mysql://…/db?ssl-mode=VERIFY_IDENTITY&ssl-ca=FILE      in the words of MySQL's own clients
 *   postgres://…/db?sslmode=verify-full&sslrootcert=FILE   in the words of libpq
 *
 * Both mean the same five things. Without a word about it: encrypted where the server offers it, as both families'
 * clients do; who names a CA wants it asked. Only `identity` keeps out whoever can stand between the two.
 */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

export type Side = 'source' | 'target'

/**
 * off · preferred: when the server offers it · required: or no connection · ca: and the certificate is of the CA ·
 * identity: and it names the host
 */
export type TlsMode = 'off' | 'preferred' | 'required' | 'ca' | 'identity'

export interface Tls {
  readonly mode: TlsMode
  /** paths of PEM files; read at each connection, since certificates are renewed */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

interface Vocabulary {
  readonly mode: string
  readonly ca: string
  readonly cert: string
  readonly key: string
  /** the first of a meaning is the one that messages use */
  readonly modes: Readonly<Record<string, TlsMode>>
  /** what a CA without a mode means */
  readonly modeOfCa: TlsMode
}

const words: Readonly<Record<Side, Vocabulary>> = {
  source: {
    mode: 'ssl-mode',
    ca: 'ssl-ca',
    cert: 'ssl-cert',
    key: 'ssl-key',
    modes: {
      DISABLED: 'off',
      PREFERRED: 'preferred',
      REQUIRED: 'required',
      VERIFY_CA: 'ca',
      VERIFY_IDENTITY: 'identity',
    },
    modeOfCa: 'ca',
  },
  target: {
    mode: 'sslmode',
    ca: 'sslrootcert',
    cert: 'sslcert',
    key: 'sslkey',
    modes: {
      disable: 'off',
      prefer: 'preferred',
      require: 'required',
      'verify-ca': 'ca',
      'verify-full': 'identity',
    },
    modeOfCa: 'identity',
  },
}

/** Parameters of an address that name a file. */
export const fileParameters: Readonly<Record<Side, readonly string[]>> = {
  source: [words.source.ca, words.source.cert, words.source.key],
  target: [words.target.ca, words.target.cert, words.target.key],
}

/** All that may stand after the ? of an address. `socket` and `host`: by a socket instead of TCP. */
export const addressParameters: Readonly<Record<Side, readonly string[]>> = {
  source: [words.source.mode, ...fileParameters.source, 'socket'],
  target: [words.target.mode, ...fileParameters.target, 'host'],
}

/** Throws an Error that says what is contradictory. Files are not looked at. */
export const readTls = (side: Side, url: URL): Tls => {
  const { modes, modeOfCa, ...names } = words[side]
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined
  const [ca, cert, key] = [names.ca, names.cert, names.key].map(parameter)
  const given = parameter(names.mode)
  const wordOf = (mode: TlsMode): string => Object.entries(modes).find(([, is]) => is === mode)?.[0] ?? ''
  const found = Object.entries(modes).find(([word]) => word.toLowerCase() === given?.toLowerCase())
  if (given !== undefined && found === undefined)
    throw new Error(`has a ${names.mode} that is none of ${Object.keys(modes).join(', ')}`)
  const said = found?.[1]
  // libpq: require with a root certificate is verify-ca
  const mode =
    said === 'required' && ca !== undefined && side === 'target'
      ? 'ca'
      : (said ?? (ca === undefined ? 'preferred' : modeOfCa))
  if (mode === 'off' && [ca, cert, key].some((file) => file !== undefined))
    throw new Error(`turns encryption off by ${names.mode} and names a certificate: keep one of them`)
  if (ca !== undefined && (mode === 'preferred' || mode === 'required')) {
    throw new Error(
      `names ${names.ca}, which ${names.mode}=${wordOf(mode)} does not look at: write ${wordOf('ca')} or ${wordOf('identity')}`,
    )
  }
  if (mode === 'ca' && ca === undefined)
    throw new Error(`needs ${names.ca} for ${names.mode}=${wordOf('ca')}: whose certificates are good?`)
  if ((cert === undefined) !== (key === undefined))
    throw new Error(`names one of ${names.cert} and ${names.key}: it takes both`)
  // the driver would compare the certificate with the name localhost
  if (mode === 'identity' && side === 'source' && isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0)
    throw new Error(`needs a host by name for ${names.mode}=${wordOf('identity')}, not an IP address`)
  return {
    mode,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

/** What Node's TLS is given. Throws an Error when a file cannot be read. */
export interface TlsFiles {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export const readTlsFiles = (side: Side, tls: Tls): TlsFiles => {
  const read = (part: 'ca' | 'cert' | 'key'): Partial<Record<typeof part, string>> => {
    const path = tls[part]
    if (path === undefined) return {}
    const name = words[side][part]
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
      throw new Error(`names a file as ${name} that cannot be read (${reason})`, { cause: error })
    }
    if (!text.includes('-----BEGIN ')) throw new Error(`names a file as ${name} that is not PEM`)
    return { [part]: text }
  }
  return { ...read('ca'), ...read('cert'), ...read('key') }
}

/** Over a socket, or to this very machine, nobody is in between. */
export const isLocal = (url: URL): boolean =>
  url.searchParams.has('socket') ||
  url.searchParams.get('host')?.startsWith('/') === true ||
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
