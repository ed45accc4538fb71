/** A section is cancelled; whoever it concerns is let out, and told in the transaction that does it. */
import { randomUUID } from 'node:crypto'
import type { Selectable, Transaction } from 'kysely'
import { readHurt } from '../../catalogue/office-hurt.ts'
import { readLinks } from '../../catalogue/rules.ts'
import { readSections, sectionSource } from '../../catalogue/sections.ts'
import type { SectionRow } from '../../catalogue/types.ts'
import type { Tables } from '../../db/tables.ts'
import { reason } from '../../policy/reasons.ts'
import { sectionLabel } from '../../policy/registration.ts'
import { writeEvents } from '../ledger.ts'
import { writeNotice } from '../notices.ts'
import { lockStudent, makeLine, markRequest, writeReceipt } from '../receipt.ts'
import { raiseRevision } from '../revision.ts'
import { clearPassed, deleteEnrolment, readMates, reinstatePassed, shown } from '../rows.ts'
import { makeSureMoves } from '../seats.ts'
import type { Transact } from '../transaction.ts'
import { writeAction } from './action.ts'
import { checkBase, concerned, findSection } from './section.ts'

type Db = Transaction<Tables>

type Place = Pick<Selectable<Tables['wait_entry']>, 'id' | 'section_id'>

const sectionsOf = (db: Db, ids: readonly number[]): Promise<readonly SectionRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : readSections(db, sectionSource(db).where('section.id', 'in', ids).orderBy('section.id'))

const deletePlaces = async (db: Db, places: readonly Place[]): Promise<void> => {
  for (const { id } of places) await db.deleteFrom('wait_entry').where('id', '=', id).execute()
}

/** What the student holds together with the section and with no other one of its kind, had or waited for, by ascending id. */
const readAlone = async (db: Db, studentId: number, section: SectionRow): Promise<readonly number[]> => {
  const held = await db
    .selectFrom('enrolment')
    .innerJoin('section_link', 'section_link.section_id', 'enrolment.section_id')
    .select('enrolment.section_id')
    .where('enrolment.student_id', '=', studentId)
    .where('enrolment.grade', 'is', null)
    .where('section_link.partner_id', '=', section.id)
    .orderBy('enrolment.section_id')
    .execute()
  const rest = held.map((row) => row.section_id)
  if (rest.length === 0) return []
  // what goes with another one of the kind as well, that is had or waited for, stays
  const had = await db
    .selectFrom('enrolment')
    .select('section_id')
    .where('student_id', '=', studentId)
    .unionAll(db.selectFrom('wait_entry').select('section_id').where('student_id', '=', studentId))
    .execute()
  const own = new Set(had.map((row) => row.section_id))
  const links = await readLinks(db, rest)
  return rest.filter(
    (id) =>
      !(links.get(id) ?? []).some(
        (partner) =>
          partner.component === section.component && partner.id !== section.id && own.has(partner.id),
      ),
  )
}

/**
 * What a place would have given up, and what went with that, was promised as one: its rest still makes way for what arrives. Else a
 * laboratory without its lecture would stand in the way of the new one.
 */
const promiseRest = async (
  db: Db,
  studentId: number,
  section: SectionRow,
  [alone]: readonly number[],
): Promise<void> => {
  if (alone === undefined) return
  await db
    .updateTable('wait_entry')
    .set({ drop_section_id: alone })
    .where('student_id', '=', studentId)
    .where('drop_section_id', '=', section.id)
    // where it is fixed what goes, the rest of it follows (rows.ts)
    .where('drop_along', 'is', null)
    .execute()
}

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
    .select(['id', 'section_id', 'ticket', 'passed_code', 'together'])
    .where('student_id', '=', studentId)
    .where('section_id', '=', section.id)
    .executeTakeFirst()
  // a grade stays, whatever becomes of the section
  const leaves = own !== undefined && own.grade === null
  if (!leaves && entry === undefined) return []
  // what was to arrive in the same moment will not: a half alone is nothing that a new wish could rely on
  const places = leaves || entry === undefined ? [] : [entry, ...(await readMates(db, studentId, entry))]
  const others = places.filter((place) => place.section_id !== section.id)
  const sections = await sectionsOf(
    db,
    others.map((place) => place.section_id),
  )
  const alone = leaves ? await readAlone(db, studentId, section) : []
  const reinstated = await reinstatePassed(db, studentId, [section.id, ...sections.map(({ id }) => id)])
  await makeSureMoves(db, [
    ...(leaves
      ? [{ sectionId: section.id, kind: 'free' as const, reserveId: own.reserve_id }]
      : places.map((place) => ({
          sectionId: place.section_id,
          kind: place.passed_code === null ? ('unlist' as const) : ('lock' as const),
        }))),
    ...reinstated.moves,
  ])
  if (leaves) {
    await promiseRest(db, studentId, section, alone)
    await deleteEnrolment(db, studentId, section.id)
  } else await deletePlaces(db, places)
  await clearPassed(db, studentId, reinstated)
  const mark = markRequest(`cancellation-${randomUUID()}`, ['cancellation', String(section.id)])
  const receipt = await writeReceipt(db, 'cancellation', student, mark, [
    makeLine(1, String(section.id), shown(section), leaves ? 'dropped' : 'left', [reason('cancelled')]),
    ...sections.map((other, index) =>
      makeLine(index + 2, String(other.id), shown(other), 'left', [
        reason('half_cancelled', sectionLabel(section)),
      ]),
    ),
  ])
  await writeEvents(db, { actor: 'staff', staffId, studentId, receipt: receipt.number }, [
    ...(leaves ? [{ sectionId: section.id, event: 'dropped' as const }] : []),
    ...places.map((place) => ({
      sectionId: place.section_id,
      event: 'left_list' as const,
      ticket: place.ticket,
    })),
    ...reinstated.events,
  ])
  await writeNotice(db, student, {
    kind: 'section_cancelled',
    section,
    receipt: receipt.number,
    facts: {
      of: 'cancelled',
      left: sections.map(sectionLabel),
      alone: (await sectionsOf(db, alone)).map(sectionLabel),
    },
  })
  return [...sections.map(({ id }) => id), ...reinstated.sectionIds]
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
