/**
 * The `portal` command. What is asked for goes to standard output, everything else to standard error.
 * Exit status: 0 done · 1 failed · 2 usage or configuration.
 */
import { Command, CommanderError, Option } from 'commander'
import { createAccounts } from '../account/index.ts'
import { addStaff } from '../account/staff.ts'
import { checkSeats } from '../catalogue/ledger.ts'
import { connectSource, type Db } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { hereTimeZone } from '../http/config.ts'
import { makeSample } from '../intake/sample.ts'
import { readConfig, settingOptions, strangeVariables } from './config.ts'
import { describeFailure, withoutPasswords } from './failure.ts'
import { addImport } from './import.ts'
import { readSettings, sampleSettings, signInsSettings, staffSettings } from './settings.ts'
import { findSignIns, signInLine } from './sign-ins.ts'

const note = (text: string): boolean => process.stderr.write(`${text}\n`)
const print = (text: string): boolean => process.stdout.write(`${text}\n`)
const printJson = (value: object): boolean => print(JSON.stringify({ version: 1, ...value }, null, 2))

/** What commander gives for the settings of config.ts, which reads them. */
type DatabaseOption = object
interface JsonOption {
  readonly json?: boolean
}

const json = () => new Option('--json', 'one JSON document on standard output')

/** The last database that was named, for messages about it. */
let named: string | undefined

const withDatabase = async (
  options: DatabaseOption,
  work: (db: Db) => Promise<void>,
  deadlineMs?: number,
): Promise<void> => {
  named = readConfig(options, 'every').database
  const db = connectSource(named, { size: 4, ...(deadlineMs === undefined ? {} : { deadlineMs }) })
  try {
    await work(db)
  } finally {
    await db.destroy()
  }
}

/** Changing a large table takes longer than a page may wait. */
const hourMs = 3_600_000

const runMigrate = async (options: DatabaseOption & JsonOption): Promise<void> => {
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

const runCheck = async (options: DatabaseOption & JsonOption): Promise<void> => {
  await withDatabase(
    options,
    async (db) => {
      const faults = await checkSeats(db)
      if (options.json === true) printJson({ ok: faults.length === 0, faults })
      else if (faults.length === 0) print('Counters, rows and the ledger of seats agree.')
      else for (const { sectionId, words } of faults) print(`section ${sectionId}: ${words}`)
      if (faults.length > 0) {
        note('Somebody wrote to the database past the portal. Receipts tell what students were promised.')
        process.exitCode = 1
      }
    },
    hourMs,
  )
}

const runSample = async (
  options: DatabaseOption & JsonOption & { seed: string; today?: string },
): Promise<void> => {
  const today = options.today ?? new Date().toISOString().slice(0, 10)
  const settings = readSettings(sampleSettings, { seed: options.seed, today })
  await withDatabase(options, async (db) => {
    await migrate(db)
    const started = Date.now()
    const report = await makeSample(db, { ...settings, timeZone: hereTimeZone() })
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

const runCode = async (typed: string, options: DatabaseOption & JsonOption): Promise<void> => {
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

const withSettings = (command: Command, of: 'every' | 'serve' = 'every'): Command => {
  for (const option of settingOptions(of)) command.addOption(option)
  return command
}

const program = new Command('portal')
  .description(
    'Course registration: schema, sample university, imports, codes, staff, and the web application.',
  )
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(withoutPasswords(text)) })
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
  .action(runMigrate)

withSettings(program.command('sample'))
  .description('fill an empty database with the sample university; a second call changes nothing')
  .addOption(json())
  .option('--seed <text>', 'the same seed and day give the same university', 'matricula')
  .option('--today <day>', 'the day that the terms are laid around, such as 2026-11-22 (default: today)')
  .action(runSample)

withSettings(program.command('check'))
  .description(
    'do counters, rows and the ledger of seats agree? exit status 1 when they do not; changes nothing',
  )
  .addOption(json())
  .action(runCheck)

addImport(program, [...settingOptions('every'), json()], (flags) => ({
  note,
  print,
  printJson,
  withDatabase: (work) => withDatabase(flags, work, hourMs),
}))

withSettings(program.command('code'))
  .description('a new one-time code for a student or staff number: first use, or a forgotten password')
  .argument('<number>', 'student or staff number')
  .addOption(json())
  .action(runCode)

withSettings(program.command('staff').description('members of the registrar’s office').command('add'))
  .description('add a member of staff, and print the one-time code for the first sign-in')
  .argument('<number>', 'staff number')
  .requiredOption('--given <name>', 'given name')
  .requiredOption('--family <name>', 'family name')
  .requiredOption('--email <address>', 'e-mail address')
  .addOption(json())
  .action(runStaffAdd)

withSettings(program.command('sign-ins'))
  .description('who signed in, and who tried: newest first, with network and browser; times are UTC')
  .argument('[number]', 'of one student or member of staff (default: everybody)')
  .option('--failed', 'failed attempts alone')
  .option('--since <moment>', 'from then on, such as 2026-11-22 or "2026-11-22 14:00" (UTC)')
  .option('--limit <number>', 'at most so many', '100')
  .addOption(json())
  .action(runSignIns)

withSettings(program.command('serve'), 'serve')
  .description('serve the web application until SIGTERM or Ctrl-C')
  .action(async (options: DatabaseOption) => {
    const config = readConfig(options, 'serve')
    named = config.database
    for (const name of strangeVariables(process.env))
      note(`portal: warning: ${name} is not a setting, and means nothing here.`)
    // loaded only here: the other commands start without the web application
    const { serve } = await import('./serve.ts')
    await serve(config)
  })

// `portal sign-ins | head` closes the pipe early: that is no error, and there is nobody left to tell
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
})

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError && error.exitCode === 0) process.exitCode = 0
  else {
    const { message, status } = describeFailure(error, named)
    if (message !== '') note(`portal: ${message}`)
    process.exitCode = status
  }
}
