/**
 * Every setting, in one place: flags, environment, file, `--help` and `docs/configuration.md` are made of this list.
 *
 * A setting `max-share` is `--max-share` as a flag, `MIRROR_MAX_SHARE` in the environment, and `max-share:` in the
 * file. Those without a flag are secrets: a command line is for everybody on the machine to read.
 */
import { z } from 'zod'
import { sourceIdProblem } from '../source-id.ts'
import { checkAddress } from './addresses.ts'
import { didYouMean } from '../suggest.ts'
import { parseCount, parseDuration, parseList, parseListen, parseShare } from './values.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export const logFormats = ['text', 'json'] as const

/** A setting read from text by a function that throws what is expected. YAML may give a number for a text. */
const read = <T>(parse: (text: string) => T) =>
  z
    .union([z.string(), z.number()], { error: 'is neither a text nor a number' })
    .transform((value, context) => {
      try {
        return parse(String(value))
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
        return z.NEVER
      }
    })

const list = z
  .union([z.string(), z.array(z.string())], { error: 'is not a list of texts' })
  .transform((value, context) => {
    try {
      return parseList(typeof value === 'string' ? [value] : value)
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
      return z.NEVER
    }
  })

const oneOf = <T extends string>(values: readonly T[]) =>
  read((text) => {
    const found = values.find((value) => value === text)
    if (found === undefined) throw new Error(`is none of ${values.join(', ')}.${didYouMean(text, values)}`)
    return found
  })

/** A flag without a value gives true; the environment and YAML a word. */
const yes = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0', 'yes', 'no'])], {
    error: 'is neither true nor false',
  })
  .transform((value) => value === true || value === 'true' || value === '1' || value === 'yes')

const redactList = list.refine((items) => items.every((item) => /^.+\..+$/su.test(item)), {
  error: 'holds an entry that is not TABLE.COLUMN',
})

const nameOfSource = read((text) => {
  const problem = sourceIdProblem(text)
  if (problem !== undefined) throw new Error(problem)
  return text
})

const layerNames = ['token', 'hint'] as const

const layerList = list.transform((items, context) => {
  if (items.length === 1 && items[0] === 'none') return []
  const found = layerNames.filter((name) => items.includes(name))
  const unknown = items.find((item) => !layerNames.some((name) => name === item))
  if (unknown === undefined) return found
  context.addIssue({
    code: 'custom',
    message: `holds ${unknown}, which is none of ${layerNames.join(', ')}, none.`,
  })
  return z.NEVER
})

export const driftPolicies = ['repair', 'keep', 'stop'] as const

/** `stop`, `grade=keep`: the one for all tables, and those for single ones. */
const driftList = list.transform((items, context) => {
  const policies = items.map((item) => {
    const at = item.lastIndexOf('=')
    const policy = driftPolicies.find((name) => name === item.slice(at + 1))
    return { table: at < 0 ? null : item.slice(0, at), policy }
  })
  const wrong = policies.findIndex(({ table, policy }) => policy === undefined || table === '')
  if (wrong < 0)
    return policies.flatMap(({ table, policy }) => (policy === undefined ? [] : [{ table, policy }]))
  context.addIssue({
    code: 'custom',
    message: `holds ${items[wrong]}, which is none of ${driftPolicies.join(', ')}, and no TABLE=POLICY.`,
  })
  return z.NEVER
})

/** connection: which mirror is meant · tuning: how hard the source may be read · run, restore: of that command · output: of all */
export type SettingGroup = 'connection' | 'tuning' | 'run' | 'restore' | 'output'

export interface SettingDefinition {
  readonly type: z.ZodType
  /** what stands after the flag: `<time>`; absent: a flag without a value */
  readonly value?: string
  readonly group: SettingGroup
  /** one sentence without its end, for --help and the document */
  readonly help: string
  /** as a person writes it; absent: none */
  readonly default?: string
  /** why the default is what it is */
  readonly reason?: string
  readonly repeatable?: true
  /** false: in the environment and the file only */
  readonly flag?: false
}

export const settings = {
  source: {
    type: read((text) => checkAddress('source', text)),
    value: '<address>',
    group: 'connection',
    help: 'mysql://user@host:port/database, what is mirrored',
  },
  target: {
    type: read((text) => checkAddress('target', text)),
    value: '<address>',
    group: 'connection',
    help: 'postgres://user@host:port/database, where the copy stands',
  },
  'source-id': {
    type: nameOfSource,
    value: '<name>',
    group: 'connection',
    help: 'the name of the source in the target, and of its schema there (the database’s)',
    reason: 'the copy of school is the schema school; two servers may have databases of one name',
  },
  'source-password': {
    type: read(String),
    group: 'connection',
    help: 'the password of the source’s account',
    flag: false,
  },
  'target-password': {
    type: read(String),
    group: 'connection',
    help: 'the password of the target’s account',
    flag: false,
  },
  'source-password-file': {
    type: read(String),
    value: '<file>',
    group: 'connection',
    help: 'a file whose first line is the password of the source',
  },
  'target-password-file': {
    type: read(String),
    value: '<file>',
    group: 'connection',
    help: 'a file whose first line is the password of the target',
  },
  tables: {
    type: list,
    value: '<globs>',
    group: 'connection',
    help: 'only these tables, such as "course*,section"',
    repeatable: true,
    reason: 'a backup that lacks what nobody named would be a surprise: all tables',
  },
  exclude: {
    type: list,
    value: '<globs>',
    group: 'connection',
    help: 'all tables but these',
    repeatable: true,
  },
  redact: {
    type: redactList,
    value: '<columns>',
    group: 'connection',
    help: 'TABLE.COLUMN whose values stay out of ledger, API and logs',
    repeatable: true,
    reason: 'the secrets of the portal are redacted without being named',
  },
  'max-share': {
    type: read(parseShare),
    value: '<share>',
    group: 'tuning',
    help: 'the share of time in which the source may be busy with us',
    default: '0.1',
    reason:
      'at a tenth of the time, scans of a hot table cost its writers next to nothing; without a bound about 30 %',
  },
  'max-delete': {
    type: read(parseShare),
    value: '<share>',
    group: 'tuning',
    help: 'the share of a table that one cycle may delete without being asked, beyond 1,000 rows',
    default: '20%',
    reason: 'a fifth of a table in one cycle is seldom meant, and a purge by hand can be accepted',
  },
  'statement-limit': {
    type: read(parseDuration),
    value: '<time>',
    group: 'tuning',
    help: 'the limit of one statement on the source',
    default: '10s',
    reason: 'a statement of ours aims at a quarter of a second: ten seconds is a server in trouble',
  },
  'snapshot-age': {
    type: read(parseDuration),
    value: '<time>',
    group: 'tuning',
    help: 'the longest time for which a snapshot of the source is open',
    default: '30s',
    reason: 'undo grows on the source as long; half a minute reads some ten million rows',
  },
  'max-threads-running': {
    type: read((text) => parseCount(text, 1, 1_000_000)),
    value: '<n>',
    group: 'tuning',
    help: 'nothing is read while more threads than that run on the source (Threads_running, ours among them)',
    default: '25',
    reason: 'as pt-online-schema-change’s; it waits a minute at most, then lets one cycle through',
  },
  'deep-scan': {
    type: read(parseDuration),
    value: '<time>',
    group: 'tuning',
    help: 'the longest time between two scans that trust no hint',
    default: '1h',
    reason:
      'bounds how long a change hidden from every hint stays unseen; once an hour, scanning all is cheap',
  },
  'on-drift': {
    type: driftList,
    value: '<policies>',
    group: 'tuning',
    help: 'what is done about rows of the copy that somebody else changed: repair, keep or stop; TABLE=POLICY for one table',
    default: 'repair',
    repeatable: true,
    reason: 'the copy is to be the source’s; whoever writes into it on purpose says so with keep',
  },
  'drift-check': {
    type: read(parseDuration),
    value: '<time>',
    group: 'tuning',
    help: 'the time in which the whole copy is compared with what is recorded of it',
    default: '1h',
    reason:
      'PostgreSQL reads its own rows once in that time, a few segments at once; the source is not asked',
  },
  listen: {
    type: read(parseListen),
    value: '<host:port>',
    group: 'run',
    help: 'serve status page, /api, /metrics, /healthz and /readyz there',
    reason: 'whoever reaches it may read state and history: nothing is served unless asked for',
  },
  poll: {
    type: read(parseDuration),
    value: '<time>',
    group: 'run',
    help: 'the time between two looks at the source',
    default: '1s',
    reason: 'a change is seen within a second, and an idle source answers one cheap question a second',
  },
  layers: {
    type: layerList,
    value: '<names>',
    group: 'run',
    help: 'what may be trusted between two deep scans: token, hint, both with a comma, or none',
    default: 'token,hint',
    reason: 'an idle source is asked one question, a large table that stands still is not scanned',
  },
  'hint-above': {
    type: read(parseDuration),
    value: '<time>',
    group: 'run',
    help: 'hints are asked only where a scan of everything takes longer',
    default: '100ms',
    reason: 'below it the truth costs as little as the hint, and has no blind spot',
  },
  // where restore writes to: an address like the source's
  to: {
    type: read((text) => checkAddress('source', text)),
    value: '<address>',
    group: 'restore',
    help: 'mysql://user@host:port/database, which is empty',
  },
  'to-password': {
    type: read(String),
    group: 'restore',
    help: 'the password of the account of --to',
    flag: false,
  },
  'to-password-file': {
    type: read(String),
    value: '<file>',
    group: 'restore',
    help: 'a file whose first line is the password of --to',
  },
  quiet: {
    type: yes,
    group: 'output',
    help: 'no progress while a table is loaded',
    default: 'false',
    reason: 'a load may take minutes: silence would look like a fault',
  },
  'log-level': {
    type: oneOf(logLevels),
    value: '<level>',
    group: 'output',
    help: 'debug, info, warn, error or silent',
    default: 'info',
    reason: 'what changed and what is waited for; cycles that found nothing are told at debug',
  },
  'log-format': {
    type: oneOf(logFormats),
    value: '<format>',
    group: 'output',
    help: 'text or json',
    default: 'text',
    reason: 'read by people until a collector asks for json',
  },
} as const satisfies Readonly<Record<string, SettingDefinition>>

export type SettingName = keyof typeof settings

export const settingNames = Object.keys(settings) as readonly SettingName[]

export const definitionOf = (name: SettingName): SettingDefinition => settings[name]

export const envName = (name: string): string => `MIRROR_${name.toUpperCase().replaceAll('-', '_')}`

type Shape = { readonly [Name in SettingName]: (typeof settings)[Name]['type'] }

// fromEntries forgets which type is whose
const shape = Object.fromEntries(settingNames.map((name) => [name, settings[name].type])) as unknown as Shape

/** Any layer of settings: all of them may be missing, and no other may be there. */
export const layerSchema = z.strictObject(shape).partial()

export type Layer = z.output<typeof layerSchema>

/** The defaults, read as if a person had written them. */
export const defaults: Layer = layerSchema.parse(
  Object.fromEntries(
    settingNames.flatMap((name) => {
      const text = definitionOf(name).default
      return text === undefined ? [] : [[name, text]]
    }),
  ),
)
