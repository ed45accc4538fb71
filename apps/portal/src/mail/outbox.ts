/**
 * The outbox of e-mails, which several processes empty together.
 *
 *   due        due_at is past; `claimDue` moves it on by the lease, writes the claim and counts the attempt
 *   under way  due_at is in the future, claim is somebody's; if that process dies, the e-mail is due again after the lease
 *   over       due_at is NULL: sent_at tells when it was sent; without one it was given up, and `fault` says why
 *
 * Every step is a transaction of its own that holds no lock while anything is sent. What was handed to the mail server by a
 * process that died before it wrote so is sent once more, under the same Message-ID.
 */
import type { Kysely } from 'kysely'
import { studentName } from '../catalogue/receipts.ts'
import type { NoticeRow } from '../catalogue/types-notices.ts'
import { fromMoment, toMoment } from '../catalogue/values.ts'
import { noticeOf } from '../catalogue/notices.ts'
import type { Tables } from '../db/tables.ts'

/** Longer than a whole batch may take with the time limits of sender.ts. */
export const leaseMs = 5 * 60_000

/** An answer that came three days late is no news: the page of notices has it. */
const keepTryingMs = 3 * 86_400_000

const minuteMs = 60_000
const longestPauseMs = 6 * 3_600_000

/** 1 min, 2, 4 … 6 h; with up to a fifth more, so that what failed together is not tried together. */
export const pauseAfter = (attempts: number, random = Math.random): number =>
  Math.min(longestPauseMs, minuteMs * 2 ** Math.min(20, attempts - 1)) * (1 + random() / 5)

export interface DueEmail {
  readonly id: number
  readonly attempts: number
  readonly createdAt: number
  readonly to: { readonly name: string; readonly address: string }
  readonly notice: NoticeRow
  /** the same however often it is tried */
  readonly name: string
}

/** What is told of an account that has no page of notices, in the form of one. */
const accountNotice = (createdAt: string): NoticeRow => ({
  id: 0,
  kind: 'password_changed',
  createdAt,
  sectionId: null,
  label: null,
  title: '',
  givenUp: null,
  reason: null,
  moreReasons: [],
  receipt: null,
  detail: null,
  facts: null,
  read: false,
})

const accountEmails = async (
  db: Kysely<Tables>,
  ids: readonly number[],
  claim: string,
): Promise<readonly DueEmail[]> => {
  const rows = await db
    .selectFrom('outgoing_email')
    .innerJoin('account', 'account.id', 'outgoing_email.account_id')
    .leftJoin('staff', 'staff.id', 'account.staff_id')
    .leftJoin('instructor', 'instructor.id', 'account.instructor_id')
    .select(['outgoing_email.id', 'outgoing_email.attempts', 'outgoing_email.created_at'])
    .select((eb) => [
      eb.fn.coalesce('staff.email', 'instructor.email').as('email'),
      eb.fn.coalesce('staff.given_name', 'instructor.given_name').as('given_name'),
      eb.fn.coalesce('staff.family_name', 'instructor.family_name').as('family_name'),
    ])
    .where('outgoing_email.id', 'in', ids)
    .where('outgoing_email.claim', '=', claim)
    .orderBy('outgoing_email.id')
    .execute()
  return rows.flatMap(({ id, attempts, created_at, email, given_name, family_name }): readonly DueEmail[] => {
    if (email === null) return []
    const notice = accountNotice(toMoment(created_at))
    const name = `${given_name ?? ''} ${family_name ?? ''}`.trim()
    return [
      {
        id,
        attempts,
        createdAt: Date.parse(notice.createdAt),
        to: { name, address: email },
        notice,
        name: `account-${id}`,
      },
    ]
  })
}

/** Takes up to `limit` e-mails that are due; nobody else gets them before the lease is over. @param claim of this process */
export const claimDue = async (
  db: Kysely<Tables>,
  claim: string,
  now: number,
  limit: number,
): Promise<readonly DueEmail[]> => {
  const ids = await db
    .transaction()
    // no gap is locked, so that no promotion waits with its notice for us
    .setIsolationLevel('read committed')
    .execute(async (transaction) => {
      const due = await transaction
        .selectFrom('outgoing_email')
        .select('id')
        .where('due_at', '<=', fromMoment(now))
        .orderBy('due_at')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute()
      const taken = due.map(({ id }) => id)
      if (taken.length > 0)
        await transaction
          .updateTable('outgoing_email')
          .set((eb) => ({ due_at: fromMoment(now + leaseMs), claim, attempts: eb('attempts', '+', 1) }))
          .where('id', 'in', taken)
          .execute()
      return taken
    })
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('outgoing_email')
    .innerJoin('notice', 'notice.id', 'outgoing_email.notice_id')
    .innerJoin('student', 'student.id', 'notice.student_id')
    .selectAll('notice')
    .select(['outgoing_email.id as email_id', 'outgoing_email.attempts'])
    .select(['student.email', 'student.given_name', 'student.family_name', 'student.preferred_name'])
    .where('outgoing_email.id', 'in', ids)
    .where('outgoing_email.claim', '=', claim)
    .orderBy('outgoing_email.id')
    .execute()
  const ofNotices = rows.map((row): DueEmail => {
    const notice = noticeOf(row)
    return {
      name: `notice-${notice.id}`,
      id: row.email_id,
      attempts: row.attempts,
      createdAt: Date.parse(notice.createdAt),
      to: { name: studentName(row), address: row.email },
      notice,
    }
  })
  return ofNotices.length === ids.length
    ? ofNotices
    : [...ofNotices, ...(await accountEmails(db, ids, claim))]
}

/** What nobody tried for so long (there was no mail server) is not sent any more. */
export const giveUpOld = async (db: Kysely<Tables>, now: number): Promise<void> => {
  await db
    .updateTable('outgoing_email')
    .set({ due_at: null, fault: 'too_late' })
    .where('due_at', '<', fromMoment(now - keepTryingMs))
    .execute()
}

/** Changes nothing when the lease ran out and somebody else has claimed it since. */
const settle = async (
  db: Kysely<Tables>,
  id: number,
  claim: string,
  values: { due_at: string | null; sent_at: string | null; fault: string | null },
): Promise<void> => {
  await db
    .updateTable('outgoing_email')
    .set({ ...values, claim: null })
    .where('id', '=', id)
    .where('claim', '=', claim)
    .execute()
}

export const settleSent = (db: Kysely<Tables>, email: DueEmail, claim: string, now: number): Promise<void> =>
  settle(db, email.id, claim, { due_at: null, sent_at: fromMoment(now), fault: null })

/** @returns whether it will be tried again @param final the mail server has said that it never will take it */
export const settleFailed = async (
  db: Kysely<Tables>,
  email: DueEmail,
  claim: string,
  now: number,
  failure: { readonly fault: string; readonly final: boolean },
): Promise<boolean> => {
  const again = !failure.final && now - email.createdAt < keepTryingMs
  const due_at = again ? fromMoment(now + pauseAfter(email.attempts)) : null
  await settle(db, email.id, claim, { due_at, sent_at: null, fault: failure.fault.slice(0, 40) })
  return again
}
