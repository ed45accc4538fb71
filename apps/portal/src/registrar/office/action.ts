/** The trail of what staff do: a line in the transaction that does it, so that neither is there without the other. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { PortalError } from '../../errors.ts'
import { said } from '../../texts/index.ts'

export type StaffActionKind =
  | 'looked_at_student'
  | 'looked_at_receipt'
  | 'looked_at_section'
  | 'hold_placed'
  | 'hold_released'
  | 'override_granted'
  | 'override_revoked'
  | 'transcript_added'
  | 'transcript_replaced'
  | 'term_changed'
  | 'window_added'
  | 'window_removed'
  | 'capacity_changed'
  | 'reserve_added'
  | 'reserve_ended'
  | 'section_changed'
  | 'section_cancelled'
  | 'section_reinstated'
  | 'sections_linked'
  | 'sections_unlinked'

export interface StaffAction {
  readonly action: StaffActionKind
  readonly studentId?: number | undefined
  readonly sectionId?: number | undefined
  readonly termId?: number | undefined
  readonly detail?: string | undefined
}

/** @throws PortalError not_found */
export const findStaff = async (db: Kysely<Tables>, number: string): Promise<number> => {
  const staff = await db.selectFrom('staff').select('id').where('number', '=', number).executeTakeFirst()
  if (staff === undefined) throw new PortalError('not_found', { detail: said('error.no_staff') })
  return staff.id
}

/** @param staffId null: whoever runs the command `portal import` */
export const writeAction = async (
  db: Kysely<Tables>,
  staffId: number | null,
  { action, studentId, sectionId, termId, detail = '' }: StaffAction,
): Promise<void> => {
  await db
    .insertInto('staff_action')
    .values({
      at: sql<string>`UTC_TIMESTAMP(3)`,
      staff_id: staffId,
      action,
      student_id: studentId ?? null,
      section_id: sectionId ?? null,
      term_id: termId ?? null,
      detail: Array.from(detail).slice(0, 400).join(''),
    })
    .execute()
}
