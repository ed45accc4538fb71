/** Notices: written in the transaction whose outcome they tell, so that none is lost and none tells what was undone. */
import type { Kysely, Transaction } from 'kysely'
import type { SectionRow } from '../catalogue/types.ts'
import { fromMoment } from '../catalogue/values.ts'
import { forPeople } from '../db/failures.ts'
import type { Tables } from '../db/tables.ts'
import { sectionLabel } from '../policy/registration.ts'
import type { NoticeService } from './index.ts'

/** About a section. */
interface SectionMessage {
  readonly kind: 'promoted' | 'skipped' | 'section_changed' | 'section_cancelled'
  readonly section: Pick<SectionRow, 'id' | 'code' | 'section' | 'title'>
  /** label of the section that was dropped for it */
  readonly givenUp?: string | undefined
  readonly reason?: { readonly code: string; readonly detail: string } | undefined
  readonly receipt?: string | undefined
  /** of section_changed: what is new, in a sentence */
  readonly detail?: string | undefined
}

/** About the student: a hold by its name, with whom to ask; a term by its name, with the moment in ISO form. */
interface OwnMessage {
  readonly kind: 'hold_placed' | 'window_opens'
  readonly title: string
  readonly detail: string
}

export type Message = SectionMessage | OwnMessage

const columnsOf = (message: Message) => {
  const { kind, detail = null } = message
  const none = { given_up: null, reason_code: null, reason_detail: null, receipt: null }
  if (!('section' in message))
    return { ...none, kind, detail, section_id: null, label: null, title: message.title }
  const { section, givenUp = null, reason, receipt = null } = message
  return {
    kind,
    detail,
    section_id: section.id,
    label: sectionLabel(section),
    title: section.title,
    given_up: givenUp,
    reason_code: reason?.code ?? null,
    reason_detail: reason?.detail ?? null,
    receipt,
  }
}

/** With its e-mail, which mail/ sends when this transaction is committed; without a mail server it lies there. */
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
  await db
    .insertInto('outgoing_email')
    .values({
      notice_id: Number(insertId),
      created_at,
      due_at: created_at,
      claim: null,
      sent_at: null,
      fault: null,
    })
    .execute()
}

export const createNotices = (db: Kysely<Tables>): NoticeService => ({
  markRead: async (studentId, upTo) => {
    try {
      await db
        .updateTable('notice')
        .set({ read_at: fromMoment(Date.now()) })
        .where('student_id', '=', studentId)
        .where('read_at', 'is', null)
        .where('id', '<=', upTo)
        .execute()
    } catch (error) {
      throw forPeople(error)
    }
  },
})
