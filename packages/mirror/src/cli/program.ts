/**
 * From words on a command line to an exit status. A command says what it does (`CommandSpec`); everything that is
 * the same for all of them stands here: settings, the two ways of output, errors, the end.
 *
 * With --json standard output gets exactly one JSON document, `"version": 1` first, also when the command fails.
 * Without it, results go to standard output and errors to standard error.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { createScrub } from '../secrets.ts'
import type { Mirror, MirrorOptions } from '../types.ts'
import { CommandLineError, type ExitStatus, failureOf } from './codes.ts'
import type { Answer, CommandSpec } from './command.ts'
import { check } from './commands/check.ts'
import { history } from './commands/history.ts'
import { pause } from './commands/pause.ts'
import { restore } from './commands/restore.ts'
import { resume } from './commands/resume.ts'
import { run } from './commands/run.ts'
import { status } from './commands/status.ts'
import { sync } from './commands/sync.ts'
import { verify } from './commands/verify.ts'
import { readSettings } from './config.ts'
import { commandFlags, type Flag, flagsOfGroup } from './flags.ts'
import { createLog, type Logger } from './log.ts'
import { createProgress, type Terminal } from './progress.ts'
import { settingNames } from './settings.ts'
import { usageError } from './usage.ts'

const commands: readonly CommandSpec[] = [check, sync, run, verify, status, history, restore, pause, resume]

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  /** aborted by the first Ctrl-C or SIGTERM */
  readonly signal: AbortSignal
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** undefined: standard error is no terminal */
  readonly terminal?: Terminal
  readonly openMirror: (options: MirrorOptions, deps: { readonly log: Logger }) => Mirror
}

const epilogue = `
Every flag is also a variable MIRROR_… and a key of --config FILE.yaml: the flag wins, then the variable.
MIRROR_SOURCE_PASSWORD and MIRROR_TARGET_PASSWORD keep passwords out of addresses.
Durations are written 500ms, 1s, 2m, 1h.
Exit status: 0 done, 1 failed, 2 usage or configuration, 3 the sides differ, 4 stopped by a brake.
`

const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '?'
}

const flagsOf = (spec: CommandSpec): readonly Flag[] => [
  ...spec.flags,
  ...flagsOfGroup('connection'),
  ...(spec.tunable ? flagsOfGroup('tuning') : []),
  ...commandFlags,
]

function addFlag(command: Command, flag: Flag): void {
  const option = new Option(flag.usage, flag.help)
  let given = false
  if (flag.repeatable === true) {
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value])
  } else if (option.required) {
    option.argParser((value: string) => {
      // the last of two would win silently, and nobody would know which server was meant
      if (given) throw new CommandLineError('MIRROR_0001', `${option.long ?? 'A flag'} is given twice.`)
      given = true
      return value
    })
  }
  command.addOption(option)
}

/** `maxShare` → `max-share`, as settings are named everywhere else. */
const dashed = (flags: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(flags)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value]),
  )

function failed(error: unknown, scrub = createScrub()): Answer {
  const { exit, message, ...rest } = failureOf(error)
  const said = scrub(message)
  return {
    json: { error: { code: rest.code, message: said, remedy: rest.remedy, retried: rest.retried } },
    text: `${rest.code} ${said}\n${rest.remedy}`,
    exit,
  }
}

async function perform(
  spec: CommandSpec,
  given: Readonly<Record<string, unknown>>,
  around: Surroundings,
): Promise<Answer> {
  const isSetting = (name: string): boolean => settingNames.some((known) => known === name)
  const part = (wanted: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => wanted(name)))
  const flags = part((name) => !isSetting(name))
  spec.prepare?.(flags)
  const config = typeof given['config'] === 'string' ? given['config'] : undefined
  const settings = readSettings(part(isSetting), around.env, config)
  // from here on the passwords are known, so errors are scrubbed with them in here
  const scrub = createScrub(settings.secrets)
  const log = createLog({
    level: settings.logLevel,
    format: settings.logFormat,
    scrub,
    write: (line) => progress.aside(() => around.err(line)),
  })
  const progress = createProgress({
    terminal: around.terminal,
    quiet: settings.quiet,
    write: around.err,
    tell: (line) => log.info(line),
    now: () => performance.now(),
  })
  for (const warning of settings.warnings) log.warn(warning)
  try {
    const mirror = around.openMirror(settings.options, { log })
    const unsubscribe = mirror.on((event) => {
      progress.listen(event)
      if (event.type === 'unmatched')
        log.warn(`${event.names.join(', ')}: nothing in the source has this name (MIRROR_2009)`)
    })
    try {
      return await spec.act({ mirror, settings, flags, log, scrub, signal: around.signal })
    } finally {
      unsubscribe()
      progress.end()
      await mirror.close()
    }
  } catch (error) {
    log.debug({ stack: error instanceof Error ? error.stack : String(error) }, 'the command failed')
    return failed(error, scrub)
  }
}

export async function runCommandLine(argv: readonly string[], around: Surroundings): Promise<ExitStatus> {
  let answer: Answer | undefined
  const program = new Command('mirror')
    .description('A live PostgreSQL copy of a MySQL or MariaDB database, which can prove that it is equal.')
    .version(version())
    .addHelpText('after', epilogue)
    .exitOverride()
    .configureOutput({ writeOut: around.out, writeErr: () => undefined })
  for (const spec of commands) {
    // copyInheritedSettings: the same way of output and of ending as the program itself
    const command = program.command(spec.name).description(spec.summary).copyInheritedSettings(program)
    command.allowExcessArguments(false).addHelpText('after', epilogue)
    for (const flag of flagsOf(spec)) addFlag(command, flag)
    command.action(async (flags: Readonly<Record<string, unknown>>) => {
      answer = await perform(spec, dashed(flags), around)
    })
  }
  try {
    const first = argv[0] ?? '-'
    if (first.startsWith('-') && !['-h', '--help', '-V', '--version'].includes(first)) {
      throw new CommandLineError('MIRROR_0001', 'A command is missing: it comes first, its flags after it.')
    }
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    // help and version that were asked for are thrown too, and have been printed
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const spec = commands.find(({ name }) => argv.includes(name))
    const flags = (spec === undefined ? commandFlags : flagsOf(spec)).map(
      ({ usage }) => new Option(usage).long ?? '',
    )
    const known = { flags, commands: commands.map(({ name }) => name) }
    answer = failed(error instanceof CommanderError ? usageError(error, known) : error)
  }
  if (answer === undefined) return 2
  if (argv.includes('--json')) around.out(`${JSON.stringify({ version: 1, ...answer.json })}\n`)
  else if ('error' in answer.json) around.err(`${answer.text}\n`)
  else if (answer.text !== '') around.out(`${answer.text}\n`)
  return answer.exit
}
