/**
 * `portal import --transcripts`: completed courses of students who are there already. What is new is added; of a course that is known
 * (same student, course, day and source) title, credits and grade are brought up to date. Nothing is taken away: what stands on a
 * record and not in the file stays. So does a line that the registrar's office has written by hand and the file has otherwise, unless
 * `--overwrite-office` says that the file is right; what stood there then stays in the trail.
 *
 * A few students at a time, each batch a transaction: a new line holds its student's row until the commit, and students register
 * meanwhile. Cut off, the same file goes on where it was, as what is there already is known.
 */
import type { Kysely, Selectable, Transaction } from 'kysely'
import { fromMoment } from '../../catalogue/values.ts'
import type { TrailFacts } from '../../policy/trail-facts.ts'
import type { Tables } from '../../db/tables.ts'
import { writeAction } from '../../registrar/office/action.ts'
import { inTransaction } from '../../registrar/transaction.ts'
import { inBatches } from './batches.ts'
import type { Rejected } from './failure.ts'
import { lockImports } from './lock.ts'
import type { ImportText } from './text.ts'
import { entryKey, type FileEntry, readTranscriptFile } from './transcripts-file.ts'

export interface TranscriptReport {
  readonly outcome: 'done' | 'unchanged' | 'dry run'
  readonly file: {
    readonly encoding: string
    readonly delimiter: string
    readonly rows: number
    readonly entries: number
    readonly students: number
    readonly ignoredColumns: readonly string[]
  }
  /** overwritten: of those changed, lines that the office had written by hand */
  readonly changes: { readonly added: number; readonly changed: number; readonly overwritten: number }
  /** lines of the office that the file has otherwise and that stay as they are, with the file's line */
  readonly kept: readonly { readonly line: number; readonly words: string }[]
  readonly rejected: readonly Rejected[]
}

/** Some hundred rows: their students wait for milliseconds at most. */
const studentsAtOnce = 25

interface Found {
  readonly entry: FileEntry
  readonly studentId: number
}

type Line = Selectable<Tables['transcript_entry']>

const readKnown = async (db: Kysely<Tables>, found: readonly Found[]): Promise<ReadonlyMap<string, Line>> => {
  const numbers = new Map(found.map(({ entry, studentId }) => [studentId, entry.number]))
  const rows = await db
    .selectFrom('transcript_entry')
    .selectAll()
    .where('student_id', 'in', [...numbers.keys()])
    .execute()
  return new Map(
    rows.map((row) => [
      entryKey({
        number: numbers.get(row.student_id) ?? '',
        course: row.course,
        completedOn: row.completed_on,
        source: row.source,
      }),
      row,
    ]),
  )
}

const columnsOf = ({ title, credits, grade }: FileEntry) => ({ title, credits, grade })

const differs = (entry: FileEntry, line: Line): boolean =>
  line.title !== entry.title || Number(line.credits) !== Number(entry.credits) || line.grade !== entry.grade

interface Plan {
  readonly added: readonly Found[]
  readonly changed: readonly { readonly id: number; readonly entry: FileEntry }[]
  /** what the office had written by hand */
  readonly replaced: readonly { readonly studentId: number; readonly facts: TrailFacts }[]
  readonly kept: TranscriptReport['kept']
}

const gradeOf = ({ grade, credits, title }: Pick<Line, 'grade' | 'credits' | 'title'>) => ({
  title,
  grade,
  credits: Number(credits),
})

/** 'B, 3 credits, “Calculus”' */
const wordsOf = ({ grade, credits, title }: Pick<Line, 'grade' | 'credits' | 'title'>): string =>
  `${grade}, ${Number(credits)} credits, “${title}”`

const planBatch = async (db: Kysely<Tables>, found: readonly Found[], overwrite: boolean): Promise<Plan> => {
  const known = await readKnown(db, found)
  const both = found.flatMap((one) => {
    const line = known.get(entryKey(one.entry))
    return line !== undefined && differs(one.entry, line) ? [{ ...one, line }] : []
  })
  const byHand = both.filter(({ line }) => line.recorded_by !== null)
  return {
    added: found.filter(({ entry }) => !known.has(entryKey(entry))),
    changed: both
      .filter(({ line }) => overwrite || line.recorded_by === null)
      .map(({ entry, line }) => ({ id: line.id, entry }))
      .toSorted((a, b) => a.id - b.id),
    replaced: overwrite
      ? byHand.map(({ entry, line, studentId }) => ({
          studentId,
          facts: {
            of: 'transcript_replaced' as const,
            course: entry.course,
            was: gradeOf(line),
            now: gradeOf(entry),
          },
        }))
      : [],
    kept: overwrite
      ? []
      : byHand.map(({ entry, line }) => ({
          line: entry.line,
          words: `${entry.course} of ${entry.number} was written by the office as ${wordsOf(line)}; the file has ${wordsOf(entry)}`,
        })),
  }
}

const writePlan = async (
  db: Transaction<Tables>,
  { added, changed, replaced }: Plan,
  now: string,
): Promise<void> => {
  await inBatches(
    added.toSorted((a, b) => a.studentId - b.studentId),
    (batch) =>
      db
        .insertInto('transcript_entry')
        .values(
          batch.map(({ entry, studentId }) => ({
            student_id: studentId,
            course: entry.course,
            ...columnsOf(entry),
            source: entry.source,
            completed_on: entry.completedOn,
            recorded_at: now,
            recorded_by: null,
          })),
        )
        .execute(),
  )
  // from now on it is the file's
  for (const { id, entry } of changed)
    await db
      .updateTable('transcript_entry')
      .set({ ...columnsOf(entry), recorded_at: now, recorded_by: null })
      .where('id', '=', id)
      .execute()
  for (const one of replaced) await writeAction(db, null, { action: 'transcript_replaced', ...one })
}

/** All of a student's entries in one batch. */
const inStudents = (found: readonly Found[]): readonly (readonly Found[])[] => {
  const byStudent = new Map<number, Found[]>()
  for (const one of found) {
    const own = byStudent.get(one.studentId)
    if (own === undefined) byStudent.set(one.studentId, [one])
    else own.push(one)
  }
  const ordered = [...byStudent].toSorted(([a], [b]) => a - b).map(([, own]) => own)
  return Array.from({ length: Math.ceil(ordered.length / studentsAtOnce) }, (_, index) =>
    ordered.slice(index * studentsAtOnce, (index + 1) * studentsAtOnce).flat(),
  )
}

const sum = (plans: readonly Plan[], of: 'added' | 'changed' | 'replaced'): number =>
  plans.reduce((total, plan) => total + plan[of].length, 0)

export interface TranscriptOptions {
  readonly dryRun?: boolean | undefined
  /** the file is right where the office has written something else by hand */
  readonly overwriteOffice?: boolean | undefined
  readonly clock?: () => Date
}

/** @param name of the file, for messages @throws ImportError: the batches before it are done, and the same file goes on */
export const importTranscripts = async (
  db: Kysely<Tables>,
  { text, encoding }: ImportText,
  name: string,
  options: TranscriptOptions = {},
): Promise<TranscriptReport> => {
  const file = readTranscriptFile(text, name)
  const now = fromMoment((options.clock ?? (() => new Date()))())
  const overwrite = options.overwriteOffice === true
  const students = new Map(
    (await db.selectFrom('student').select(['id', 'number']).execute()).map((row) => [
      row.number.toUpperCase(),
      row.id,
    ]),
  )
  const found = file.entries.flatMap((entry): readonly Found[] => {
    const studentId = students.get(entry.number)
    return studentId === undefined ? [] : [{ entry, studentId }]
  })
  const plans: Plan[] = []
  for (const batch of inStudents(found))
    plans.push(
      options.dryRun === true
        ? await planBatch(db, batch, overwrite)
        : await inTransaction(db, async (transaction) => {
            await lockImports(transaction, plans.length > 0)
            const plan = await planBatch(transaction, batch, overwrite)
            await writePlan(transaction, plan, now)
            return plan
          }),
    )
  const changes = {
    added: sum(plans, 'added'),
    changed: sum(plans, 'changed'),
    overwritten: sum(plans, 'replaced'),
  }
  return {
    outcome:
      options.dryRun === true ? 'dry run' : changes.added + changes.changed === 0 ? 'unchanged' : 'done',
    file: {
      encoding,
      delimiter: file.delimiter === '\t' ? 'tab' : file.delimiter,
      rows: file.rows,
      entries: found.length,
      students: new Set(found.map(({ studentId }) => studentId)).size,
      ignoredColumns: file.ignored,
    },
    changes,
    kept: plans.flatMap(({ kept }) => kept).toSorted((a, b) => a.line - b.line),
    rejected: [
      ...file.rejected,
      ...file.entries
        .filter(({ number }) => !students.has(number))
        .map(({ line, number }) => ({ line, reason: `there is no student ${number.slice(0, 40)}` })),
    ].toSorted((a, b) => a.line - b.line),
  }
}
