/** The owner of an account is told what was done to it, in the transaction that does it: whoever did it may be somebody else. */
import type { Transaction } from 'kysely'
import { fromMoment } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { queueEmail, writeNotice } from '../registrar/notices.ts'

/** A student by a notice, with its e-mail; staff and instructors, who have no page of notices, by e-mail where one is known. */
export const tellOwner = async (db: Transaction<Tables>, accountId: number, now: Date): Promise<void> => {
  const account = await db
    .selectFrom('account')
    .leftJoin('staff', 'staff.id', 'account.staff_id')
    .leftJoin('instructor', 'instructor.id', 'account.instructor_id')
    .select(['account.student_id', 'staff.email as staff_email', 'instructor.email as own_email'])
    .where('account.id', '=', accountId)
    .executeTakeFirst()
  if (account === undefined) return
  const { student_id: id, staff_email, own_email } = account
  if (id !== null) {
    await writeNotice(db, { id, now }, { kind: 'password_changed' })
    return
  }
  if ((staff_email ?? own_email ?? '') === '') return
  await queueEmail(db, fromMoment(now), { notice_id: null, account_id: accountId })
}
