/** Notices: written in the transaction whose outcome they tell, so that none is lost and none tells what was undone. */
import { type Kysely, sql, type Transaction } from 'kysely'
import type { SectionRow } from '../catalogue/types.ts'
import { fromMoment } from '../catalogue/values.ts'
import { forPeople } from '../db/failures.ts'
import type { Tables } from '../db/tables.ts'
import { keepReasons, type Reason } from '../policy/reasons.ts'
import type { NoticeFacts } from '../policy/notice-facts.ts'
import { sectionLabel } from '../policy/registration.ts'
import type { NoticeService } from './index.ts'

/** About a section. */
interface SectionMessage {
  readonly kind: 'promoted' | 'skipped' | 'section_changed' | 'section_cancelled'
  readonly section: Pick<SectionRow, 'id' | 'code' | 'section' | 'title'>
  /** label of the section that was dropped for it */
  readonly givenUp?: string | undefined
  /** all that stood in the way */
  readonly reasons?: readonly Reason[] | undefined
  readonly receipt?: string | undefined
  /** of section_changed and section_cancelled: what is new, and what else it concerns */
  readonly facts?: NoticeFacts | undefined
}

/**
 * About the student: a hold by its name, with whom to ask; a term by its name, with the moment in ISO form; a permission by the
 * rule that it lifts, with what it is for (`permissionDetail`).
 */
interface OwnMessage {
  readonly kind:
    | 'hold_placed'
    | 'hold_released'
    | 'window_opens'
    | 'permission_granted'
    | 'permission_revoked'
  readonly title: string
  readonly detail: string
}

/** What a permission is for, in one column: sections, courses and terms by name, credits, ISO moment of its end; '' for none. */
export const permissionDetail = (concerns: string, credits: number | null, until: string | null): string =>
  [concerns.replaceAll('|', '/').slice(0, 120), credits === null ? '' : String(credits), until ?? ''].join(
    '|',
  )

/** About the student's account: its password was changed, and nothing of it is told. */
interface AccountMessage {
  readonly kind: 'password_changed'
}

export type Message = SectionMessage | OwnMessage | AccountMessage

/** A section of hundreds of meetings is looked up. */
const factsJson = (facts: NoticeFacts): string | null => {
  const json = JSON.stringify(facts)
  // a TEXT holds 65,535 bytes, and a letter is three of them at most
  return json.length <= 20_000 ? json : null
}

const columnsOf = (message: Message) => {
  const { kind } = message
  const none = {
    given_up: null,
    reason_code: null,
    reason_detail: null,
    more_reasons: null,
    receipt: null,
    facts: null,
  }
  if (kind === 'password_changed')
    return { ...none, kind, detail: null, section_id: null, label: null, title: '' }
  if (!('section' in message))
    return { ...none, kind, detail: message.detail, section_id: null, label: null, title: message.title }
  const { section, givenUp = null, reasons = [], receipt = null, facts } = message
  const [first, ...more] = reasons
  return {
    kind,
    detail: null,
    facts: facts === undefined ? null : factsJson(facts),
    section_id: section.id,
    label: sectionLabel(section),
    title: section.title,
    given_up: givenUp,
    reason_code: first?.code ?? null,
    reason_detail: first?.detail ?? null,
    more_reasons: keepReasons(more),
    receipt,
  }
}

/** The same message to many, in a few statements; each with its e-mail. @param students at most a few hundred */
export const writeNotices = async (
  db: Transaction<Tables>,
  students: readonly number[],
  now: Date,
  message: Message,
): Promise<void> => {
  if (students.length === 0) return
  const created_at = fromMoment(now)
  const columns = columnsOf(message)
  await db
    .insertInto('notice')
    .values(students.map((student_id) => ({ ...columns, student_id, created_at, read_at: null })))
    .execute()
  // ids of one statement need not follow each other on every server, so the rows are asked
  await db
    .insertInto('outgoing_email')
    .columns(['notice_id', 'created_at', 'due_at', 'claim', 'sent_at', 'fault'])
    .expression((eb) =>
      eb
        .selectFrom('notice')
        .leftJoin('outgoing_email as known', 'known.notice_id', 'notice.id')
        .select([
          'notice.id',
          'notice.created_at',
          'notice.created_at as due_at',
          sql<null>`NULL`.as('claim'),
          sql<null>`NULL`.as('sent_at'),
          sql<null>`NULL`.as('fault'),
        ])
        .where('notice.student_id', 'in', students)
        .where('notice.kind', '=', message.kind)
        .where('notice.created_at', '=', created_at)
        .where('known.id', 'is', null),
    )
    .execute()
}

/** Sent by mail/ when this transaction is committed; without a mail server it lies there. @param at as the database has it */
export const queueEmail = async (
  db: Transaction<Tables>,
  at: string,
  about: { readonly notice_id: number } | { readonly notice_id: null; readonly account_id: number },
): Promise<void> => {
  await db
    .insertInto('outgoing_email')
    .values({ ...about, created_at: at, due_at: at, claim: null, sent_at: null, fault: null })
    .execute()
}

/** With its e-mail. */
export const writeNotice = async (
  db: Transaction<Tables>,
  student: { readonly id: number; readonly now: Date },
  message: Message,
): Promise<void> => {
  const created_at = fromMoment(student.now)
  const { insertId } = await db
    .insertInto('notice')
    .values({ ...columnsOf(message), student_id: student.id, created_at, read_at: null })
    .executeTakeFirstOrThrow()
  await queueEmail(db, created_at, { notice_id: Number(insertId) })
}

export const createNotices = (db: Kysely<Tables>): NoticeService => ({
  markRead: async (studentId, upTo, from = 0) => {
    try {
      await db
        .updateTable('notice')
        .set({ read_at: fromMoment(Date.now()) })
        .where('student_id', '=', studentId)
        .where('read_at', 'is', null)
        .where('id', '>=', from)
        .where('id', '<=', upTo)
        .execute()
    } catch (error) {
      throw forPeople(error)
    }
  },
})
