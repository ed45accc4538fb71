/** Notices: written in the transaction whose outcome they tell, so that none is lost and none tells what was undone. */
import type { Kysely, Transaction } from 'kysely'
import type { SectionRow } from '../catalogue/types.ts'
import { fromMoment } from '../catalogue/values.ts'
import { forPeople } from '../db/failures.ts'
import type { NoticeKind } from '../db/notice-kind.ts'
import type { Tables } from '../db/tables.ts'
import { sectionLabel } from '../policy/registration.ts'
import type { NoticeService } from './index.ts'

export interface Message {
  readonly kind: NoticeKind
  /** what it is about; undefined: no section, so it has a title of its own */
  readonly section?: Pick<SectionRow, 'id' | 'code' | 'section' | 'title'> | undefined
  readonly title?: string | undefined
  /** label of the section that was dropped for it */
  readonly givenUp?: string | undefined
  readonly reason?: { readonly code: string; readonly detail: string } | undefined
  readonly receipt?: string | undefined
  /** what happened, in sentences, where no reason tells it; moments in ISO form */
  readonly words?: string | undefined
}

const columnsOf = ({ kind, section, title = '', givenUp, reason, receipt, words }: Message) => ({
  kind,
  section_id: section?.id ?? null,
  label: section === undefined ? '' : sectionLabel(section),
  title: section?.title ?? title,
  given_up: givenUp ?? null,
  reason_code: reason?.code ?? null,
  reason_detail: reason?.detail ?? null,
  receipt: receipt ?? null,
  words: words ?? null,
})

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
