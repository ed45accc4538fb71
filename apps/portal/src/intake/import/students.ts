/**
 * `portal import --students`: a file of students. One transaction. New numbers are added; of known ones the columns that the
 * file has are brought up to date. A student who is not in the file stays as he is: such files are often of one year alone.
 *
 * With a sheet, every student of the file who can sign in neither by password nor by a code that is still good gets a
 * new code. The sheet is on the disk before the transaction commits: a code that works is always written down. (Cut off
 * between the two, the sheet holds codes that do not work, and the next import makes others.)
 */
import type { Kysely, Transaction } from 'kysely'
import { codeHash, formatCode } from '../../account/code.ts'
import { fromMoment } from '../../catalogue/values.ts'
import type { Tables } from '../../db/tables.ts'
import { inTransaction } from '../../registrar/transaction.ts'
import { inBatches } from './batches.ts'
import type { CodeLine, CodeSheet } from './code-sheet.ts'
import type { Rejected } from './failure.ts'
import { lockImports } from './lock.ts'
import { type FileStudent, readStudentFile, type StudentValues } from './students-file.ts'
import type { ImportText } from './text.ts'

export interface StudentReport {
  readonly outcome: 'done' | 'unchanged' | 'dry run'
  readonly file: {
    readonly encoding: string
    readonly delimiter: string
    readonly rows: number
    readonly students: number
    readonly ignoredColumns: readonly string[]
  }
  /** codes: on the sheet */
  readonly changes: { readonly added: number; readonly changed: number; readonly codes: number }
  /** students of the file who have neither a password nor a good code */
  readonly withoutCode: number
  readonly rejected: readonly Rejected[]
}

/** As long as a code from `portal code` (account/activation.ts). */
const validMs = 30 * 86_400_000

type Known = Omit<Tables['student'], 'id'>

const fullRow = (values: StudentValues, today: string): Omit<Tables['student'], 'id'> => ({
  preferred_name: null,
  level: 'undergraduate',
  programme: '',
  class_year: null,
  status: 'active',
  admitted_on: today,
  ...values,
})

const differs = (values: StudentValues, known: Known): boolean =>
  (Object.keys(values) as (keyof StudentValues)[]).some(
    (name) => name !== 'number' && values[name] !== known[name],
  )

interface Waiting {
  readonly student: StudentValues
  /** null: there is no account yet */
  readonly accountId: number | null
}

/** Students who can neither sign in nor activate. */
const findWaiting = async (
  db: Transaction<Tables>,
  students: readonly FileStudent[],
  now: string,
): Promise<readonly Waiting[]> => {
  const accounts = await db
    .selectFrom('account')
    .select(['id', 'number', 'password_hash', 'disabled_at'])
    .where('student_id', 'is not', null)
    .execute()
  const good = await db
    .selectFrom('activation')
    .select('account_id')
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .execute()
  const byNumber = new Map(accounts.map((account) => [account.number.toUpperCase(), account]))
  const withCode = new Set(good.map((row) => row.account_id))
  return students.flatMap(({ values }): readonly Waiting[] => {
    // who has left needs no code
    if (values.status === 'graduated' || values.status === 'withdrawn') return []
    const account = byNumber.get(values.number)
    if (account === undefined) return [{ student: values, accountId: null }]
    const settled = account.password_hash !== null || account.disabled_at !== null || withCode.has(account.id)
    return settled ? [] : [{ student: values, accountId: account.id }]
  })
}

const issueCodes = async (
  db: Transaction<Tables>,
  waiting: readonly Waiting[],
  now: Date,
): Promise<readonly CodeLine[]> => {
  const students = new Map(
    (await db.selectFrom('student').select(['id', 'number']).execute()).map((row) => [
      row.number.toUpperCase(),
      row.id,
    ]),
  )
  await inBatches(
    waiting.filter(({ accountId }) => accountId === null),
    (batch) =>
      db
        .insertInto('account')
        .values(
          batch.map(({ student }) => ({
            number: student.number,
            student_id: students.get(student.number) ?? null,
            staff_id: null,
            password_hash: null,
            password_set_at: null,
            created_at: fromMoment(now),
            disabled_at: null,
          })),
        )
        .execute(),
  )
  const accounts = new Map(
    (
      await db.selectFrom('account').select(['id', 'number']).where('student_id', 'is not', null).execute()
    ).map((row) => [row.number.toUpperCase(), row.id]),
  )
  const expires = new Date(now.getTime() + validMs)
  const made = waiting.flatMap(({ student }) => {
    const accountId = accounts.get(student.number)
    return accountId === undefined ? [] : [{ student, accountId, code: formatCode() }]
  })
  await inBatches(made, (batch) =>
    db
      .insertInto('activation')
      .values(
        batch.map(({ accountId, code }) => ({
          account_id: accountId,
          code_hash: codeHash(code),
          created_at: fromMoment(now),
          expires_at: fromMoment(expires),
          used_at: null,
        })),
      )
      .execute(),
  )
  return made.map(({ student, code }) => ({
    number: student.number,
    name: `${student.preferred_name ?? student.given_name} ${student.family_name}`,
    email: student.email,
    code,
    validUntil: expires.toISOString().slice(0, 10),
  }))
}

export interface StudentOptions {
  readonly dryRun?: boolean | undefined
  /** undefined: no codes are made */
  readonly sheet?: CodeSheet | undefined
  readonly clock?: () => Date
}

/** @param name of the file, for messages @throws ImportError */
export const importStudents = async (
  db: Kysely<Tables>,
  { text, encoding }: ImportText,
  name: string,
  options: StudentOptions = {},
): Promise<StudentReport> => {
  const file = readStudentFile(text, name)
  const now = (options.clock ?? (() => new Date()))()
  /** by an earlier try: was it committed although the connection was lost, this one finds nobody without a code */
  let issued = 0
  return inTransaction(db, async (transaction) => {
    if (options.dryRun !== true) await lockImports(transaction)
    const known = new Map(
      (await transaction.selectFrom('student').selectAll().execute()).map((row) => [
        row.number.toUpperCase(),
        row,
      ]),
    )
    const staff = new Set(
      (await transaction.selectFrom('staff').select('number').execute()).map((row) =>
        row.number.toUpperCase(),
      ),
    )
    const taken = file.students.filter(({ values }) => staff.has(values.number))
    const students = file.students.filter(({ values }) => !staff.has(values.number))
    const added = students.filter(({ values }) => !known.has(values.number))
    const changed = students.flatMap(({ values }) => {
      const row = known.get(values.number)
      return row !== undefined && differs(values, row) ? [{ id: row.id, values }] : []
    })
    const waiting = await findWaiting(transaction, students, fromMoment(now))
    const wanted = options.sheet === undefined ? 0 : waiting.length
    const codes = wanted === 0 ? issued : wanted
    const touched = added.length + changed.length + codes
    if (options.dryRun !== true && touched > 0) {
      const today = now.toISOString().slice(0, 10)
      await inBatches(added, (batch) =>
        transaction
          .insertInto('student')
          .values(batch.map(({ values }) => fullRow(values, today)))
          .execute(),
      )
      for (const { id, values } of changed.toSorted((a, b) => a.id - b.id)) {
        const { number: _, ...columns } = values
        await transaction.updateTable('student').set(columns).where('id', '=', id).execute()
      }
      if (options.sheet !== undefined && wanted > 0) {
        issued = wanted
        await options.sheet.write(await issueCodes(transaction, waiting, now))
      }
    }
    return {
      outcome: options.dryRun === true ? 'dry run' : touched === 0 ? 'unchanged' : 'done',
      file: {
        encoding,
        delimiter: file.delimiter === '\t' ? 'tab' : file.delimiter,
        rows: file.rows,
        students: students.length,
        ignoredColumns: file.ignored,
      },
      changes: { added: added.length, changed: changed.length, codes },
      withoutCode: waiting.length - wanted,
      rejected: [
        ...file.rejected,
        ...taken.map(({ line, values }) => ({
          line,
          reason: `the number ${values.number} is that of a member of staff`,
        })),
      ].toSorted((a, b) => a.line - b.line),
    }
  })
}
