/**
 * Drop one enrolment. The same order as in register.ts: student, request key, counter, row. The row is deleted; that the
 * student was enrolled, and when that ended, stays on the two receipts.
 */
import type { Transaction } from 'kysely'
import { readSections, sectionSource } from '../catalogue/sections.ts'
import { readTerms } from '../catalogue/terms.ts'
import type { Receipt } from '../catalogue/types.ts'
import { toNumber } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { parseId, sectionLabel } from '../policy/registration.ts'
import { reason, type Reason } from '../policy/reasons.ts'
import { earlierReceipt, lockStudent, makeLine, type RequestMark, writeReceipt } from './receipt.ts'

/** The same for an id that does not exist and one that is somebody else's: neither tells anything. */
const notYours = () =>
  new PortalError('not_found', {
    detail: 'There is no such enrolment on your schedule.',
    remedy: 'Open your schedule: it shows what you are enrolled in now.',
    field: 'enrolment',
  })

/** Gives the seat back. `enrolled > 0` can only fail if somebody wrote rows past the registrar. */
const freeSeat = async (db: Transaction<Tables>, sectionId: number): Promise<void> => {
  const result = await db
    .updateTable('section')
    .set((eb) => ({ enrolled: eb('enrolled', '-', 1) }))
    .where('id', '=', sectionId)
    .where('enrolled', '>', 0)
    .executeTakeFirstOrThrow()
  if (result.numUpdatedRows !== 1n)
    throw new Error(`section ${sectionId}: the counter does not match its rows`)
}

export const drop = async (
  db: Transaction<Tables>,
  studentId: number,
  enrolmentId: string,
  mark: RequestMark,
): Promise<Receipt> => {
  const id = parseId(enrolmentId.trim())
  const student = await lockStudent(db, studentId)
  const earlier = await earlierReceipt(db, studentId, mark)
  if (earlier !== null) return earlier
  if (id === null) throw notYours()

  const enrolment = await db
    .selectFrom('enrolment')
    .select(['id', 'section_id', 'credits', 'grade'])
    .where('id', '=', id)
    .where('student_id', '=', studentId)
    .executeTakeFirst()
  if (enrolment === undefined) throw notYours()
  const [section] = await readSections(db, sectionSource(db).where('section.id', '=', enrolment.section_id))
  if (section === undefined) throw notYours()

  const term = (await readTerms(db, student.now)).find((candidate) => candidate.id === section.term.id)
  const reasons: Reason[] = []
  if (term?.registration === 'before')
    reasons.push(reason('window_before', term.registrationOpensAt.slice(0, 10)))
  if (term?.registration === 'closed')
    reasons.push(reason('window_closed', term.registrationClosesAt.slice(0, 10)))
  if (enrolment.grade !== null) reasons.push(reason('graded'))

  if (reasons.length === 0) {
    await freeSeat(db, section.id)
    await db.deleteFrom('enrolment').where('id', '=', id).execute()
  }
  const shown = {
    id: section.id,
    crn: section.crn,
    label: sectionLabel(section),
    title: section.title,
    credits: toNumber(enrolment.credits),
  }
  const result = reasons.length === 0 ? 'dropped' : 'refused'
  return writeReceipt(db, 'drop', student, mark, [makeLine(1, enrolmentId.trim(), shown, result, reasons)])
}
