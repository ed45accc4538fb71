/**
 * Fills an empty database with the sample university. All or nothing: one transaction, so a kill leaves the database
 * empty. A second call finds its own mark and changes nothing; a database with other data is refused.
 */
import type { Kysely, Transaction } from 'kysely'
import { codeHash, formatCode } from '../account/code.ts'
import { hashPassword } from '../account/password.ts'
import { errorCode } from '../db/failures.ts'
import type { Tables } from '../db/tables.ts'
import { keepCampusZone } from './campus-zone.ts'
import { writeImported } from '../registrar/ledger.ts'
import { sampleLogins } from './people.ts'
import { createRandom } from './random.ts'
import { makeUniversity, type SampleOptions } from './university.ts'

export interface SampleReport {
  /** false: it was there already */
  readonly created: boolean
  readonly seed: string
  readonly today: string
  readonly rows: Readonly<Record<string, number>>
  readonly accounts: readonly { readonly role: string; readonly number: string; readonly password: string }[]
  /** students who have not activated their account yet, with their one-time codes */
  readonly activations: readonly { readonly number: string; readonly code: string }[]
}

/** The database holds data that the sample did not make. */
export class NotEmptyError extends Error {
  override readonly name = 'NotEmptyError'
}

const mark = 'sample'
/** Enough for the tables and well under any max_allowed_packet. */
const batch = 1_000

const insertAll = async (
  db: Transaction<Tables>,
  table: keyof Tables,
  rows: readonly object[],
): Promise<void> => {
  for (let start = 0; start < rows.length; start += batch)
    // the rows are typed where they are made; Kysely's insert type cannot be named for a table that varies
    await db
      .insertInto(table as 'setting')
      .values(rows.slice(start, start + batch) as unknown as readonly never[])
      .execute()
}

/** One code for each student, the same for the same seed: known to whoever reads this, as is all of the sample. */
const sampleCodes = (seed: string, count: number): readonly string[] => {
  const random = createRandom(`${seed} codes`)
  return Array.from({ length: count }, () => formatCode(() => random.int(0, 31)))
}

const sampleAccounts = async (
  seed: string,
  students: readonly { readonly id: number; readonly number: string }[],
  staff: readonly { readonly id: number; readonly number: string }[],
  instructors: readonly { readonly id: number; readonly number: string }[],
  now: string,
) => {
  const hashes = new Map<string, string>()
  for (const login of sampleLogins) hashes.set(login.number, await hashPassword(login.password))
  const people = [
    ...students.map((student) => ({
      number: student.number,
      student_id: student.id,
      staff_id: null,
      instructor_id: null,
    })),
    ...staff.map((person) => ({
      number: person.number,
      student_id: null,
      staff_id: person.id,
      instructor_id: null,
    })),
    ...instructors.map((person) => ({
      number: person.number,
      student_id: null,
      staff_id: null,
      instructor_id: person.id,
    })),
  ]
  const account = people.map((person, index) => {
    const hash = hashes.get(person.number) ?? null
    return {
      id: index + 1,
      ...person,
      password_hash: hash,
      password_set_at: hash === null ? null : now,
      created_at: now,
      disabled_at: null,
    }
  })
  const codes = sampleCodes(seed, account.length)
  const waiting = account
    .map((row, index) => ({
      id: row.id,
      number: row.number,
      hash: row.password_hash,
      code: codes[index] ?? '',
    }))
    .filter((row) => row.hash === null)
  const inHalfAYear = new Date(Date.parse(`${now.replace(' ', 'T')}Z`) + 180 * 86_400_000)
  const activation = waiting.map((row) => ({
    account_id: row.id,
    code_hash: codeHash(row.code),
    created_at: now,
    expires_at: inHalfAYear.toISOString().replace('T', ' ').replace('Z', ''),
    used_at: null,
  }))
  return { account, activation, waiting }
}

const countRows = async (db: Kysely<Tables>, table: 'student' | 'course' | 'account' | 'term') => {
  const { rows } = await db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow()
  return rows
}

const readMark = async (db: Kysely<Tables>) => {
  const found = await db.selectFrom('setting').select('value').where('name', '=', mark).executeTakeFirst()
  return found === undefined
    ? undefined
    : (JSON.parse(found.value) as Omit<SampleReport, 'created' | 'accounts'>)
}

/** @throws NotEmptyError when the database holds other data; nothing is changed then */
export const makeSample = async (db: Kysely<Tables>, options: SampleOptions): Promise<SampleReport> => {
  const accounts = sampleLogins.map(({ role, number, password }) => ({ role, number, password }))
  const shown = (waiting: readonly { readonly number: string; readonly code: string }[]) =>
    waiting.slice(0, 5).map(({ number, code }) => ({ number, code }))

  const found = await readMark(db)
  if (found !== undefined) return { ...found, created: false, accounts }
  for (const table of ['student', 'course', 'account', 'term'] as const) {
    const rows = await countRows(db, table)
    if (rows > 0) throw new NotEmptyError(`The database already holds data: ${rows} rows in ${table}.`)
  }
  const { rows, students, staff } = makeUniversity(options)
  const now = `${options.today} 06:00:00.000`
  // the others get an account with their first code
  const known = rows.instructor.filter(({ number }) => sampleLogins.some((login) => login.number === number))
  const { account, activation, waiting } = await sampleAccounts(options.seed, students, staff, known, now)
  const staffRows = staff.map((person) => ({
    id: person.id,
    number: person.number,
    given_name: person.given,
    family_name: person.family,
    email: person.email,
    role: 'registrar' as const,
  }))
  const everything: Readonly<Partial<Record<keyof Tables, readonly object[]>>> = {
    ...rows,
    staff: staffRows,
    account,
    activation,
  }
  // parents before children
  const order = [
    'term',
    'subject',
    'course',
    'campus',
    'room',
    'instructor',
    'section',
    'meeting',
    'student',
    'staff',
    'account',
    'activation',
    'enrolment',
    'transcript_entry',
    'student_hold',
    'registration_window',
    'section_link',
    'seat_reserve',
    'rule_override',
  ] as const
  const kept = {
    seed: options.seed,
    today: options.today,
    rows: Object.fromEntries(order.map((table) => [table, everything[table]?.length ?? 0])),
    activations: shown(waiting),
  }
  try {
    await db.transaction().execute(async (transaction) => {
      // The mark goes first: of two that make the sample at once, the second waits here and then meets the key.
      await transaction
        .insertInto('setting')
        .values({ name: mark, value: JSON.stringify(kept) })
        .execute()
      for (const table of order) await insertAll(transaction, table, everything[table] ?? [])
      await writeImported(transaction)
      if (options.timeZone !== undefined) await keepCampusZone(transaction, options.timeZone)
    })
  } catch (error) {
    if (errorCode(error) !== 'ER_DUP_ENTRY') throw error
    const theirs = await readMark(db)
    if (theirs === undefined) throw error
    return { ...theirs, created: false, accounts }
  }
  return { ...kept, created: true, accounts }
}
