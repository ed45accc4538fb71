/**
 * The `portal` command line. What is asked for goes to `out`, everything else to `err`.
 * Exit status: 0 done · 1 failed · 2 usage or configuration.
 */
import { Command, CommanderError, Option } from 'commander'
import { createAccounts } from '../account/index.ts'
import { addStaff } from '../account/staff.ts'
import { checkSeats } from '../catalogue/ledger.ts'
import { connectSource, type Db } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { hereTimeZone, sampleZone } from '../http/config.ts'
import { makeSample } from '../intake/sample.ts'
import { type Described, readConfig, settingOptions, strangeVariables } from './config.ts'
import { describeFailure, withoutPasswords } from './failure.ts'
import { addImport, type Terminal } from './import.ts'
import { readSettings, sampleSettings, signInsSettings, staffSettings } from './settings.ts'
import { findSignIns, signInLine } from './sign-ins.ts'

/** Where a command line is run: as a process (main.ts), or within one. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  /** whole lines, each with its end */
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/** What commander gives after the shell. */
type Tail<Run> = Run extends (shell: Shell, ...rest: infer Rest) => unknown ? Rest : never

/** What a command talks to. */
interface Shell extends Omit<Terminal, 'withDatabase'> {
  readonly env: NodeJS.ProcessEnv
  readonly withDatabase: (
    options: DatabaseOption,
    work: (db: Db) => Promise<void>,
    deadlineMs?: number,
  ) => Promise<void>
}

/** What commander gives for the settings of config.ts, which reads them. */
type DatabaseOption = object
interface JsonOption {
  readonly json?: boolean
}

const json = () => new Option('--json', 'one JSON document on standard output')

/** Changing a large table takes longer than a page may wait. */
const hourMs = 3_600_000

const runMigrate = async (
  { print, printJson, withDatabase }: Shell,
  options: DatabaseOption & JsonOption,
): Promise<void> => {
  await withDatabase(
    options,
    async (db) => {
      const applied = await migrate(db)
      if (options.json === true) printJson({ applied })
      else print(applied.length === 0 ? 'The schema is up to date.' : `Applied: ${applied.join(', ')}`)
    },
    hourMs,
  )
}

const runCheck = async (
  { note, print, printJson, fail, withDatabase }: Shell,
  options: DatabaseOption & JsonOption,
): Promise<void> => {
  await withDatabase(
    options,
    async (db) => {
      const faults = await checkSeats(db)
      if (options.json === true) printJson({ ok: faults.length === 0, faults })
      else if (faults.length === 0) print('Counters, rows and the ledger of seats agree.')
      else for (const { sectionId, words } of faults) print(`section ${sectionId}: ${words}`)
      if (faults.length > 0) {
        note('Somebody wrote to the database past the portal. Receipts tell what students were promised.')
        fail()
      }
    },
    hourMs,
  )
}

const runSample = async (
  { env, note, print, printJson, withDatabase }: Shell,
  options: DatabaseOption & JsonOption & { seed: string; today?: string },
): Promise<void> => {
  const today = options.today ?? new Date().toISOString().slice(0, 10)
  const timeZone = readConfig(options, 'sample', env).timeZone ?? sampleZone(hereTimeZone())
  const settings = readSettings(sampleSettings, { seed: options.seed, today })
  await withDatabase(options, async (db) => {
    await migrate(db)
    const started = Date.now()
    const report = await makeSample(db, { ...settings, timeZone })
    if (options.json === true) {
      printJson(report)
      return
    }
    const { section, student, enrolment } = report.rows
    note(
      report.created
        ? `Made in ${((Date.now() - started) / 1000).toFixed(1)} s: ${section} sections, ${student} students, ${enrolment} enrolments.`
        : 'The sample is there already; nothing was changed.',
    )
    for (const { role, number, password } of report.accounts) print(`${role}\t${number}\t${password}`)
    for (const { number, code } of report.activations) print(`not activated\t${number}\tcode ${code}`)
  })
}

const runCode = async (
  { note, print, printJson, withDatabase }: Shell,
  typed: string,
  options: DatabaseOption & JsonOption,
): Promise<void> => {
  await withDatabase(options, async (db) => {
    const issued = await createAccounts(db).issueCode(typed)
    if (options.json === true) printJson(issued)
    else {
      print(issued.code)
      note(`For ${issued.number}, to be used once at /activate until ${issued.expiresAt.slice(0, 10)}.`)
      note('Earlier codes of this number no longer work.')
    }
  })
}

const runStaffAdd = async (
  { note, print, printJson, withDatabase }: Shell,
  number: string,
  options: DatabaseOption & JsonOption & { given: string; family: string; email: string },
): Promise<void> => {
  const person = readSettings(staffSettings, { ...options, number })
  await withDatabase(options, async (db) => {
    await addStaff(db, person)
    const issued = await createAccounts(db).issueCode(person.number)
    if (options.json === true) printJson(issued)
    else {
      print(issued.code)
      note(
        `${issued.number} activates the account at /activate with this code, until ${issued.expiresAt.slice(0, 10)}.`,
      )
    }
  })
}

const runSignIns = async (
  { note, print, printJson, withDatabase }: Shell,
  number: string | undefined,
  options: DatabaseOption & JsonOption & { failed?: boolean; since?: string; limit: string },
): Promise<void> => {
  const { since, limit } = readSettings(signInsSettings, options)
  await withDatabase(options, async (db) => {
    const lines = await findSignIns(db, { number, failed: options.failed === true, since, limit })
    if (options.json === true) printJson({ signIns: lines })
    else {
      for (const line of lines) print(signInLine(line))
      if (lines.length === 0) note('No sign-ins are on record.')
      if (lines.length === limit) note(`There may be more: these are the newest ${limit} (--limit).`)
    }
  })
}

const withSettings = (command: Command, of: Described['of'] = 'every'): Command => {
  for (const option of settingOptions(of)) command.addOption(option)
  return command
}

/** @param args as on the command line, the command's name first @returns the exit status */
export const runCommandLine = async (
  args: readonly string[],
  { env, out, err }: Surroundings,
): Promise<number> => {
  /** the last database that was named, for messages about it */
  let named: string | undefined
  let status = 0
  const shell: Shell = {
    env,
    note: (text) => err(`${text}\n`),
    print: (text) => out(`${text}\n`),
    printJson: (value) => out(`${JSON.stringify({ version: 1, ...value }, null, 2)}\n`),
    fail: () => {
      status = 1
    },
    withDatabase: async (options, work, deadlineMs) => {
      named = readConfig(options, 'every', env).database
      const db = connectSource(named, { size: 4, ...(deadlineMs === undefined ? {} : { deadlineMs }) })
      try {
        await work(db)
      } finally {
        await db.destroy()
      }
    },
  }
  const program = new Command('portal')
    .description(
      'Course registration: schema, sample university, imports, codes, staff, and the web application.',
    )
    .exitOverride()
    .configureOutput({
      writeOut: out,
      writeErr: err,
      outputError: (text, write) => write(withoutPasswords(text)),
    })
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText(
      'after',
      `
A setting --database may also be PORTAL_DATABASE in the environment, or database: in the YAML file of --config
(or PORTAL_CONFIG). A flag wins over the environment, the environment over the file: docs/configuration-portal.md.

Exit status: 0 done, 1 failed, 2 usage or configuration.`,
    )

  withSettings(program.command('migrate'))
    .description('bring the database to the newest schema; changes nothing when it is there')
    .addOption(json())
    .action((...given: Tail<typeof runMigrate>) => runMigrate(shell, ...given))

  withSettings(program.command('sample'), 'sample')
    .description('fill an empty database with the sample university; a second call changes nothing')
    .addOption(json())
    .option('--seed <text>', 'the same seed and day give the same university', 'matricula')
    .option('--today <day>', 'the day that the terms are laid around, such as 2026-11-22 (default: today)')
    .action((...given: Tail<typeof runSample>) => runSample(shell, ...given))

  withSettings(program.command('check'))
    .description(
      'do counters, rows and the ledger of seats agree? exit status 1 when they do not; changes nothing',
    )
    .addOption(json())
    .action((...given: Tail<typeof runCheck>) => runCheck(shell, ...given))

  addImport(program, [...settingOptions('every'), json()], (flags) => ({
    ...shell,
    withDatabase: (work) => shell.withDatabase(flags, work, hourMs),
  }))

  withSettings(program.command('code'))
    .description('a new one-time code for a student or staff number: first use, or a forgotten password')
    .argument('<number>', 'student or staff number')
    .addOption(json())
    .action((...given: Tail<typeof runCode>) => runCode(shell, ...given))

  withSettings(program.command('staff').description('members of the registrar’s office').command('add'))
    .description('add a member of staff, and print the one-time code for the first sign-in')
    .argument('<number>', 'staff number')
    .requiredOption('--given <name>', 'given name')
    .requiredOption('--family <name>', 'family name')
    .requiredOption('--email <address>', 'e-mail address')
    .addOption(json())
    .action((...given: Tail<typeof runStaffAdd>) => runStaffAdd(shell, ...given))

  withSettings(program.command('sign-ins'))
    .description('who signed in, and who tried: newest first, with network and browser; times are UTC')
    .argument('[number]', 'of one student or member of staff (default: everybody)')
    .option('--failed', 'failed attempts alone')
    .option('--since <moment>', 'from then on, such as 2026-11-22 or "2026-11-22 14:00" (UTC)')
    .option('--limit <number>', 'at most so many', '100')
    .addOption(json())
    .action((...given: Tail<typeof runSignIns>) => runSignIns(shell, ...given))

  withSettings(program.command('serve'), 'serve')
    .description('serve the web application until SIGTERM or Ctrl-C')
    .action(async (options: DatabaseOption) => {
      const config = readConfig(options, 'serve', env)
      named = config.database
      for (const name of strangeVariables(env))
        shell.note(`portal: warning: ${name} is not a setting, and means nothing here.`)
      // loaded only here: the other commands start without the web application
      const { serve } = await import('./serve.ts')
      await serve(config)
    })

  try {
    await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const failure = describeFailure(error, named)
    if (failure.message !== '') shell.note(`portal: ${failure.message}`)
    return failure.status
  }
}
