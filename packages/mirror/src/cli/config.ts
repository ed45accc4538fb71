/**
 * The settings: one schema for flags, environment and file.
 *
 * A setting `max-share` is `--max-share` as a flag, `MIRROR_MAX_SHARE` in the environment, and `max-share:` in the
 * file. A flag wins over the environment, the environment over the file. Every wrong setting is reported at once.
 * Unknown flags and unknown keys of the file are errors. An unknown MIRROR_… variable is one only when it looks
 * like a slip: schedulers put variables of their own there (a service called mirror makes Kubernetes set MIRROR_PORT).
 */
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import type { MirrorOptions } from '../types.ts'
import { checkAddress, passwordOf, readPasswordFile, type Side, withPassword } from './addresses.ts'
import { CommandLineError } from './codes.ts'
import { didYouMean, nearest } from './suggest.ts'
import { type Listen, parseDuration, parseList, parseListen, parseShare } from './values.ts'

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
const logFormats = ['text', 'json'] as const

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

const redactList = list.refine((items) => items.every((item) => /^[^.]+\.[^.]+$/.test(item)), {
  error: 'holds an entry that is not TABLE.COLUMN',
})

const schema = z.strictObject({
  source: read((text) => checkAddress('source', text)),
  target: read((text) => checkAddress('target', text)),
  'source-password': read(String),
  'target-password': read(String),
  'source-password-file': read(String),
  'target-password-file': read(String),
  // where restore writes to: an address like the source's
  to: read((text) => checkAddress('source', text)),
  'to-password': read(String),
  'to-password-file': read(String),
  tables: list,
  exclude: list,
  redact: redactList,
  poll: read(parseDuration),
  'max-share': read(parseShare),
  'max-delete': read(parseShare),
  'statement-limit': read(parseDuration),
  'deep-scan': read(parseDuration),
  listen: read(parseListen),
  'log-level': oneOf(logLevels),
  'log-format': oneOf(logFormats),
})

type Layer = z.output<ReturnType<typeof schema.partial>>
export type SettingName = keyof Layer
export const settingNames = Object.keys(schema.shape) as readonly SettingName[]

/** Each number with its reason. */
export const defaults = {
  // a change is seen within a second, and an idle source answers one cheap question a second
  poll: 1_000,
  // at a tenth of the time, scans of a hot table cost its writers next to nothing; without a bound about 30 %
  'max-share': 0.1,
  // a fifth of a table in one cycle is seldom meant, and a purge by hand can be accepted
  'max-delete': 0.2,
  // the source keeps the undo of everything that changed while a snapshot is open
  // a segment takes some ms: ten seconds is a server in trouble, not a slow statement
  'statement-limit': 10_000,
  // the longest that a change hidden from every hint can stay unseen, where scanning all of it once an hour is cheap
  'deep-scan': 3_600_000,
  'log-level': 'info',
  'log-format': 'text',
} as const satisfies Layer

export interface Settings {
  readonly options: MirrorOptions
  readonly listen: Listen | undefined
  /** where `restore` writes to, its password in place */
  readonly to: string | undefined
  readonly logLevel: (typeof logLevels)[number]
  readonly logFormat: (typeof logFormats)[number]
  /** every password that was given, for the scrubber */
  readonly secrets: readonly string[]
  /** remarks that stop nothing */
  readonly warnings: readonly string[]
}

interface Source {
  /** how a person wrote the setting: `--poll`, `MIRROR_POLL`, `mirror.yaml: poll` */
  readonly label: (name: string) => string
  readonly values: Readonly<Record<string, unknown>>
}

const envName = (name: string): string => `MIRROR_${name.toUpperCase().replaceAll('-', '_')}`
/** A key is shown only when it looks like one: a password on the wrong line is not echoed. */
const shown = (key: string): string => (/^[\w.-]{1,40}$/.test(key) ? key : 'an unreadable key')

function readFileLayer(path: string): Source {
  const name = basename(path)
  const wrong = (why: string) => new CommandLineError('MIRROR_0002', `--config: ${name} ${why}`)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw wrong(`cannot be read (${reason}).`)
  }
  let values: unknown
  try {
    values = parseYaml(text, { prettyErrors: false }) ?? {}
  } catch (error) {
    // the parser's own words may quote the line, and with it a password
    const at = error instanceof Error && 'pos' in error && Array.isArray(error.pos) ? Number(error.pos[0]) : 0
    throw wrong(`is not YAML (line ${text.slice(0, at).split('\n').length}).`)
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw wrong('is not a list of settings.')
  const folder = dirname(resolve(path))
  // a path in a file is meant from where the file stands
  const placed = Object.entries(values).map(([key, value]) =>
    key.endsWith('-password-file') && typeof value === 'string'
      ? [key, resolve(folder, value)]
      : [key, value],
  )
  return { label: (key) => `${name}: ${key}`, values: Object.fromEntries(placed) }
}

function readEnvironmentLayer(env: NodeJS.ProcessEnv): Source {
  const given = settingNames
    .map((name) => [name, env[envName(name)]] as const)
    // an empty variable is how a shell or a compose file says "not set"
    .filter(([, value]) => value !== undefined && value !== '')
  return { label: envName, values: Object.fromEntries(given) }
}

function environmentSlips(env: NodeJS.ProcessEnv): readonly string[] {
  const known = [...settingNames.map(envName), 'MIRROR_CONFIG']
  return Object.keys(env)
    .filter((name) => name.startsWith('MIRROR_') && !known.includes(name))
    .flatMap((name) => {
      const meant = nearest(
        name.slice('MIRROR_'.length),
        known.map((full) => full.slice('MIRROR_'.length)),
      )
      return meant === undefined ? [] : [`${shown(name)} is not a setting. Did you mean MIRROR_${meant}?`]
    })
}

/** A layer's good settings, and a sentence for each bad one. */
function readLayer(source: Source): { layer: Layer; problems: readonly string[] } {
  const result = schema.partial().safeParse(source.values)
  if (result.success) return { layer: result.data, problems: [] }
  const problems = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(
          (key) => `${source.label(shown(key))} is not a setting.${didYouMean(key, settingNames)}`,
        )
      : [
          `${source.label(String(issue.path[0]))} ${issue.message}.`
            .replace(/\.\.$/, '.')
            .replace(/\?\.$/, '?'),
        ],
  )
  return { layer: {}, problems }
}

/** The address of a side with its password in place; the password may stand in one place only. */
function joinPassword(side: Side | 'to', layer: Layer, problems: string[]): string {
  const address = layer[side] ?? ''
  const file = layer[`${side}-password-file`]
  const given = layer[`${side}-password`]
  const places = [passwordOf(address), given, file].filter((place) => place !== undefined)
  if (places.length > 1) {
    problems.push(
      `The password of ${side === 'to' ? '--to' : `the ${side}`} is given twice: keep one of the address, ${envName(`${side}-password`)} and --${side}-password-file.`,
    )
    return address
  }
  try {
    const password = file === undefined ? given : readPasswordFile(file)
    return password === undefined ? address : withPassword(address, password)
  } catch (error) {
    problems.push(`--${side}-password-file ${error instanceof Error ? error.message : ''}.`)
    return address
  }
}

/**
 * Flags (by setting name, undefined when not given), environment and file → settings.
 * Throws one CommandLineError that names everything that is wrong.
 */
export function readSettings(
  flags: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
  configPath: string | undefined,
): Settings {
  const path = configPath ?? (env['MIRROR_CONFIG'] || undefined)
  const layers = [
    ...(path === undefined ? [] : [readFileLayer(path)]),
    readEnvironmentLayer(env),
    { label: (name: string) => `--${name}`, values: flags },
  ].map(readLayer)
  const problems = layers.flatMap((layer) => layer.problems)
  const merged: Layer = Object.assign({}, ...layers.map(({ layer }) => layer))
  for (const side of ['source', 'target'] as const) {
    if (merged[side] !== undefined || problems.some((problem) => problem.includes(side))) continue
    problems.push(`No ${side} was given: use --${side}, ${envName(side)}, or ${side}: in --config FILE.`)
  }
  const tables = merged.tables ?? []
  const exclude = merged.exclude ?? []
  for (const both of tables.filter((glob) => exclude.includes(glob))) {
    problems.push(`--tables and --exclude contradict each other: both name ${both}.`)
  }
  const source = merged.source === undefined ? '' : joinPassword('source', merged, problems)
  const target = merged.target === undefined ? '' : joinPassword('target', merged, problems)
  const to = merged.to === undefined ? undefined : joinPassword('to', merged, problems)
  if (problems.length > 0) throw new CommandLineError('MIRROR_0002', problems.join('\n'))
  return {
    options: {
      source,
      target,
      tables,
      exclude,
      redact: merged.redact ?? [],
      pollMs: merged.poll ?? defaults.poll,
      maxShare: merged['max-share'] ?? defaults['max-share'],
      maxDelete: merged['max-delete'] ?? defaults['max-delete'],
      statementLimitMs: merged['statement-limit'] ?? defaults['statement-limit'],
      deepScanMs: merged['deep-scan'] ?? defaults['deep-scan'],
    },
    listen: merged.listen,
    to,
    logLevel: merged['log-level'] ?? defaults['log-level'],
    logFormat: merged['log-format'] ?? defaults['log-format'],
    secrets: [source, target, to]
      .map((address) => (address === undefined ? undefined : passwordOf(address)))
      .filter((secret) => secret !== undefined),
    warnings: environmentSlips(env),
  }
}
