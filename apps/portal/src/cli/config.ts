/**
 * The settings: one table for flags, environment and file, from which --help and docs/configuration-portal.md are made.
 *
 * A setting `time-zone` is `--time-zone` as a flag, `PORTAL_TIME_ZONE` in the environment, and `time-zone:` in the file.
 * A flag wins over the environment, the environment over the file. Every wrong setting is told at once. Unknown flags
 * and unknown keys of the file are errors; an unknown PORTAL_… variable is a warning, as schedulers put their own there.
 */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { basename, dirname, resolve } from 'node:path'
import { Option } from 'commander'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { AddressError, parseAddress } from '../db/address.ts'
import { UsageError } from './failure.ts'

/** YAML may give a number for a text. */
const text = z
  .union([z.string(), z.number()], { error: 'is neither a text nor a number' })
  .transform((value) => String(value))

const checked = (pattern: RegExp, message: string) => text.pipe(z.string().regex(pattern, message))

/** 'a,b' in a variable, a list in the file, a flag that is repeated. */
const list = <Item extends z.ZodType<string, string>>(item: Item) =>
  z
    .union([z.string(), z.array(z.string())], { error: 'is not a list of texts' })
    .transform((value) => (typeof value === 'string' ? [value] : value).flatMap((part) => part.split(',')))
    .transform((items) => items.map((entry) => entry.trim()).filter((entry) => entry !== ''))
    .pipe(z.array(item))

const origin = z.string().transform((given, context) => {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.origin === given.replace(/\/$/, ''))
    return url.origin
  context.addIssue({ code: 'custom', message: 'is not an origin such as https://register.example.edu' })
  return z.NEVER
})

/** Whether this runtime's zone data has it. */
export const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** An address, a network such as 10.0.0.0/8, or one of the names that Fastify gives to networks. */
const isNetwork = (given: string): boolean => {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(given)) return true
  const [address = '', bits, more] = given.split('/')
  const family = isIP(address)
  if (family === 0 || more !== undefined) return false
  return (
    bits === undefined ||
    (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= (family === 4 ? 32 : 128))
  )
}

const isLink = (given: string): boolean => URL.canParse(given) && /^https?:/.test(given)

const isMailServer = (given: string): boolean =>
  URL.canParse(given) && /^smtps?:\/\/[^/]+\/?$/.test(given) && new URL(given).hostname !== ''

/** One address, with or without a name before it; a line break would begin another header. */
const isSender = (given: string): boolean =>
  /^(?:[^<>@\r\n]{1,100}<[^\s<>@]+@[\w.-]+>|[^\s<>@]+@[\w.-]+)$/.test(given)

const portWords = 'is not a port number (0 to 65535)'

const shape = {
  database: text,
  'database-password-file': text,
  standby: text,
  'standby-password-file': text,
  host: text.pipe(z.string().min(1, 'is empty')),
  port: checked(/^\d{1,5}$/, portWords)
    .transform(Number)
    .refine((number) => number <= 65_535, portWords),
  origin: list(origin),
  'trust-proxy': list(z.string().refine(isNetwork, 'is not an address or a network such as 172.16.0.0/12')),
  'time-zone': text.refine(isTimeZone, 'is not a time zone such as America/Chicago'),
  console: text.refine(isLink, 'is not a web address'),
  smtp: text.refine(isMailServer, 'is not an address such as smtp://user:password@mail.example.edu:587'),
  'smtp-password-file': text,
  'mail-from': text.refine(isSender, 'is no sender such as "Registrar <registrar@example.edu>"'),
  connections: checked(/^[1-9]\d{0,3}$/, 'is not a number of connections (1 to 9999)').transform(Number),
  'log-level': z.enum(
    ['silent', 'error', 'warn', 'info', 'debug'],
    'is none of silent, error, warn, info, debug',
  ),
}

export type SettingName = keyof typeof shape
const schema = z.strictObject(shape).partial()
type Layer = z.output<typeof schema>

export interface Described {
  /** how --help names the value */
  readonly value: string
  readonly help: string
  /** in words; none: it may be left out and then means nothing */
  readonly initial?: string
  readonly repeatable?: true
  /** of every command, or of `serve` alone */
  /** sample: of `portal sample` and `portal serve` */
  readonly of: 'every' | 'serve' | 'sample'
}

export const settings: Readonly<Record<SettingName, Described>> = {
  database: {
    value: 'address',
    help: 'the portal’s database, mysql://user:password@host:port/database; the account needs all rights there',
    initial: 'none: it must be given',
    of: 'every',
  },
  'database-password-file': {
    value: 'file',
    help: 'a file whose first line is the password of the database, instead of one in the address',
    of: 'every',
  },
  standby: {
    value: 'address',
    help: 'the mirror’s target, postgres://user:password@host:port/database: receipts then show when they were copied',
    of: 'serve',
  },
  'standby-password-file': {
    value: 'file',
    help: 'a file whose first line is the password of the standby',
    of: 'serve',
  },
  host: { value: 'host', help: 'address to listen on', initial: '127.0.0.1', of: 'serve' },
  port: { value: 'port', help: 'port to listen on; 0: any free one', initial: '5000', of: 'serve' },
  origin: {
    value: 'origin',
    help: 'where people open it, such as https://register.example.edu; forms sent from elsewhere are refused; with https, cookies become Secure and browsers are told to keep to https',
    initial: 'the loopback addresses',
    repeatable: true,
    of: 'serve',
  },
  'trust-proxy': {
    value: 'address',
    help: 'address or network of a proxy whose X-Forwarded-For is believed',
    initial: 'none',
    repeatable: true,
    of: 'serve',
  },
  'time-zone': {
    value: 'name',
    help: 'the university’s zone, in which times are shown and typed, such as America/Chicago; the database keeps it, so it is said once',
    initial: 'the one that the database has, else the machine’s',
    of: 'sample',
  },
  console: { value: 'address', help: 'web address of the mirror’s status page, for a link', of: 'serve' },
  smtp: {
    value: 'address',
    help: 'mail server for notices and changed passwords, smtp://user:password@host:port or smtps://…; a password is sent encrypted only. Without one, notices stand on their page alone',
    of: 'serve',
  },
  'smtp-password-file': {
    value: 'file',
    help: 'a file whose first line is the password of the mail server',
    of: 'serve',
  },
  'mail-from': {
    value: 'sender',
    help: 'sender of e-mails, such as "Registrar <registrar@example.edu>"; needed with smtp',
    of: 'serve',
  },
  connections: { value: 'number', help: 'connections to the database', initial: '24', of: 'serve' },
  'log-level': {
    value: 'level',
    help: 'silent, error, warn, info or debug; no level logs a person or a secret',
    initial: 'info',
    of: 'serve',
  },
}

export const settingNames: readonly SettingName[] = schema.keyof().options
export const environmentName = (name: string): string => `PORTAL_${name.toUpperCase().replaceAll('-', '_')}`

const collect = (given: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  given,
]

/** The flags of a command, as --help lists them. */
const belongs = (name: SettingName, of: Described['of']): boolean =>
  of === 'serve' || settings[name].of === 'every' || settings[name].of === of

export const settingOptions = (of: Described['of']): readonly Option[] => [
  ...settingNames
    .filter((name) => belongs(name, of))
    .map((name) => {
      const { value, help, initial, repeatable } = settings[name]
      const option = new Option(
        `--${name} <${value}>`,
        `${help}${repeatable ? '; may be repeated' : ''}${initial === undefined ? '' : ` (default: ${initial})`}`,
      )
      return repeatable ? option.argParser(collect) : option
    }),
  new Option('--config <file>', 'settings from a YAML file'),
]

const camelCase = (name: string): string =>
  name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

interface Source {
  /** how a person wrote the setting: `--port`, `PORTAL_PORT`, `portal.yaml: port` */
  readonly label: (name: string) => string
  readonly values: Readonly<Record<string, unknown>>
}

/** A key is shown only when it looks like one: a password on the wrong line is not echoed. */
const shown = (key: string): string => (/^[\w.-]{1,40}$/.test(key) ? key : 'an unreadable key')

const readFile = (path: string): Source => {
  const name = basename(path)
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new UsageError(`--config: ${name} cannot be read (${reason}).`)
  }
  let values: unknown
  try {
    values = parseYaml(content, { prettyErrors: false }) ?? {}
  } catch (error) {
    // the parser's own words may quote the line, and with it a password
    const at = error instanceof Error && 'pos' in error && Array.isArray(error.pos) ? Number(error.pos[0]) : 0
    throw new UsageError(`--config: ${name} is not YAML (line ${content.slice(0, at).split('\n').length}).`)
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw new UsageError(`--config: ${name} is not a list of settings.`)
  // a path in a file is meant from where the file stands
  const placed = Object.entries(values).map(([key, value]) =>
    key.endsWith('-password-file') && typeof value === 'string'
      ? [key, resolve(dirname(resolve(path)), value)]
      : [key, value],
  )
  return { label: (key) => `${name}: ${key}`, values: Object.fromEntries(placed) }
}

/** Kubernetes sets PORTAL_PORT=tcp://… beside a service that is called portal: that is not ours. */
const isSchedulers = (name: string, value: string): boolean =>
  /_SERVICE_|_PORT_/.test(name) || (name.endsWith('_PORT') && /^(tcp|udp|sctp):/.test(value))

const readEnvironment = (env: NodeJS.ProcessEnv, of: Described['of']): Source => {
  const given = settingNames
    .filter((name) => belongs(name, of))
    .map((name) => [name, env[environmentName(name)] ?? ''] as const)
    // an empty variable is how a shell or a compose file says "not set"
    .filter(([name, value]) => value !== '' && !isSchedulers(environmentName(name), value))
  return { label: environmentName, values: Object.fromEntries(given) }
}

/** PORTAL_SAMPLE: docker/portal/portal reads it. */
const alsoKnown = new Set(['PORTAL_CONFIG', 'PORTAL_SAMPLE', ...settingNames.map(environmentName)])

/** Variables that look like settings and are none. */
export const strangeVariables = (env: NodeJS.ProcessEnv): readonly string[] =>
  Object.entries(env)
    .filter(([name, value]) => name.startsWith('PORTAL_') && !isSchedulers(name, value ?? ''))
    .map(([name]) => name)
    .filter((name) => !alsoKnown.has(name))

const sides = { database: 'mysql', standby: 'postgres' } as const

/** A layer's good settings, and a sentence for each bad one. */
const readLayer = ({ label, values }: Source): { layer: Layer; problems: readonly string[] } => {
  const parsed = schema.safeParse(values)
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `${label(shown(key))} is not a setting.`)
        : [`${label(String(issue.path[0]))} ${issue.message}.`],
    )
    return { layer: {}, problems }
  }
  const problems = (['database', 'standby'] as const).flatMap((side) => {
    const address = parsed.data[side]
    if (address === undefined) return []
    try {
      parseAddress(address, label(side), sides[side])
      return []
    } catch (error) {
      if (!(error instanceof AddressError)) throw error
      return [error.message]
    }
  })
  return { layer: parsed.data, problems }
}

/** The address with the password of its file in place. @throws UsageError */
const withPassword = (
  side: keyof typeof sides | 'smtp',
  merged: Layer,
  label: string,
): string | undefined => {
  const address = merged[side]
  const file = merged[`${side}-password-file`]
  if (address === undefined || file === undefined) return address
  const url = new URL(address)
  if (url.password !== '')
    throw new UsageError(`The password of the ${side} is given twice: in its address, and in ${label}.`)
  let first: string
  try {
    first = readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? ''
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new UsageError(`${label} names a file that cannot be read (${reason}).`)
  }
  if (first === '') throw new UsageError(`${label} names an empty file.`)
  url.password = encodeURIComponent(first)
  return url.href
}

export interface Config {
  /** mysql://… with its password */
  readonly database: string
  readonly standby: string | undefined
  readonly host: string
  readonly port: number
  readonly origin: readonly string[]
  readonly trustProxy: readonly string[]
  readonly timeZone: string | undefined
  readonly console: string | undefined
  /** smtp://… with its password, and the sender of what goes there */
  readonly mail: { readonly smtp: string; readonly from: string } | undefined
  readonly connections: number | undefined
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
}

/** @throws UsageError when only one of the two is given */
const mailOf = (merged: Layer, labelOf: (name: SettingName) => string): Config['mail'] => {
  const smtp = withPassword('smtp', merged, labelOf('smtp-password-file'))
  const from = merged['mail-from']
  if (smtp !== undefined && from !== undefined) return { smtp, from }
  if (smtp !== undefined)
    throw new UsageError(`${labelOf('smtp')} is given without a sender: --mail-from is missing.`)
  return undefined
}

/**
 * @param flags as commander gives them, by name in camel case; undefined where not given
 * @throws UsageError that names everything that is wrong
 */
export const readConfig = (
  flags: object,
  of: Described['of'],
  env: NodeJS.ProcessEnv = process.env,
): Config => {
  const given = new Map<string, unknown>(Object.entries(flags))
  const typed = settingNames
    .map((name) => [name, given.get(camelCase(name))] as const)
    .filter(([, value]) => value !== undefined)
  const path = given.get('config') ?? (env['PORTAL_CONFIG'] || undefined)
  const sources: readonly Source[] = [
    ...(typeof path === 'string' ? [readFile(path)] : []),
    readEnvironment(env, of),
    { label: (name) => `--${name}`, values: Object.fromEntries(typed) },
  ]
  const layers = sources.map(readLayer)
  const problems = layers.flatMap((layer) => layer.problems)
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  const merged: Layer = Object.assign({}, ...layers.map(({ layer }) => layer))
  /** of the layer that was heard */
  const labelOf = (name: SettingName): string =>
    sources.findLast(({ values }) => name in values)?.label(name) ?? `--${name}`
  const database = withPassword('database', merged, labelOf('database-password-file'))
  if (database === undefined || database === '')
    throw new UsageError(
      'No database is named. Set PORTAL_DATABASE, give --database mysql://user:password@host:port/database, or write database: in --config FILE.',
    )
  return {
    database,
    standby: of === 'serve' ? withPassword('standby', merged, labelOf('standby-password-file')) : undefined,
    host: merged.host ?? '127.0.0.1',
    port: merged.port ?? 5_000,
    origin: merged.origin ?? [],
    trustProxy: merged['trust-proxy'] ?? [],
    timeZone: merged['time-zone'],
    console: merged.console,
    mail: of === 'serve' ? mailOf(merged, labelOf) : undefined,
    connections: merged.connections,
    logLevel: merged['log-level'] ?? 'info',
  }
}
