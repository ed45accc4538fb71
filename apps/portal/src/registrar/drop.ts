/**
 * Leave an enrolment, and with it what is linked to it and would stand alone: a lecture and its laboratory are one choice. The
 * same order as in register.ts: student, request key, counters, rows.
 *
 * A page says before what goes with it. If that is not true any more (somebody linked the sections meanwhile), nothing is dropped.
 *
 * Dropped, the row is deleted; that the student was enrolled, and when that ended, stays on the two receipts and in the ledger.
 * Withdrawn, after the day to drop, the row stays with a W, and so does the seat: nobody can be added any more.
 */
import type { Transaction } from 'kysely'
import { fromMoment } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { reason } from '../policy/reasons.ts'
import { sectionLabel } from '../policy/registration.ts'
import { findHeld, findLeftAlone, type Held } from './held.ts'
import { writeEvents } from './ledger.ts'
import {
  earlierReceipt,
  lockStudent,
  type LockedStudent,
  makeLine,
  type Outcome,
  type RequestMark,
  writeReceipt,
} from './receipt.ts'
import { holdRevision } from './revision.ts'
import { clearPassed, deleteEnrolment, reinstatePassed } from './rows.ts'
import { makeSureMoves } from './seats.ts'

/** In one text: equal for the same ids. */
const idsIn = (ids: readonly string[]): string =>
  ids
    .filter((id) => id !== '')
    .toSorted()
    .join(' ')

const withdraw = async (db: Transaction<Tables>, student: LockedStudent, sections: readonly Held[]) => {
  for (const { section } of sections)
    await db
      .updateTable('enrolment')
      .set({ grade: 'W', graded_at: fromMoment(student.now) })
      .where('student_id', '=', student.id)
      .where('section_id', '=', section.id)
      .execute()
}

export const drop = async (
  db: Transaction<Tables>,
  studentId: number,
  enrolmentId: string,
  mark: RequestMark,
  along?: string,
): Promise<Outcome> => {
  const student = await lockStudent(db, studentId, mark)
  const earlier = await earlierReceipt(db, student, mark)
  if (earlier !== null) return { receipt: earlier, freed: [] }
  const held = await findHeld(db, studentId, enrolmentId, student.now)
  // those are left in the same way, or not at all
  const besides = (await findLeftAlone(db, studentId, held.section, student.now)).filter(
    ({ way }) => way === held.way,
  )
  const all = [held, ...besides]
  const write = (result: 'dropped' | 'withdrawn' | 'refused', lines: readonly Held[]) =>
    writeReceipt(
      db,
      'drop',
      student,
      mark,
      lines.map(({ section, shown, reasons }, index) =>
        makeLine(
          index + 1,
          index === 0 ? enrolmentId.trim() : String(section.id),
          shown,
          result,
          result === 'dropped' ? [] : reasons,
        ),
      ),
    )
  if (held.way === 'none') return { receipt: await write('refused', [held]), freed: [] }
  const goes = idsIn(besides.map(({ section }) => String(section.id)))
  if (along !== undefined && idsIn(along.split(' ')) !== goes) {
    const labels = besides.map(({ section }) => sectionLabel(section)).join(', ')
    const why = reason(besides.length === 0 ? 'along_less' : 'along_more', labels)
    const moved = makeLine(1, enrolmentId.trim(), held.shown, 'refused', [why])
    return { receipt: await writeReceipt(db, 'drop', student, mark, [moved]), freed: [] }
  }
  if (held.way === 'withdraw') {
    await withdraw(db, student, all)
    const receipt = await write('withdrawn', all)
    await holdRevision(db, student.revision)
    return { receipt, freed: [] }
  }

  const ids = all.map(({ section }) => section.id)
  const reinstated = await reinstatePassed(db, studentId)
  const { after } = await makeSureMoves(db, [
    ...all.map(({ section, reserveId }) => ({ sectionId: section.id, kind: 'free' as const, reserveId })),
    ...reinstated.moves,
  ])
  for (const id of ids) await deleteEnrolment(db, studentId, id)
  await clearPassed(db, studentId, reinstated)
  const receipt = await write('dropped', all)
  const events = [...ids.map((sectionId) => ({ sectionId, event: 'dropped' as const })), ...reinstated.events]
  await writeEvents(db, { actor: 'student', studentId, receipt: receipt.number }, events, after)
  await holdRevision(db, student.revision)
  return { receipt, freed: [...ids, ...reinstated.sectionIds] }
}
