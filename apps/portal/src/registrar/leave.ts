/** Leave a waiting list. Whoever stood behind moves up by one; nobody else's ticket changes. */
import type { Transaction } from 'kysely'
import { readSections, sectionSource } from '../catalogue/sections.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { reason } from '../policy/reasons.ts'
import { parseId, sectionLabel } from '../policy/registration.ts'
import { findLeftAlone } from './held.ts'
import { writeEvents } from './ledger.ts'
import {
  earlierReceipt,
  lockStudent,
  makeLine,
  type Outcome,
  type RequestMark,
  writeReceipt,
} from './receipt.ts'
import { shown } from './rows.ts'
import { makeSureMoves } from './seats.ts'
import { said } from '../texts/index.ts'

const notYours = () =>
  new PortalError('not_found', {
    detail: said('error.no_place'),
    remedy: said('error.no_place.remedy'),
    field: 'entry',
  })

export const leave = async (
  db: Transaction<Tables>,
  studentId: number,
  entryId: string,
  mark: RequestMark,
): Promise<Outcome> => {
  const id = parseId(entryId.trim())
  const student = await lockStudent(db, studentId, mark)
  const earlier = await earlierReceipt(db, student, mark)
  if (earlier !== null) return { receipt: earlier, freed: [] }
  if (id === null) throw notYours()
  const entry = await db
    .selectFrom('wait_entry')
    .select(['id', 'section_id', 'ticket', 'passed_code'])
    .where('id', '=', id)
    .where('student_id', '=', studentId)
    .executeTakeFirst()
  if (entry === undefined) throw notYours()
  const [section] = await readSections(db, sectionSource(db).where('section.id', '=', entry.section_id))
  if (section === undefined) throw notYours()

  // a place counts as had: what is held with it, and with nothing else, would stand alone
  const alone = await findLeftAlone(db, studentId, section, student.now)
  if (alone.length > 0) {
    const labels = alone.map((held) => sectionLabel(held.section)).join(', ')
    const refused = makeLine(1, entryId.trim(), shown(section), 'refused', [reason('linked_waits', labels)])
    return { receipt: await writeReceipt(db, 'leave', student, mark, [refused]), freed: [] }
  }
  await makeSureMoves(db, [{ sectionId: section.id, kind: entry.passed_code === null ? 'unlist' : 'lock' }])
  await db.deleteFrom('wait_entry').where('id', '=', id).execute()
  const receipt = await writeReceipt(db, 'leave', student, mark, [
    makeLine(1, entryId.trim(), shown(section), 'left', []),
  ])
  await writeEvents(db, { actor: 'student', studentId, receipt: receipt.number }, [
    { sectionId: section.id, event: 'left_list', ticket: entry.ticket },
  ])
  return { receipt, freed: [section.id] }
}
