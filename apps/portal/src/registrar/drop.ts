/**
 * Drop one enrolment. The same order as in register.ts: student, request key, counters, rows. The row is deleted; that the
 * student was enrolled, and when that ended, stays on the two receipts and in the ledger.
 */
import type { Transaction } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { findHeld } from './held.ts'
import { writeEvents } from './ledger.ts'
import {
  earlierReceipt,
  lockStudent,
  makeLine,
  type Outcome,
  type RequestMark,
  writeReceipt,
} from './receipt.ts'
import { clearPassed, deleteEnrolment, reinstatePassed } from './rows.ts'
import { makeSureMoves } from './seats.ts'

export const drop = async (
  db: Transaction<Tables>,
  studentId: number,
  enrolmentId: string,
  mark: RequestMark,
): Promise<Outcome> => {
  const student = await lockStudent(db, studentId)
  const earlier = await earlierReceipt(db, studentId, mark)
  if (earlier !== null) return { receipt: earlier, freed: [] }
  const { section, shown, reasons } = await findHeld(db, studentId, enrolmentId, student.now)
  const line = (result: 'dropped' | 'refused') => makeLine(1, enrolmentId.trim(), shown, result, reasons)
  if (reasons.length > 0)
    return { receipt: await writeReceipt(db, 'drop', student, mark, [line('refused')]), freed: [] }

  const reinstated = await reinstatePassed(db, studentId)
  await makeSureMoves(db, [{ sectionId: section.id, kind: 'free' }, ...reinstated.moves])
  await deleteEnrolment(db, studentId, section.id)
  await clearPassed(db, studentId, reinstated)
  const receipt = await writeReceipt(db, 'drop', student, mark, [line('dropped')])
  await writeEvents(db, { actor: 'student', studentId, receipt: receipt.number }, [
    { sectionId: section.id, event: 'dropped' },
    ...reinstated.events,
  ])
  return { receipt, freed: [section.id, ...reinstated.sectionIds] }
}
