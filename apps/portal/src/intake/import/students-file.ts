/** A file of students → their rows. Only the columns that the file has are written to students who are there already. */
import type { Tables } from '../../db/tables.ts'
import { emailAddress } from '../../account/email-address.ts'
import { type Columns, type ColumnSpec, findColumns } from './columns.ts'
import { readEachRow } from './each-row.ts'
import type { Rejected } from './failure.ts'
import { readRecords, type FileRecord } from './records.ts'
import { fault, readChoice, readDay, readLine } from './values.ts'

const one = (required: boolean, ...names: readonly string[]): ColumnSpec => ({ names, required })

export const studentColumns = {
  number: one(true, 'number', 'student_number', 'student_id', 'id'),
  given_name: one(true, 'given_name', 'first_name', 'given'),
  family_name: one(true, 'family_name', 'last_name', 'surname', 'family'),
  email: one(true, 'email', 'e-mail', 'email_address', 'mail'),
  preferred_name: one(false, 'preferred_name', 'preferred'),
  level: one(false, 'level'),
  programme: one(false, 'programme', 'program', 'major'),
  class_year: one(false, 'class_year', 'class', 'year'),
  status: one(false, 'status'),
  admitted_on: one(false, 'admitted_on', 'admitted', 'admission_date'),
} as const

type Field = keyof typeof studentColumns
type Row = Omit<Tables['student'], 'id'>

/** What is in the file of one student; `number` and names always, the rest where there is a column. */
export type StudentValues = Pick<Row, 'number' | 'given_name' | 'family_name' | 'email'> & Partial<Row>

export interface FileStudent {
  readonly line: number
  readonly values: StudentValues
}

export interface StudentFile {
  readonly delimiter: string
  readonly rows: number
  readonly students: readonly FileStudent[]
  readonly rejected: readonly Rejected[]
  /** names of columns that mean nothing here */
  readonly ignored: readonly string[]
}

const levels: Readonly<Record<string, Row['level']>> = {
  undergraduate: 'undergraduate',
  graduate: 'graduate',
}
const states: Readonly<Record<string, Row['status']>> = {
  active: 'active',
  'on leave': 'on_leave',
  graduated: 'graduated',
  withdrawn: 'withdrawn',
}

/** Numbers are typed at sign-in: the same signs as there (account/accounts.ts). */
const readNumber = (text: string): string => {
  const number = text.normalize('NFKC').toUpperCase()
  if (!/^[A-Z0-9-]{1,12}$/.test(number))
    throw fault('The number', text, 'at most 12 letters, digits and - are wanted')
  return number
}

const readEmail = (text: string): string => {
  const address = readLine('The e-mail address', text, 160, 'needed')
  if (!emailAddress.safeParse(address).success)
    throw fault('The e-mail address', address, 'name@host is wanted')
  return address
}

const readYear = (text: string): number => {
  if (!/^(19|20|21)\d{2}$/.test(text)) throw fault('The class year', text, 'a year such as 2028 is wanted')
  return Number(text)
}

const readStudent = (columns: Columns<Field>, record: FileRecord): StudentValues => {
  const text = (field: Field) => columns.text(record, field)
  // a field that is empty says nothing, so that half-filled columns erase nothing
  const given = (field: Field) => text(field) !== ''
  return {
    number: readNumber(text('number')),
    given_name: readLine('The given name', text('given_name'), 80, 'needed'),
    family_name: readLine('The family name', text('family_name'), 80, 'needed'),
    email: readEmail(text('email')),
    ...(given('preferred_name') && {
      preferred_name: readLine('The preferred name', text('preferred_name'), 80, 'needed'),
    }),
    ...(given('level') && { level: readChoice('The level', text('level'), levels) }),
    ...(given('programme') && { programme: readLine('The programme', text('programme'), 80, 'needed') }),
    ...(given('class_year') && { class_year: readYear(text('class_year')) }),
    ...(given('status') && { status: readChoice('The status', text('status'), states) }),
    ...(given('admitted_on') && { admitted_on: readDay('The day of admission', text('admitted_on')) }),
  }
}

/** @throws ImportError when the file cannot be used at all */
export const readStudentFile = (text: string, name: string): StudentFile => {
  const found = readRecords(text, name)
  const columns = findColumns(studentColumns, found.header, name)
  const { rows, rejected } = readEachRow(
    found,
    (record): FileStudent => ({ line: record.line, values: readStudent(columns, record) }),
    ({ values: { number } }) => ({ key: number, words: `the number ${number}` }),
  )
  return {
    delimiter: found.delimiter,
    rows: found.records.length + found.rejected.length,
    students: rows,
    rejected,
    ignored: columns.ignored,
  }
}
