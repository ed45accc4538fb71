/** Notices: written in the transaction whose outcome they tell, so that none is lost and none tells what was undone. */
import type { Kysely, Transaction } from 'kysely'
import type { SectionRow } from '../catalogue/types.ts'
import { fromMoment } from '../catalogue/values.ts'
import { forPeople } from '../db/failures.ts'
import type { NoticeTable, Tables } from '../db/tables.ts'
import { sectionLabel } from '../policy/registration.ts'
import type { NoticeService } from './index.ts'
import type { LockedStudent } from './receipt.ts'

interface Message {
  readonly kind: NoticeTable['kind']
  readonly section: SectionRow
  /** label of the section that was dropped for it */
  readonly givenUp?: string | undefined
  readonly reason?: { readonly code: string; readonly detail: string } | undefined
  readonly receipt?: string | undefined
}

export const writeNotice = async (
  db: Transaction<Tables>,
  student: LockedStudent,
  { kind, section, givenUp, reason, receipt }: Message,
): Promise<void> => {
  await db
    .insertInto('notice')
    .values({
      student_id: student.id,
      kind,
      created_at: fromMoment(student.now),
      section_id: section.id,
      label: sectionLabel(section),
      title: section.title,
      given_up: givenUp ?? null,
      reason_code: reason?.code ?? null,
      reason_detail: reason?.detail ?? null,
      receipt: receipt ?? null,
      read_at: null,
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
