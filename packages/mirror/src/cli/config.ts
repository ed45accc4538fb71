/**
 * Flags, environment and file → settings, by the one schema of `settings.ts`. A flag wins over the environment, the
 * environment over the file. Every wrong setting is reported at once. Unknown flags and unknown keys of the file are
 * errors. An unknown MIRROR_… variable is one only when it looks like a slip: schedulers put variables of their own
 * there (a service called mirror makes Kubernetes set MIRROR_PORT).
 */
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { databaseOf, sourceIdProblem } from '../source-id.ts'
import type { MirrorOptions } from '../types.ts'
import { passwordOf, placeFiles, readPasswordFile, type Side, withPassword } from './addresses.ts'
import { CommandLineError } from './codes.ts'
import {
  defaults,
  envName,
  type Layer,
  layerSchema,
  type logFormats,
  type logLevels,
  settingNames,
} from './settings.ts'
import { didYouMean, nearest } from '../suggest.ts'
import type { Listen } from './values.ts'

export interface Settings {
  readonly options: MirrorOptions
  readonly listen: Listen | undefined
  /** where `restore` writes to, its password in place */
  readonly to: string | undefined
  readonly logLevel: (typeof logLevels)[number]
  readonly logFormat: (typeof logFormats)[number]
  /** no progress of a load */
  readonly quiet: boolean
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
  if (text.includes('\0')) throw wrong('is not a text file.')
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
  const placed = Object.entries(values).map(([key, value]) => {
    if (typeof value !== 'string') return [key, value]
    if (key === 'source' || key === 'target') return [key, placeFiles(key, value, folder)]
    if (key === 'to') return [key, placeFiles('source', value, folder)]
    return [key, key.endsWith('-password-file') ? resolve(folder, value) : value]
  })
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
  const result = layerSchema.safeParse(source.values)
  if (result.success) return { layer: result.data, problems: [] }
  const bad = new Set(
    result.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])],
    ),
  )
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
  const rest = Object.fromEntries(Object.entries(source.values).filter(([key]) => !bad.has(key)))
  return { layer: layerSchema.parse(rest), problems }
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
    // one that is there and wrong has been told
    const told = new RegExp(`(--|: |MIRROR_)${side} `, 'i')
    if (merged[side] !== undefined || problems.some((problem) => told.test(problem))) continue
    problems.push(`No ${side} was given: use --${side}, ${envName(side)}, or ${side}: in --config FILE.`)
  }
  const tables = merged.tables ?? []
  const exclude = merged.exclude ?? []
  for (const both of tables.filter((glob) => exclude.includes(glob))) {
    problems.push(`--tables and --exclude contradict each other: both name ${both}.`)
  }
  const source = merged.source === undefined ? '' : joinPassword('source', merged, problems)
  const target = merged.target === undefined ? '' : joinPassword('target', merged, problems)
  if (merged.source !== undefined && merged['source-id'] === undefined) {
    const name = databaseOf(merged.source)
    // a name that is too long is shortened; a chosen one must be right as it is
    const problem = Buffer.byteLength(name) > 63 ? undefined : sourceIdProblem(name)
    if (problem !== undefined) {
      problems.push(`The database’s name ${problem}: give the source another with --source-id NAME.`)
    }
  }
  const to = merged.to === undefined ? undefined : joinPassword('to', merged, problems)
  if (problems.length > 0) throw new CommandLineError('MIRROR_0002', problems.join('\n'))
  const sourceId = merged['source-id']
  const valueOf = <Name extends keyof Layer>(name: Name): NonNullable<Layer[Name]> => {
    const value = merged[name] ?? defaults[name]
    if (value === undefined) throw new Error(`the setting ${name} has no default`)
    return value
  }
  return {
    options: {
      source,
      target,
      ...(sourceId !== undefined && { sourceId }),
      tables,
      exclude,
      redact: merged.redact ?? [],
      pollMs: valueOf('poll'),
      maxShare: valueOf('max-share'),
      maxDelete: valueOf('max-delete'),
      statementLimitMs: valueOf('statement-limit'),
      snapshotAgeMs: valueOf('snapshot-age'),
      maxThreadsRunning: valueOf('max-threads-running'),
      deepScanMs: valueOf('deep-scan'),
      layers: valueOf('layers'),
      hintAboveMs: valueOf('hint-above'),
      onDrift: valueOf('on-drift').findLast(({ table }) => table === null)?.policy ?? 'repair',
      onDriftOf: Object.fromEntries(
        valueOf('on-drift').flatMap(({ table, policy }) =>
          table === null ? [] : [[table, policy] as const],
        ),
      ),
      driftCheckMs: valueOf('drift-check'),
    },
    listen: merged.listen,
    to,
    logLevel: valueOf('log-level'),
    logFormat: valueOf('log-format'),
    quiet: valueOf('quiet'),
    secrets: [source, target, to]
      .map((address) => (address === undefined ? undefined : passwordOf(address)))
      .filter((secret) => secret !== undefined),
    warnings: environmentSlips(env),
  }
}
