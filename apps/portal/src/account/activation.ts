/** One-time codes: given out by the registrar's office, used once, replaced by the next one. */
import { timingSafeEqual } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { fromMoment } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { codeHash, formatCode } from './code.ts'

/** Long enough for a letter to arrive. */
const validMs = 30 * 86_400_000

/** The account of a number; a student who was imported without one gets it here. */
const findOrMakeAccount = async (db: Transaction<Tables>, number: string, now: string): Promise<number> => {
  const account = await db
    .selectFrom('account')
    .select(['id', 'disabled_at'])
    .where('number', '=', number)
    .forUpdate()
    .executeTakeFirst()
  if (account !== undefined && account.disabled_at === null) return account.id
  const student =
    account !== undefined
      ? undefined
      : await db.selectFrom('student').select('id').where('number', '=', number).executeTakeFirst()
  if (student === undefined)
    throw new PortalError('not_found', {
      detail: `There is no student or member of staff with the number ${number}, or the account is closed.`,
      remedy: 'Check the number.',
    })
  const made = await db
    .insertInto('account')
    .values({
      number,
      student_id: student.id,
      staff_id: null,
      password_hash: null,
      password_set_at: null,
      created_at: now,
      disabled_at: null,
    })
    .executeTakeFirstOrThrow()
  return Number(made.insertId)
}

/** Earlier unused codes of the number end. @throws PortalError not_found */
export const issueCode = (
  db: Kysely<Tables>,
  number: string,
  clock: () => Date,
): Promise<{ code: string; expiresAt: string }> =>
  db.transaction().execute(async (transaction) => {
    const now = clock()
    const expires = new Date(now.getTime() + validMs)
    const accountId = await findOrMakeAccount(transaction, number, fromMoment(now))
    await transaction
      .deleteFrom('activation')
      .where('account_id', '=', accountId)
      .where('used_at', 'is', null)
      .execute()
    const code = formatCode()
    await transaction
      .insertInto('activation')
      .values({
        account_id: accountId,
        code_hash: codeHash(code),
        created_at: fromMoment(now),
        expires_at: fromMoment(expires),
        used_at: null,
      })
      .execute()
    return { code, expiresAt: expires.toISOString() }
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
      .select(['id', 'disabled_at'])
      .where('number', '=', input.number)
      .forUpdate()
      .executeTakeFirst()
    const given = codeHash(input.code)
    if (account === undefined || account.disabled_at !== null) return null
    const codes = await transaction
      .selectFrom('activation')
      .select(['id', 'code_hash'])
      .where('account_id', '=', account.id)
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .execute()
    const match = codes.find((row) => timingSafeEqual(row.code_hash, given))
    if (match === undefined) return null
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
    return account.id
  })
