/** The rows behind the counters, written after them (seats.ts), and what is read of a student's own. */
import { sql, type Transaction } from 'kysely'
import type { SectionRow } from '../catalogue/types.ts'
import { fromMoment } from '../catalogue/values.ts'
import { insertion, keyPlaces, sizeFor, statement } from '../db/statement.ts'
import type { Tables } from '../db/tables.ts'
import { type Reason, reason } from '../policy/reasons.ts'
import { sectionLabel } from '../policy/registration.ts'
import type { SeatChoice } from '../policy/reserve.ts'
import type { SeatEvent } from './ledger.ts'
import type { LockedStudent } from './receipt.ts'
import { lastTicket, type Move } from './seats.ts'

type Db = Transaction<Tables>

/** What a line of a receipt says of a section. */
export const shown = (section: SectionRow) => ({
  id: section.id,
  crn: section.crn,
  label: sectionLabel(section),
  title: section.title,
  credits: section.credits.min,
})

/** Where a seat came from: a reserve, and the permission without which it was not to be had. */
export type SeatOrigin = Pick<SeatChoice, 'reserveId' | 'overrideId'>

const insertSeats = insertion('enrolment', [
  'student_id',
  'section_id',
  'credits',
  'enrolled_at',
  'grade',
  'graded_at',
  'reserve_id',
  'override_id',
])

/** By ascending section id, as everything that touches sections. @param origins by section id; none: an ordinary seat */
export const insertEnrolments = async (
  db: Db,
  student: LockedStudent,
  sections: readonly SectionRow[],
  origins: ReadonlyMap<number, SeatOrigin> = new Map(),
): Promise<void> => {
  if (sections.length === 0) return
  await insertSeats(
    db,
    sections
      .toSorted((a, b) => a.id - b.id)
      .map((section) => ({
        student_id: student.id,
        section_id: section.id,
        // of variable credit: the least, until the student chooses
        credits: section.credits.min.toFixed(2),
        enrolled_at: fromMoment(student.now),
        reserve_id: origins.get(section.id)?.reserveId ?? null,
        override_id: origins.get(section.id)?.overrideId ?? null,
      })),
  )
}

/** What receipt and ledger say of a seat that only a permission could give. */
export const permitted = ({ overrideId }: Pick<SeatChoice, 'overrideId'>): readonly Reason[] =>
  overrideId === null ? [] : [reason('by_permission')]

export const deleteEnrolment = async (db: Db, studentId: number, sectionId: number): Promise<void> => {
  await db
    .deleteFrom('enrolment')
    .where('student_id', '=', studentId)
    .where('section_id', '=', sectionId)
    .execute()
  // what was to be given up on arrival is given up already; what was fixed to go with it still goes (promises.ts). Assigned from left to right
  await db
    .updateTable('wait_entry')
    .set({
      drop_section_id: sql<number | null>`CASE WHEN drop_along IS NULL OR drop_along = '' THEN NULL
        ELSE CAST(SUBSTRING_INDEX(drop_along, ',', 1) AS UNSIGNED) END`,
      drop_along: sql<string | null>`CASE WHEN drop_along IS NULL THEN NULL
        WHEN drop_along LIKE '%,%' THEN SUBSTRING(drop_along, LOCATE(',', drop_along) + 1) ELSE '' END`,
    })
    .where('student_id', '=', studentId)
    .where('drop_section_id', '=', sectionId)
    .execute()
}

const deleteWishes = statement<{ readonly id: number; readonly sectionIds: readonly number[] }, unknown>(
  (db, place, size) =>
    db
      .deleteFrom('cart_item')
      .where(
        'student_id',
        '=',
        place(({ id }) => id),
      )
      .where(
        'section_id',
        'in',
        keyPlaces<number>((value) => place(({ sectionIds }) => value(sectionIds)), size),
      ),
  ({ sectionIds }) => sizeFor(sectionIds),
)

/** What was got is no wish any more. */
export const clearCart = async (
  db: Db,
  { id, own }: LockedStudent,
  sectionIds: readonly number[],
): Promise<void> => {
  if (sectionIds.length === 0 || !own.has.cart) return
  await deleteWishes(db, { id, sectionIds })
}

export interface Place {
  /** given up when the seat arrives */
  readonly dropSectionId: number | null
  /** the same for places that become seats in one moment */
  readonly together?: number | null | undefined
  /** there is a seat, and it cannot be had yet: the place keeps nobody from it */
  readonly passed?: Reason | null | undefined
}

export interface Joined {
  readonly ticket: number
  readonly position: number
}

/** After the move 'list', or 'list_passed'. The position is counted by a locking read: the list as it is under the section's lock. */
export const joinList = async (
  db: Db,
  student: LockedStudent,
  sectionId: number,
  { dropSectionId, together = null, passed = null }: Place,
): Promise<Joined> => {
  const ticket = await lastTicket(db, sectionId)
  await db
    .insertInto('wait_entry')
    .values({
      section_id: sectionId,
      student_id: student.id,
      ticket,
      joined_at: fromMoment(student.now),
      drop_section_id: dropSectionId,
      together,
      passed_code: passed?.code ?? null,
      passed_detail: passed?.detail ?? null,
      passed_at: passed === null ? null : fromMoment(student.now),
    })
    .execute()
  const list = await db
    .selectFrom('wait_entry')
    .select('ticket')
    .where('section_id', '=', sectionId)
    .forUpdate()
    .execute()
  return { ticket, position: list.filter((entry) => entry.ticket <= ticket).length }
}

/** The student's other places that become seats in the same moment as this one, by ascending section. */
export const readMates = async (
  db: Db,
  studentId: number,
  { id, together }: { readonly id: number; readonly together: number | null },
) =>
  together === null
    ? []
    : db
        .selectFrom('wait_entry')
        .selectAll()
        .where('student_id', '=', studentId)
        .where('together', '=', together)
        .where('id', '<>', id)
        .orderBy('section_id')
        .execute()

export interface Reinstated {
  readonly moves: readonly Move[]
  readonly events: readonly SeatEvent[]
  /** sections in which the student's place may now become a seat */
  readonly sectionIds: readonly number[]
}

/** The days to add are over: nothing that a student gives up changes it. */
export const overCodes = ['window_closed', 'add_closed'] as const

/**
 * A student gives up something: what kept a place on a list from becoming a seat may be gone, so every place that was passed
 * over is in force again, in its old order, in the same transaction. But for those of which another half has no seat, and those whose days
 * to add are over: that is not theirs to change, and they would be told again that a seat went past them.
 * @param late a permission to add after these days is what was given
 */
export const reinstatePassed = async (
  db: Db,
  studentId: number,
  except: readonly number[] = [],
  late = false,
): Promise<Reinstated> => {
  const passed = await db
    .selectFrom('wait_entry')
    .select(['section_id', 'ticket'])
    .where('student_id', '=', studentId)
    .where('passed_code', 'is not', null)
    .where('passed_code', 'not in', ['half_waits', ...(late ? [] : overCodes)])
    .$if(except.length > 0, (query) => query.where('section_id', 'not in', except))
    .orderBy('section_id')
    .execute()
  return {
    moves: passed.map(({ section_id }) => ({ sectionId: section_id, kind: 'reinstate' })),
    events: passed.map(({ section_id, ticket }) => ({ sectionId: section_id, event: 'reinstated', ticket })),
    sectionIds: passed.map(({ section_id }) => section_id),
  }
}

/** The rows of `reinstatePassed`, after its moves. */
export const clearPassed = async (db: Db, studentId: number, { sectionIds }: Reinstated): Promise<void> => {
  if (sectionIds.length === 0) return
  await db
    .updateTable('wait_entry')
    .set({ passed_code: null, passed_detail: null, passed_at: null })
    .where('student_id', '=', studentId)
    .where('section_id', 'in', sectionIds)
    .execute()
}
