/** A file of completed courses → their rows: what was earned elsewhere, by examination, or here before the portal. */
import type { Tables } from '../../db/tables.ts'
import { isLetter, meetsGrade } from '../../policy/grade.ts'
import { type Columns, type ColumnSpec, findColumns } from './columns.ts'
import { readEachRow } from './each-row.ts'
import type { Rejected } from './failure.ts'
import { type FileRecord, readRecords } from './records.ts'
import { fault, readChoice, readCredits, readDay, readLine } from './values.ts'

const one = (required: boolean, ...names: readonly string[]): ColumnSpec => ({ names, required })

export const transcriptColumns = {
  number: one(true, 'number', 'student_number', 'student_id'),
  course: one(true, 'course', 'course_code'),
  title: one(false, 'title', 'course_title'),
  credits: one(true, 'credits', 'credit_hours'),
  grade: one(true, 'grade'),
  completed_on: one(true, 'completed_on', 'completed', 'date'),
  source: one(false, 'source', 'from'),
} as const

type Field = keyof typeof transcriptColumns
type Source = Tables['transcript_entry']['source']

export interface FileEntry {
  readonly line: number
  readonly number: string
  readonly course: string
  readonly title: string
  /** '3.00' */
  readonly credits: string
  readonly grade: string
  readonly completedOn: string
  readonly source: Source
}

export interface TranscriptFile {
  readonly delimiter: string
  readonly rows: number
  readonly entries: readonly FileEntry[]
  readonly rejected: readonly Rejected[]
  readonly ignored: readonly string[]
}

const sources: Readonly<Record<string, Source>> = {
  transfer: 'transfer',
  transferred: 'transfer',
  examination: 'examination',
  exam: 'examination',
  earlier: 'earlier',
  here: 'earlier',
}

/** What makes two rows the same course of the same student: taken again, it was completed on another day. */
export const entryKey = (entry: Pick<FileEntry, 'number' | 'course' | 'completedOn' | 'source'>): string =>
  [entry.number, entry.course, entry.completedOn, entry.source].join(' ')

/** As requirements name it: 'cs101' → 'CS 101'. */
const readCourse = (text: string): string => {
  const [, subject, code] = /^([A-Za-z&]{2,8})[ -]?(\d{1,5}[A-Za-z]?)$/.exec(text) ?? []
  if (subject === undefined || code === undefined)
    throw fault('The course', text, 'a course such as CS 101 is wanted')
  return `${subject} ${code}`.toUpperCase()
}

/** What is left with a W or is incomplete is on transcripts too; it earns nothing, and counts as no attempt passed. */
const unearned: ReadonlySet<string> = new Set(['W', 'I', 'NP', 'U', 'AU'])

const readGrade = (text: string): string => {
  const grade = text.toUpperCase()
  if (isLetter(grade) || meetsGrade(grade) || unearned.has(grade)) return grade
  throw fault('The grade', text, 'a grade such as B+, or T for a course that was transferred without one')
}

const readEntry = (columns: Columns<Field>, record: FileRecord): FileEntry => {
  const text = (field: Field) => columns.text(record, field)
  const credits = readCredits('The credits', text('credits'))
  if (credits.min !== credits.max) throw fault('The credits', text('credits'), 'one number is wanted')
  const course = readCourse(text('course'))
  const number = text('number').normalize('NFKC').toUpperCase()
  if (number === '') throw fault('The number', '', 'it is needed')
  return {
    line: record.line,
    number,
    course,
    title: readLine('The title', text('title'), 120, 'empty') || course,
    credits: credits.min,
    grade: readGrade(text('grade')),
    completedOn: readDay('The day of completion', text('completed_on')),
    source: text('source') === '' ? 'transfer' : readChoice('The source', text('source'), sources),
  }
}

/** @throws ImportError when the file cannot be used at all */
export const readTranscriptFile = (text: string, name: string): TranscriptFile => {
  const found = readRecords(text, name)
  const columns = findColumns(transcriptColumns, found.header, name)
  const { rows, rejected } = readEachRow(
    found,
    (record) => readEntry(columns, record),
    (entry) => ({
      key: entryKey(entry),
      words: `${entry.course} of ${entry.number}, completed on ${entry.completedOn},`,
    }),
  )
  return {
    delimiter: found.delimiter,
    rows: found.records.length + found.rejected.length,
    entries: rows,
    rejected,
    ignored: columns.ignored,
  }
}
