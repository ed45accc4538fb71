/**
 * Leave a waiting list. Whoever stood behind moves up by one; nobody else's ticket changes. Places that become seats in one moment are one
 * choice: they are left together.
 */
import type { Transaction } from 'kysely'
import { readSections, sectionSource } from '../catalogue/sections.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { type Reason, reason } from '../policy/reasons.ts'
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
import { readMates, shown } from './rows.ts'
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
    .select(['id', 'section_id', 'ticket', 'together', 'passed_code'])
    .where('id', '=', id)
    .where('student_id', '=', studentId)
    .executeTakeFirst()
  if (entry === undefined) throw notYours()
  const entries = [entry, ...(await readMates(db, studentId, entry))]
  const ids = entries.map((one) => one.section_id)
  const sections = await readSections(db, sectionSource(db).where('section.id', 'in', ids))
  const all = entries.flatMap((one) => {
    const section = sections.find((row) => row.id === one.section_id)
    return section === undefined ? [] : [{ ...one, section }]
  })
  if (all[0]?.id !== entry.id) throw notYours()
  const write = (result: 'left' | 'refused', reasons: readonly Reason[]) =>
    writeReceipt(
      db,
      'leave',
      student,
      mark,
      all.map(({ section }, index) =>
        makeLine(
          index + 1,
          index === 0 ? entryId.trim() : String(section.id),
          shown(section),
          result,
          reasons,
        ),
      ),
    )

  // a place counts as had: what is held with it, and with nothing else, would stand alone
  const alone = new Map<number, string>()
  for (const { section } of all)
    for (const held of await findLeftAlone(db, studentId, section, student.now))
      alone.set(held.section.id, sectionLabel(held.section))
  if (alone.size > 0) {
    const why = reason('linked_waits', [...alone.values()].join(', '))
    return { receipt: await write('refused', [why]), freed: [] }
  }
  await makeSureMoves(
    db,
    all.map((one) => ({ sectionId: one.section_id, kind: one.passed_code === null ? 'unlist' : 'lock' })),
  )
  await db
    .deleteFrom('wait_entry')
    .where(
      'id',
      'in',
      all.map((one) => one.id),
    )
    .execute()
  const receipt = await write('left', [])
  await writeEvents(
    db,
    { actor: 'student', studentId, receipt: receipt.number },
    all.map((one) => ({ sectionId: one.section_id, event: 'left_list' as const, ticket: one.ticket })),
  )
  return { receipt, freed: ids }
}
