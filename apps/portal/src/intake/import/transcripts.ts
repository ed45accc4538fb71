/**
 * `portal import --transcripts`: completed courses of students who are there already. One transaction. What is new is added; of a
 * course that is known (same student, course, day and source) title, credits and grade are brought up to date. Nothing is
 * taken away: what stands on a record and not in the file stays.
 */
import type { Kysely, Transaction } from 'kysely'
import { fromMoment } from '../../catalogue/values.ts'
import type { Tables } from '../../db/tables.ts'
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
  readonly changes: { readonly added: number; readonly changed: number }
  readonly rejected: readonly Rejected[]
}

const readKnown = async (db: Transaction<Tables>) => {
  const rows = await db
    .selectFrom('transcript_entry')
    .innerJoin('student', 'student.id', 'transcript_entry.student_id')
    .selectAll('transcript_entry')
    .select('student.number')
    .execute()
  return new Map(
    rows.map((row) => [
      entryKey({
        number: row.number.toUpperCase(),
        course: row.course,
        completedOn: row.completed_on,
        source: row.source,
      }),
      row,
    ]),
  )
}

const columnsOf = ({ title, credits, grade }: FileEntry) => ({ title, credits, grade })

/** @param name of the file, for messages @throws ImportError */
export const importTranscripts = async (
  db: Kysely<Tables>,
  { text, encoding }: ImportText,
  name: string,
  options: { readonly dryRun?: boolean | undefined; readonly clock?: () => Date } = {},
): Promise<TranscriptReport> => {
  const file = readTranscriptFile(text, name)
  const now = fromMoment((options.clock ?? (() => new Date()))())
  return inTransaction(db, async (transaction) => {
    if (options.dryRun !== true) await lockImports(transaction)
    const students = new Map(
      (await transaction.selectFrom('student').select(['id', 'number']).execute()).map((row) => [
        row.number.toUpperCase(),
        row.id,
      ]),
    )
    const known = await readKnown(transaction)
    const found = file.entries.flatMap((entry) => {
      const studentId = students.get(entry.number)
      return studentId === undefined ? [] : [{ entry, studentId, before: known.get(entryKey(entry)) }]
    })
    const added = found.filter(({ before }) => before === undefined)
    const changed = found.flatMap(({ entry, before }) =>
      before !== undefined &&
      (before.title !== entry.title ||
        Number(before.credits) !== Number(entry.credits) ||
        before.grade !== entry.grade)
        ? [{ id: before.id, entry }]
        : [],
    )
    if (options.dryRun !== true) {
      await inBatches(added, (batch) =>
        transaction
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
      for (const { id, entry } of changed.toSorted((a, b) => a.id - b.id))
        await transaction.updateTable('transcript_entry').set(columnsOf(entry)).where('id', '=', id).execute()
    }
    const touched = added.length + changed.length
    return {
      outcome: options.dryRun === true ? 'dry run' : touched === 0 ? 'unchanged' : 'done',
      file: {
        encoding,
        delimiter: file.delimiter === '\t' ? 'tab' : file.delimiter,
        rows: file.rows,
        entries: found.length,
        students: new Set(found.map(({ studentId }) => studentId)).size,
        ignoredColumns: file.ignored,
      },
      changes: { added: added.length, changed: changed.length },
      rejected: [
        ...file.rejected,
        ...file.entries
          .filter(({ number }) => !students.has(number))
          .map(({ line, number }) => ({ line, reason: `there is no student ${number.slice(0, 40)}` })),
      ].toSorted((a, b) => a.line - b.line),
    }
  })
}
