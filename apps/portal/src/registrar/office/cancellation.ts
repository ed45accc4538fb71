/** A section is cancelled; whoever it concerns is let out, and told in the transaction that does it. */
import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { readHurt } from '../../catalogue/office-hurt.ts'
import type { SectionRow } from '../../catalogue/types.ts'
import type { Tables } from '../../db/tables.ts'
import { reason } from '../../policy/reasons.ts'
import { writeEvents } from '../ledger.ts'
import { writeNotice } from '../notices.ts'
import { lockStudent, makeLine, markRequest, writeReceipt } from '../receipt.ts'
import { raiseRevision } from '../revision.ts'
import { clearPassed, deleteEnrolment, reinstatePassed, shown } from '../rows.ts'
import { makeSureMoves } from '../seats.ts'
import type { Transact } from '../transaction.ts'
import { writeAction } from './action.ts'
import { checkBase, concerned, findSection } from './section.ts'

type Db = Transaction<Tables>

/** One student is let out of a cancelled section, or off its list. @returns sections whose list may now get a seat */
const letOut = async (
  db: Db,
  staffId: number,
  section: SectionRow,
  studentId: number,
): Promise<readonly number[]> => {
  const student = await lockStudent(db, studentId)
  const own = await db
    .selectFrom('enrolment')
    .select(['grade', 'reserve_id'])
    .where('student_id', '=', studentId)
    .where('section_id', '=', section.id)
    .executeTakeFirst()
  const entry = await db
    .selectFrom('wait_entry')
    .select(['id', 'ticket', 'passed_code'])
    .where('student_id', '=', studentId)
    .where('section_id', '=', section.id)
    .executeTakeFirst()
  // a grade stays, whatever becomes of the section
  const leaves = own !== undefined && own.grade === null
  if (!leaves && entry === undefined) return []
  const reinstated = await reinstatePassed(db, studentId, [section.id])
  await makeSureMoves(db, [
    ...(leaves
      ? [{ sectionId: section.id, kind: 'free' as const, reserveId: own.reserve_id }]
      : [
          {
            sectionId: section.id,
            kind: entry?.passed_code === null ? ('unlist' as const) : ('lock' as const),
          },
        ]),
    ...reinstated.moves,
  ])
  if (leaves) await deleteEnrolment(db, studentId, section.id)
  else if (entry !== undefined) await db.deleteFrom('wait_entry').where('id', '=', entry.id).execute()
  await clearPassed(db, studentId, reinstated)
  const mark = markRequest(`cancellation-${randomUUID()}`, ['cancellation', String(section.id)])
  const receipt = await writeReceipt(db, 'cancellation', student, mark, [
    makeLine(1, String(section.id), shown(section), leaves ? 'dropped' : 'left', [reason('cancelled')]),
  ])
  await writeEvents(db, { actor: 'staff', staffId, studentId, receipt: receipt.number }, [
    leaves
      ? { sectionId: section.id, event: 'dropped' }
      : { sectionId: section.id, event: 'left_list', ticket: entry?.ticket },
    ...reinstated.events,
  ])
  await writeNotice(db, student, { kind: 'section_cancelled', section, receipt: receipt.number })
  return reinstated.sectionIds
}

/**
 * The section takes nobody from here on. Whoever holds a seat or waits is let out afterwards.
 * @returns how many those are @throws PortalError not_found | preview_moved
 */
export const cancelSection = async (
  db: Db,
  staffId: number,
  { sectionId, reason, base }: { sectionId: number; reason: string; base?: string | undefined },
): Promise<number> => {
  const section = await findSection(db, sectionId)
  await checkBase(base, () => readHurt(db, sectionId))
  if (section.status !== 'cancelled') {
    await db.updateTable('section').set({ status: 'cancelled' }).where('id', '=', sectionId).execute()
    await writeAction(db, staffId, { action: 'section_cancelled', sectionId, detail: reason })
  }
  const { length } = await concerned(db, sectionId)
  await raiseRevision(db)
  return length
}

/**
 * Of a section that is cancelled: each student has a transaction of their own, student first as everywhere; a second call lets out
 * whoever is left when the first was cut off. Of one that is reinstated nobody: the form that had cancelled it may come again.
 * @returns sections whose list may now get a seat
 */
export const letEverybodyOut = async (
  transact: Transact,
  staffId: number,
  sectionId: number,
): Promise<readonly number[]> => {
  const { section, students } = await transact(async (db) => {
    const found = await findSection(db, sectionId)
    return {
      section: found,
      students: found.status === 'cancelled' ? await concerned(db, sectionId) : [],
    }
  })
  const freed = new Set<number>()
  for (const id of students) {
    const more = await transact((db) => letOut(db, staffId, section, id))
    for (const one of more) freed.add(one)
  }
  return [...freed]
}
