/**
 * `portal import --students`: a file of students. New numbers are added; of known ones the columns that the file has are brought up
 * to date. A student who is not in the file stays as he is: such files are often of one year alone.
 *
 * Some at a time, each batch a transaction: it holds its students' rows until the commit, and they register meanwhile. Cut off, the
 * same file goes on where it was, as what is there already is known.
 *
 * With a sheet, every student of the file who can sign in neither by password nor by a code that is still good gets a
 * new code. The sheet is on the disk before their batch commits: a code that works is always written down. (Cut off
 * between the two, the sheet holds codes that do not work, and the next import makes others.)
 */
import type { Kysely, Transaction } from 'kysely'
import { codeHash, formatCode } from '../../account/code.ts'
import { fromMoment } from '../../catalogue/values.ts'
import type { Tables } from '../../db/tables.ts'
import { inTransaction } from '../../registrar/transaction.ts'
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

/** Their rows are held for milliseconds. */
const studentsAtOnce = 100

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

const numbersOf = (students: readonly { readonly values: StudentValues }[]): string[] =>
  students.map(({ values }) => values.number)

/** Students who can neither sign in nor activate. */
const findWaiting = async (
  db: Kysely<Tables>,
  students: readonly FileStudent[],
  now: string,
): Promise<readonly Waiting[]> => {
  const accounts = await db
    .selectFrom('account')
    .select(['id', 'number', 'password_hash', 'disabled_at'])
    .where('student_id', 'is not', null)
    .where('number', 'in', numbersOf(students))
    .execute()
  const ids = accounts.map(({ id }) => id)
  const good =
    ids.length === 0
      ? []
      : await db
          .selectFrom('activation')
          .select('account_id')
          .where('account_id', 'in', ids)
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
  const numbers = waiting.map(({ student }) => student.number)
  const students = new Map(
    (await db.selectFrom('student').select(['id', 'number']).where('number', 'in', numbers).execute()).map(
      (row) => [row.number.toUpperCase(), row.id],
    ),
  )
  const fresh = waiting.filter(({ accountId }) => accountId === null)
  if (fresh.length > 0)
    await db
      .insertInto('account')
      .values(
        fresh.map(({ student }) => ({
          number: student.number,
          student_id: students.get(student.number) ?? null,
          staff_id: null,
          password_hash: null,
          password_set_at: null,
          created_at: fromMoment(now),
          disabled_at: null,
        })),
      )
      .execute()
  const accounts = new Map(
    (
      await db
        .selectFrom('account')
        .select(['id', 'number'])
        .where('student_id', 'is not', null)
        .where('number', 'in', numbers)
        .execute()
    ).map((row) => [row.number.toUpperCase(), row.id]),
  )
  const expires = new Date(now.getTime() + validMs)
  const made = waiting.flatMap(({ student }) => {
    const accountId = accounts.get(student.number)
    return accountId === undefined ? [] : [{ student, accountId, code: formatCode() }]
  })
  if (made.length > 0)
    await db
      .insertInto('activation')
      .values(
        made.map(({ accountId, code }) => ({
          account_id: accountId,
          code_hash: codeHash(code),
          created_at: fromMoment(now),
          expires_at: fromMoment(expires),
          used_at: null,
        })),
      )
      .execute()
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

interface Plan {
  readonly added: readonly StudentValues[]
  readonly changed: readonly { readonly id: number; readonly values: StudentValues }[]
  readonly waiting: readonly Waiting[]
}

const planBatch = async (db: Kysely<Tables>, batch: readonly FileStudent[], now: Date): Promise<Plan> => {
  const rows = await db.selectFrom('student').selectAll().where('number', 'in', numbersOf(batch)).execute()
  const known = new Map(rows.map((row) => [row.number.toUpperCase(), row]))
  return {
    added: batch.flatMap(({ values }) => (known.has(values.number) ? [] : [values])),
    changed: batch
      .flatMap(({ values }) => {
        const row = known.get(values.number)
        return row !== undefined && differs(values, row) ? [{ id: row.id, values }] : []
      })
      .toSorted((a, b) => a.id - b.id),
    waiting: await findWaiting(db, batch, fromMoment(now)),
  }
}

const writePlan = async (
  db: Transaction<Tables>,
  { added, changed }: Pick<Plan, 'added' | 'changed'>,
  today: string,
): Promise<void> => {
  if (added.length > 0)
    await db
      .insertInto('student')
      .values(added.map((values) => fullRow(values, today)))
      .execute()
  for (const { id, values } of changed) {
    const { number: _, ...columns } = values
    await db.updateTable('student').set(columns).where('id', '=', id).execute()
  }
}

const sum = (plans: readonly Plan[], of: keyof Plan): number =>
  plans.reduce((total, plan) => total + plan[of].length, 0)

/** @param name of the file, for messages @throws ImportError: the batches before it are done, and the same file goes on */
export const importStudents = async (
  db: Kysely<Tables>,
  { text, encoding }: ImportText,
  name: string,
  options: StudentOptions = {},
): Promise<StudentReport> => {
  const file = readStudentFile(text, name)
  const now = (options.clock ?? (() => new Date()))()
  const { sheet } = options
  const staff = new Set(
    (await db.selectFrom('staff').select('number').execute()).map((row) => row.number.toUpperCase()),
  )
  const taken = file.students.filter(({ values }) => staff.has(values.number))
  const students = file.students.filter(({ values }) => !staff.has(values.number))
  const plans: Plan[] = []
  let issued: readonly CodeLine[] = []
  for (let start = 0; start < students.length; start += studentsAtOnce) {
    const batch = students.slice(start, start + studentsAtOnce)
    if (options.dryRun === true) {
      plans.push(await planBatch(db, batch, now))
      continue
    }
    // by an earlier try: was it committed although the connection was lost, the next one finds nobody without a code
    let tried: readonly CodeLine[] = []
    const done = await inTransaction(db, async (transaction) => {
      await lockImports(transaction, plans.length > 0)
      const plan = await planBatch(transaction, batch, now)
      await writePlan(transaction, plan, now.toISOString().slice(0, 10))
      if (sheet === undefined || plan.waiting.length === 0) return { plan, codes: tried }
      tried = await issueCodes(transaction, plan.waiting, now)
      await sheet.write([...issued, ...tried])
      return { plan, codes: tried }
    })
    plans.push(done.plan)
    issued = [...issued, ...done.codes]
  }
  const changes = { added: sum(plans, 'added'), changed: sum(plans, 'changed'), codes: issued.length }
  const touched = changes.added + changes.changed + changes.codes
  return {
    outcome: options.dryRun === true ? 'dry run' : touched === 0 ? 'unchanged' : 'done',
    file: {
      encoding,
      delimiter: file.delimiter === '\t' ? 'tab' : file.delimiter,
      rows: file.rows,
      students: students.length,
      ignoredColumns: file.ignored,
    },
    changes,
    withoutCode: sheet === undefined ? sum(plans, 'waiting') : 0,
    rejected: [
      ...file.rejected,
      ...taken.map(({ line, values }) => ({
        line,
        reason: `the number ${values.number} is that of a member of staff`,
      })),
    ].toSorted((a, b) => a.line - b.line),
  }
}
