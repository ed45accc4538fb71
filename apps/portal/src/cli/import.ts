/** `portal import`: what was asked for, checked; then the report, for people or as JSON. */
import type { Command, Option } from 'commander'
import type { Db } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { type CatalogueReport, importCatalogue } from '../intake/import/catalogue.ts'
import { catalogueColumns } from '../intake/import/catalogue-row.ts'
import { openCodeSheet } from '../intake/import/code-sheet.ts'
import { describeColumns } from '../intake/import/columns.ts'
import { importStudents, type StudentReport } from '../intake/import/students.ts'
import { studentColumns } from '../intake/import/students-file.ts'
import { readText } from '../intake/import/text.ts'
import { importTranscripts, type TranscriptReport } from '../intake/import/transcripts.ts'
import { transcriptColumns } from '../intake/import/transcripts-file.ts'
import { hereTimeZone } from '../http/config.ts'
import { readCampusZone } from '../intake/campus-zone.ts'
import { readLocal, writeLocal } from '../policy/zone.ts'
import { UsageError } from './failure.ts'
import { importSettings, readSettings } from './settings.ts'

export interface ImportFlags {
  readonly database?: string
  readonly catalogue?: string
  readonly students?: string
  readonly transcripts?: string
  readonly term?: string
  readonly termCode?: string
  readonly opens?: string
  readonly closes?: string
  readonly keepEnrolled?: boolean
  readonly allowRemovals?: boolean
  readonly allowReinstatements?: boolean
  readonly overwriteOffice?: boolean
  readonly codesOut?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

export interface Terminal {
  readonly note: (text: string) => unknown
  readonly print: (text: string) => unknown
  readonly printJson: (value: object) => unknown
  /** the exit status is 1 */
  readonly fail: () => void
  /** opens the database that the options name, with a deadline for long work, and closes it */
  readonly withDatabase: (work: (db: Db) => Promise<void>) => Promise<void>
}

/** So many lines of one kind are for reading; all of them are in the JSON. */
const mostShown = 20

const showSome = (terminal: Terminal, lines: readonly string[]): void => {
  for (const line of lines.slice(0, mostShown)) terminal.note(line)
  if (lines.length > mostShown) terminal.note(`  … and ${lines.length - mostShown} more (--json shows all).`)
}

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

const showRejected = (terminal: Terminal, rejected: CatalogueReport['rejected']): void => {
  if (rejected.length === 0) return
  terminal.note(`${plural(rejected.length, 'row')} left out:`)
  showSome(
    terminal,
    rejected.map(({ line, reason }) => `  line ${line}: ${reason}`),
  )
}

const showCatalogue = (terminal: Terminal, report: CatalogueReport): void => {
  const { file, changes, removals, outcome, term } = report
  terminal.note(
    `The file (read as ${file.encoding}): ${plural(file.courses, 'course')}, ${plural(file.sections, 'section')}, ${plural(file.meetings, 'meeting')}, ${plural(file.seats, 'seat')}; ${plural(file.overfull, 'section')} with more students than seats.`,
  )
  const { none, rule, text } = file.requirements
  terminal.note(
    `Prerequisites: ${plural(rule, 'course')} with a text that became a rule, ${text.toLocaleString('en')} with one that only people understand (kept, shown, and checked by nobody), ${none.toLocaleString('en')} without any.`,
  )
  showSome(
    terminal,
    report.remarks.map(({ line, words }) => `  line ${line}: ${words}`),
  )
  showRejected(terminal, report.rejected)
  if (removals.length > 0) {
    terminal.note(`${plural(removals.length, 'thing')} would be taken away:`)
    showSome(
      terminal,
      removals.map(({ crn, label, words }) => `  ${label} (CRN ${crn}) ${words}`),
    )
  }
  if (report.heldBack.length > 0) {
    terminal.note(
      `Removals are held back while ${plural(file.unread, 'row')} could not be read, not even to which section a row belongs: nothing is cancelled, and these stay as they are, with --allow-removals too. Mend the rows, and import the file again.`,
    )
    showSome(
      terminal,
      report.heldBack.map(({ crn, label, words }) => `  ${label} (CRN ${crn}) ${words}`),
    )
  }
  const showCancelled = (words: string, lines: CatalogueReport['reinstated']) => {
    if (lines.length === 0) return
    terminal.note(`${plural(lines.length, 'cancelled section')} of the file ${words}:`)
    showSome(
      terminal,
      lines.map((one) => `  ${one.label} (CRN ${one.crn}) ${one.words}`),
    )
  }
  showCancelled('reinstated', report.reinstated)
  showCancelled('kept as they are (--allow-reinstatements reinstates them)', report.keptCancelled)
  const { sections, courses, meetings } = changes
  const counts = [
    `${term.name} (${term.code})${term.created ? ', a new term' : ''}`,
    `sections: ${sections.added} new, ${sections.changed} changed, ${sections.reinstated} reinstated, ${sections.cancelled} cancelled`,
    `courses: ${courses.added} new, ${courses.changed} changed`,
    `meetings: ${meetings.added} new, ${meetings.changed} changed, ${meetings.removed} removed`,
    ...(changes.links === 0 ? [] : [`${plural(changes.links, 'pair')} of linked sections`]),
    `${plural(changes.subjects, 'new subject')}, ${plural(changes.rooms, 'new room')}, ${plural(changes.instructors, 'new instructor')}`,
  ].join('; ')
  if (outcome === 'unchanged')
    terminal.print(
      report.rejected.length + report.heldBack.length + report.keptCancelled.length > 0
        ? 'Nothing was changed.'
        : 'Nothing to change: the portal holds all of it already.',
    )
  if (outcome === 'done') terminal.print(`Imported into ${counts}.`)
  if (outcome === 'dry run') terminal.print(`A dry run, nothing was changed. It would import into ${counts}.`)
  if (outcome === 'refused' && file.sections > 0)
    terminal.note(
      'Nothing was changed. If this is meant, run it again with --allow-removals (students stay enrolled; a cancelled section takes nobody new).',
    )
  if (outcome === 'refused' && file.sections === 0)
    terminal.note('No row of the file is good. Nothing was changed.')
}

const showStudents = (terminal: Terminal, report: StudentReport, sheet: string | undefined): void => {
  const { file, changes, withoutCode, outcome } = report
  terminal.note(`The file (read as ${file.encoding}): ${plural(file.students, 'student')}.`)
  if (file.ignoredColumns.length > 0)
    terminal.note(`  columns that mean nothing here: ${file.ignoredColumns.join(', ')}`)
  showRejected(terminal, report.rejected)
  const counts = `${changes.added} new, ${changes.changed} changed, ${plural(changes.codes, 'one-time code')}`
  if (outcome === 'unchanged') terminal.print('Nothing to change: the portal holds all of it already.')
  if (outcome === 'done') terminal.print(`Students: ${counts}.`)
  if (outcome === 'dry run') terminal.print(`A dry run, nothing was changed. It would be: ${counts}.`)
  if (outcome === 'done' && changes.codes > 0 && sheet !== undefined)
    terminal.note(`The codes are in ${sheet}, which only you may read. They are shown nowhere else.`)
  if (withoutCode > 0)
    terminal.note(
      `${plural(withoutCode, 'student')} cannot sign in yet: run it again with --codes-out FILE, or use portal code NUMBER.`,
    )
}

const showTranscripts = (terminal: Terminal, report: TranscriptReport): void => {
  const { file, changes, outcome } = report
  terminal.note(
    `The file (read as ${file.encoding}): ${plural(file.entries, 'completed course')} of ${plural(file.students, 'student')}.`,
  )
  if (file.ignoredColumns.length > 0)
    terminal.note(`  columns that mean nothing here: ${file.ignoredColumns.join(', ')}`)
  showRejected(terminal, report.rejected)
  if (report.kept.length > 0) {
    terminal.note(
      `${plural(report.kept.length, 'line')} written by the registrar’s office kept as they are (--overwrite-office takes the file’s):`,
    )
    showSome(
      terminal,
      report.kept.map(({ line, words }) => `  line ${line}: ${words}`),
    )
  }
  const by =
    changes.overwritten === 0 ? '' : ` (${changes.overwritten} written by the office, as the trail tells)`
  const counts = `${changes.added} new, ${changes.changed} changed${by}`
  if (outcome === 'unchanged' && report.kept.length > 0) terminal.print('Nothing was changed.')
  else if (outcome === 'unchanged') terminal.print('Nothing to change: the portal holds all of it already.')
  if (outcome === 'done') terminal.print(`Completed courses: ${counts}.`)
  if (outcome === 'dry run') terminal.print(`A dry run, nothing was changed. It would be: ${counts}.`)
}

/** Flags that mean something for one kind of file alone. */
const goesWith = {
  term: 'catalogue',
  termCode: 'catalogue',
  opens: 'catalogue',
  closes: 'catalogue',
  keepEnrolled: 'catalogue',
  allowRemovals: 'catalogue',
  allowReinstatements: 'catalogue',
  codesOut: 'students',
  overwriteOffice: 'transcripts',
} as const

/** @throws UsageError that names every contradiction at once */
const checkFlags = (flags: ImportFlags): void => {
  const faults: string[] = []
  const kinds = (['catalogue', 'students', 'transcripts'] as const).filter(
    (name) => flags[name] !== undefined,
  )
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1)
    throw new UsageError(
      'Say what to import: either --catalogue FILE.csv --term NAME, or --students FILE.csv, or --transcripts FILE.csv.',
    )
  if (kind === 'catalogue' && flags.term === undefined)
    faults.push('--catalogue needs --term NAME, such as --term "Fall 2024".')
  const strangers = (Object.keys(goesWith) as (keyof typeof goesWith)[]).filter(
    (name) => goesWith[name] !== kind,
  )
  for (const name of strangers)
    if (flags[name] !== undefined)
      faults.push(
        `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} goes with --${goesWith[name]} only.`,
      )
  if (flags.codesOut !== undefined && flags.dryRun === true)
    faults.push('--codes-out and --dry-run exclude each other: a dry run makes no codes.')
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
}

/** The moments of a new window in the university's zone, which are told as they were understood. @throws UsageError */
const windowOf = async (
  db: Parameters<Parameters<Terminal['withDatabase']>[0]>[0],
  given: { readonly opens?: string | undefined; readonly closes?: string | undefined },
  terminal: Terminal,
): Promise<{ readonly opens?: string; readonly closes?: string }> => {
  const names = (['opens', 'closes'] as const).filter((name) => given[name] !== undefined)
  if (names.length === 0) return {}
  const zone = await zoneFor(db)
  const faults: string[] = []
  const read = names.flatMap((name) => {
    const text = given[name] ?? ''
    const found = readLocal(text, zone)
    if (found.state === 'instant') {
      const { at } = found
      const utc = `${at.slice(0, 10)} ${at.slice(11, 16)}`
      terminal.note(`Registration ${name} ${writeLocal(at, zone)} in ${zone}, which is ${utc} UTC.`)
      return [[name, `${utc}:00`] as const]
    }
    faults.push(
      found.state === 'missing'
        ? `--${name} ${text} is a time that the clocks of ${zone} leave out. Give another one.`
        : found.state === 'twice'
          ? `--${name} ${text} comes twice in ${zone}. Write "${found.choices[0]}" or "${found.choices[1]}".`
          : `--${name} is not a moment such as 2024-04-01 or "2024-04-01 12:00".`,
    )
    return []
  })
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  return Object.fromEntries(read)
}

/** A dry run may find a database without tables: then as the portal itself begins, with the zone of the machine. */
const zoneFor = async (db: Parameters<typeof readCampusZone>[0]): Promise<string> =>
  (await readCampusZone(db).catch(() => undefined)) ?? hereTimeZone()

const runCatalogue = async (flags: ImportFlags, path: string, terminal: Terminal): Promise<void> => {
  const settings = readSettings(importSettings, flags)
  const text = await readText(path)
  await terminal.withDatabase(async (db) => {
    if (flags.dryRun !== true) await migrate(db)
    const window = await windowOf(db, settings, terminal)
    const report = await importCatalogue(db, text, path, {
      ...settings,
      ...window,
      keepEnrolled: flags.keepEnrolled,
      allowRemovals: flags.allowRemovals,
      allowReinstatements: flags.allowReinstatements,
      dryRun: flags.dryRun,
    })
    if (flags.json === true) terminal.printJson(report)
    else showCatalogue(terminal, report)
    if (report.outcome === 'refused' || report.rejected.length > 0) terminal.fail()
  })
}

const runStudents = async (flags: ImportFlags, path: string, terminal: Terminal): Promise<void> => {
  const text = await readText(path)
  await terminal.withDatabase(async (db) => {
    if (flags.dryRun !== true) await migrate(db)
    const sheet = flags.codesOut === undefined ? undefined : await openCodeSheet(flags.codesOut)
    let report: StudentReport | undefined
    try {
      report = await importStudents(db, text, path, { dryRun: flags.dryRun, sheet })
    } finally {
      const isKept = await sheet?.close()
      if (isKept === true && report === undefined)
        terminal.note(
          `It is not known whether the codes in ${flags.codesOut} work. Keep it, and import the file again with another --codes-out: that sheet has the students for whom they do not.`,
        )
    }
    if (flags.json === true) terminal.printJson(report)
    else showStudents(terminal, report, flags.codesOut)
    if (report.rejected.length > 0) terminal.fail()
  })
}

const runTranscripts = async (flags: ImportFlags, path: string, terminal: Terminal): Promise<void> => {
  const text = await readText(path)
  await terminal.withDatabase(async (db) => {
    if (flags.dryRun !== true) await migrate(db)
    const report = await importTranscripts(db, text, path, {
      dryRun: flags.dryRun,
      overwriteOffice: flags.overwriteOffice,
    })
    if (flags.json === true) terminal.printJson(report)
    else showTranscripts(terminal, report)
    if (report.rejected.length > 0) terminal.fail()
  })
}

const runImport = async (flags: ImportFlags, terminal: Terminal): Promise<void> => {
  checkFlags(flags)
  if (flags.catalogue !== undefined) await runCatalogue(flags, flags.catalogue, terminal)
  if (flags.students !== undefined) await runStudents(flags, flags.students, terminal)
  if (flags.transcripts !== undefined) await runTranscripts(flags, flags.transcripts, terminal)
}

const columnWords = (title: string, specs: Parameters<typeof describeColumns>[0]): string => {
  const { required, optional } = describeColumns(specs)
  return `Columns of ${title}:\n  needed: ${required}\n  may be there: ${optional}\n`
}

/** @param terminalFor how the command talks and reaches its database, given its options */
export const addImport = (
  program: Command,
  options: readonly Option[],
  terminalFor: (flags: ImportFlags) => Terminal,
): void => {
  const command = program
    .command('import')
    .description(
      'bring a catalogue, students or their completed courses in from a CSV file; a second time changes nothing',
    )
    .option('--catalogue <file>', 'courses, sections and meetings, a row for each meeting; needs --term')
    .option('--students <file>', 'students: number, given_name, family_name, email and more')
    .option(
      '--transcripts <file>',
      'completed courses of students who are there: number, course, grade and more',
    )
    .option('--term <name>', 'the term of the catalogue, such as "Fall 2024"; made if it is not there')
    .option('--term-code <code>', 'code of a new term whose name does not tell one, such as 202480')
    .option(
      '--opens <moment>',
      'registration opens, on the university’s clock (its time-zone): 2024-04-01, "2024-04-01 12:00" or "2024-04-01 12:00 -05:00"',
    )
    .option('--closes <moment>', 'registration closes, in the same way; what was understood is told')
    .option('--keep-enrolled', 'keep the file’s numbers of students as seats held elsewhere')
    .option('--allow-removals', 'cancel sections that the file no longer holds, take seats and meetings away')
    .option(
      '--allow-reinstatements',
      'make sections active again that the registrar’s office cancelled by hand',
    )
    .option(
      '--overwrite-office',
      'completed courses: take the file’s lines also where the office wrote by hand',
    )
    .option('--codes-out <file>', 'write a sheet of one-time codes for students who cannot sign in yet')
    .option('--dry-run', 'say what would be done, and change nothing')
    .addHelpText(
      'after',
      `
The file may be UTF-8, UTF-16 or Latin-1, with commas, semicolons or tabs; its first row names the columns.
A bad row is reported with its line and stops nothing else but its own section.
Where its section cannot be told, nothing is taken away, with --allow-removals neither.

${columnWords('a catalogue, a row for each meeting', catalogueColumns)}
${columnWords('students', studentColumns)}
${columnWords('completed courses (source: transfer, examination or earlier; else transfer)', transcriptColumns)}
Exit status: 0 done, 1 some rows were left out or nothing was done, 2 usage, or the file cannot be opened.`,
    )
  for (const option of options) command.addOption(option)
  command.action((flags: ImportFlags) => runImport(flags, terminalFor(flags)))
}
