/** One-time codes: given out by the registrar's office, used once, replaced by the next one. */
import { timingSafeEqual } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { fromMoment } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { inTransaction } from '../registrar/transaction.ts'
import { codeHash, formatCode } from './code.ts'
import { tellOwner } from './owner.ts'

/** Long enough for a letter to arrive. */
const validMs = 30 * 86_400_000

/**
 * The account of a number; a student or an instructor who was imported without one gets it here. The person's row is locked
 * first: two that ask at once for the same one follow each other, and no gap is locked in `account`, where others are made.
 * A number that a student and an instructor have both is the student's.
 */
const findOrMakeAccount = async (
  db: Transaction<Tables>,
  number: string,
  now: string,
): Promise<{ readonly id: number; readonly number: string }> => {
  const student = await db
    .selectFrom('student')
    .select(['id', 'number'])
    .where('number', '=', number)
    .forUpdate()
    .executeTakeFirst()
  const instructor =
    student === undefined
      ? await db
          .selectFrom('instructor')
          .select(['id', 'number'])
          .where('number', '=', number)
          .forUpdate()
          .executeTakeFirst()
      : undefined
  const account = await db
    .selectFrom('account')
    .select(['id', 'number', 'disabled_at'])
    .where('number', '=', number)
    .executeTakeFirst()
  if (account !== undefined && account.disabled_at === null) {
    await db.selectFrom('account').select('id').where('id', '=', account.id).forUpdate().execute()
    return account
  }
  const person = student ?? instructor
  if (person === undefined || account !== undefined)
    throw new PortalError('not_found', {
      detail: `There is no student, instructor or member of staff with the number ${number}, or the account is closed.`,
      remedy: 'Check the number.',
    })
  const made = await db
    .insertInto('account')
    .values({
      number: person.number,
      student_id: student?.id ?? null,
      instructor_id: instructor?.id ?? null,
      staff_id: null,
      password_hash: null,
      password_set_at: null,
      created_at: now,
      disabled_at: null,
    })
    .executeTakeFirstOrThrow()
  return { id: Number(made.insertId), number: person.number }
}

/** Earlier unused codes of the number end. @returns the number as the database has it @throws PortalError not_found */
export const issueCode = (
  db: Kysely<Tables>,
  number: string,
  clock: () => Date,
): Promise<{ number: string; code: string; expiresAt: string }> =>
  // tried again when the server makes one of two give way: codes of neighbours lock the same gap of the index
  inTransaction(db, async (transaction) => {
    const now = clock()
    const expires = new Date(now.getTime() + validMs)
    const account = await findOrMakeAccount(transaction, number, fromMoment(now))
    await transaction
      .deleteFrom('activation')
      .where('account_id', '=', account.id)
      .where('used_at', 'is', null)
      .execute()
    const code = formatCode()
    await transaction
      .insertInto('activation')
      .values({
        account_id: account.id,
        code_hash: codeHash(code),
        created_at: fromMoment(now),
        expires_at: fromMoment(expires),
        used_at: null,
      })
      .execute()
    return { number: account.number, code, expiresAt: expires.toISOString() }
  })

/**
 * Uses a code: sets the password, ends all sessions. The lock on the account makes attempts follow each other, so a code
 * that is sent twice at once is used once.
 * @returns the account's id, or null for a wrong, used or expired code or an unknown number
 */
export const useCode = (
  db: Kysely<Tables>,
  input: { readonly number: string; readonly code: string; readonly passwordHash: string },
  clock: () => Date,
): Promise<number | null> =>
  db.transaction().execute(async (transaction) => {
    const now = fromMoment(clock())
    const account = await transaction
      .selectFrom('account')
      .select(['id', 'disabled_at', 'password_hash'])
      .where('number', '=', input.number)
      .forUpdate()
      .executeTakeFirst()
    const given = codeHash(input.code)
    // asked for nobody as well: an unknown number costs as many statements as a known one
    const codes = await transaction
      .selectFrom('activation')
      .select(['id', 'code_hash'])
      .where('account_id', '=', account?.id ?? 0)
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .execute()
    const match = codes.find((row) => timingSafeEqual(row.code_hash, given))
    if (account === undefined || account.disabled_at !== null || match === undefined) return null
    const used = await transaction
      .updateTable('activation')
      .set({ used_at: now })
      .where('id', '=', match.id)
      .where('used_at', 'is', null)
      .executeTakeFirstOrThrow()
    if (used.numUpdatedRows !== 1n) return null
    await transaction
      .updateTable('account')
      .set({ password_hash: input.passwordHash, password_set_at: now })
      .where('id', '=', account.id)
      .execute()
    await transaction.deleteFrom('session').where('account_id', '=', account.id).execute()
    // a first password is no change; a later one may be set by whoever has opened the letter with the code
    if (account.password_hash !== null) await tellOwner(transaction, account.id, clock())
    return account.id
  })
