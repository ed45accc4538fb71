/**
 * Register for several sections: one transaction, in this order.
 *
 *   1. lock the student's row     a student's submissions follow each other: no double booking, no overlap
 *   2. look for the request key   the same form again gets the same receipt, and nothing else happens
 *   3. read the facts, plan       policy/registration.ts, in the order of the form
 *   4. raise the counters         conditional UPDATEs by ascending section id, *before* any row that refers to a section:
 *                                 an insert takes a shared lock on the section that the update would have to raise, and
 *                                 carts in another order would lock each other out (measured: 12 times slower)
 *   5. insert the enrolments, the receipt and its lines; empty the cart of what was got
 *
 * A seat is given by step 4 alone: the UPDATE holds if, and only if, a seat is left at that moment. Where it does not,
 * somebody was faster than step 3 had seen: the line becomes "full". If that section had stood in the way of another
 * one of the same form, all is decided again, so that the student is not refused both.
 */
import type { Transaction } from 'kysely'
import type { Receipt } from '../catalogue/types.ts'
import { readRegistrationFacts } from '../catalogue/facts.ts'
import { fromMoment } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { type PlannedLine, planRegistration, sectionLabel } from '../policy/registration.ts'
import { reason } from '../policy/reasons.ts'
import {
  earlierReceipt,
  type LockedStudent,
  lockStudent,
  makeLine,
  type RequestMark,
  writeReceipt,
} from './receipt.ts'
import { Overtaken } from './transaction.ts'

/** True when the seat was had. The one statement on which "no seat is sold twice" rests. */
export const takeSeat = async (db: Transaction<Tables>, sectionId: number): Promise<boolean> => {
  const result = await db
    .updateTable('section')
    .set((eb) => ({ enrolled: eb('enrolled', '+', 1) }))
    .where('id', '=', sectionId)
    .where('status', '=', 'active')
    .where((eb) => eb(eb('enrolled', '+', eb.ref('held')), '<', eb.ref('capacity')))
    .executeTakeFirstOrThrow()
  return result.numUpdatedRows === 1n
}

/** Sections whose seat was had, out of those that the plan wants. */
const takeSeats = async (
  db: Transaction<Tables>,
  wanted: readonly number[],
): Promise<ReadonlySet<number>> => {
  const got = new Set<number>()
  for (const id of wanted.toSorted((a, b) => a - b)) if (await takeSeat(db, id)) got.add(id)
  return got
}

const granted = (line: PlannedLine): line is PlannedLine & { section: NonNullable<PlannedLine['section']> } =>
  line.section !== null && line.reasons.length === 0

const writeEnrolments = async (
  db: Transaction<Tables>,
  student: LockedStudent,
  lines: readonly (PlannedLine & { section: NonNullable<PlannedLine['section']> })[],
): Promise<void> => {
  if (lines.length === 0) return
  const ordered = lines.toSorted((a, b) => a.section.id - b.section.id)
  await db
    .insertInto('enrolment')
    .values(
      ordered.map(({ section }) => ({
        student_id: student.id,
        section_id: section.id,
        // of variable credit: the least, until the student chooses
        credits: section.credits.min.toFixed(2),
        enrolled_at: fromMoment(student.now),
        grade: null,
        graded_at: null,
      })),
    )
    .execute()
  await db
    .deleteFrom('cart_item')
    .where('student_id', '=', student.id)
    .where(
      'section_id',
      'in',
      ordered.map(({ section }) => section.id),
    )
    .execute()
}

export const register = async (
  db: Transaction<Tables>,
  studentId: number,
  asked: readonly string[],
  mark: RequestMark,
): Promise<Receipt> => {
  const student = await lockStudent(db, studentId)
  const earlier = await earlierReceipt(db, studentId, mark)
  if (earlier !== null) return earlier

  const plan = planRegistration(asked, await readRegistrationFacts(db, student, asked, student.now))
  const wanted = plan.filter(granted)
  const got = await takeSeats(
    db,
    wanted.map((line) => line.section.id),
  )
  const missed = new Set(wanted.map((line) => line.section.id).filter((id) => !got.has(id)))
  if (plan.some((line) => line.blockedBy.some((id) => missed.has(id))))
    throw new Overtaken('a seat went while the form was dealt with')

  await writeEnrolments(
    db,
    student,
    wanted.filter((line) => got.has(line.section.id)),
  )
  const lines = plan.map((line) => {
    const { section } = line
    const full = section !== null && line.reasons.length === 0 && missed.has(section.id)
    const reasons = full ? [reason('full')] : line.reasons
    const shown =
      section === null
        ? null
        : {
            id: section.id,
            crn: section.crn,
            label: sectionLabel(section),
            title: section.title,
            credits: section.credits.min,
          }
    return makeLine(line.position, line.asked, shown, reasons.length === 0 ? 'enrolled' : 'refused', reasons)
  })
  return writeReceipt(db, 'register', student, mark, lines)
}
