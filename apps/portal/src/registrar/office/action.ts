/** The trail of what staff do: a line in the transaction that does it, so that neither is there without the other. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { PortalError } from '../../errors.ts'
import type { TrailFacts } from '../../policy/trail-facts.ts'
import { said } from '../../texts/index.ts'

export type StaffActionKind =
  | 'looked_at_student'
  | 'searched_students'
  | 'looked_at_receipt'
  | 'looked_at_section'
  | 'looked_at_roster'
  | 'downloaded_roster'
  | 'looked_at_conflicts'
  | 'looked_at_trail'
  | 'hold_placed'
  | 'hold_released'
  | 'override_granted'
  | 'override_revoked'
  | 'transcript_added'
  | 'transcript_replaced'
  | 'term_changed'
  | 'registration_moved'
  | 'term_dates_moved'
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
  /** as people typed it, or a number: what has words of ours goes into `facts` */
  readonly detail?: string | undefined
  readonly facts?: TrailFacts | undefined
}

export interface Look extends StaffAction {
  /** the numbers of the students whose names are shown; the trail's detail then says how many */
  readonly shown?: readonly string[] | undefined
}

/** @throws PortalError not_found */
export const findStaff = async (db: Kysely<Tables>, number: string): Promise<number> => {
  const staff = await db.selectFrom('staff').select('id').where('number', '=', number).executeTakeFirst()
  if (staff === undefined) throw new PortalError('not_found', { detail: said('error.no_staff') })
  return staff.id
}

type Author = { readonly staffId: number | null } | { readonly instructorId: number }

/** What does not fit into its column, of a section of hundreds of meetings, is left out whole. */
const factsJson = (facts: TrailFacts): string | null => {
  const json = JSON.stringify(facts)
  return json.length <= 20_000 ? json : null
}

const insertAction = async (
  db: Kysely<Tables>,
  by: Author,
  { action, studentId, sectionId, termId, detail = '', facts }: StaffAction,
  shown?: readonly number[],
): Promise<void> => {
  await db
    .insertInto('staff_action')
    .values({
      at: sql<string>`UTC_TIMESTAMP(3)`,
      staff_id: 'staffId' in by ? by.staffId : null,
      instructor_id: 'instructorId' in by ? by.instructorId : null,
      action,
      student_id: studentId ?? null,
      section_id: sectionId ?? null,
      term_id: termId ?? null,
      detail: Array.from(detail).slice(0, 400).join(''),
      facts: facts === undefined ? null : factsJson(facts),
      students: shown === undefined ? null : `,${shown.join(',')},`,
    })
    .execute()
}

/** @param staffId null: whoever runs the command `portal import` */
export const writeAction = (db: Kysely<Tables>, staffId: number | null, action: StaffAction): Promise<void> =>
  insertAction(db, { staffId }, action)

/**
 * A look: at one student's records, or at the names of many. However many they are it is one row, in which all of them are found
 * (catalogue/office-trail.ts; decision 0059).
 * @throws PortalError not_found
 */
export const writeLook = async (
  db: Kysely<Tables>,
  by: { readonly staffNumber: string } | { readonly instructorId: number },
  { shown, ...look }: Look,
): Promise<void> => {
  const author = 'instructorId' in by ? by : { staffId: await findStaff(db, by.staffNumber) }
  if (shown === undefined) return insertAction(db, author, look)
  const numbers = [...new Set(shown)]
  const rows =
    numbers.length === 0
      ? []
      : await db.selectFrom('student').select('id').where('number', 'in', numbers).orderBy('id').execute()
  const ids = rows.map(({ id }) => id)
  return insertAction(db, author, { ...look, detail: String(numbers.length) }, ids)
}
