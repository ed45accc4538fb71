/** What the office chooses from before it changes a section: rooms, links. Whom that would hurt: office-hurt.ts. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { studentName } from './receipts.ts'
import { readSections, sectionSource } from './sections.ts'
import type { SectionRow } from './types.ts'
import { toNumber } from './values.ts'

type Db = Kysely<Tables>

export interface Room {
  readonly id: number
  /** 'Weir House 12' */
  readonly place: string
  /** 0: not known */
  readonly seats: number
}

export interface LinkedSection {
  readonly section: SectionRow
  /** students who hold the one and none of the partners of this kind */
  readonly alone: number
  /** who has both, and waits for something in the place of them: without the link, what was promised still goes */
  readonly promised: readonly { readonly number: string; readonly name: string }[]
}

export interface Outside {
  /** that meet before the first day */
  readonly before: readonly string[]
  /** that meet after the last day */
  readonly after: readonly string[]
}

export const readOutside = async (
  db: Kysely<Tables>,
  termId: number,
  startsOn: string,
  endsOn: string,
): Promise<Outside> => {
  const rows = await db
    .selectFrom('meeting')
    .innerJoin('section', 'section.id', 'meeting.section_id')
    .innerJoin('course', 'course.id', 'section.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .select(['section.id', 'subject.code as subject', 'course.number', 'section.code'])
    .select((eb) => [eb.fn.min('meeting.starts_on').as('first'), eb.fn.max('meeting.ends_on').as('last')])
    .where('section.term_id', '=', termId)
    .where('section.status', '=', 'active')
    .where((eb) => eb.or([eb('meeting.starts_on', '<', startsOn), eb('meeting.ends_on', '>', endsOn)]))
    .groupBy(['section.id', 'subject.code', 'course.number', 'section.code', 'section.sort_key'])
    .orderBy('section.sort_key')
    .orderBy('section.id')
    .execute()
  const labels = (found: typeof rows) => found.map((row) => `${row.subject} ${row.number}-${row.code}`)
  return {
    before: labels(rows.filter(({ first }) => first < startsOn)),
    after: labels(rows.filter(({ last }) => last > endsOn)),
  }
}

export const readRooms = async (db: Db, sectionId: number): Promise<readonly Room[]> => {
  const rows = await db
    .selectFrom('room')
    .innerJoin('section', 'section.campus_id', 'room.campus_id')
    .select(['room.id', 'room.building', 'room.number', 'room.seats'])
    .where('section.id', '=', sectionId)
    .execute()
  return rows
    .map((row) => ({
      id: toNumber(row.id),
      place: `${row.building} ${row.number}`.trim(),
      seats: toNumber(row.seats),
    }))
    .toSorted((a, b) => a.place.localeCompare(b.place, 'en', { numeric: true }))
}

/** How many hold this section, and no partner of the other one's kind. */
const countAlone = async (db: Db, sectionId: number, partners: readonly number[]): Promise<number> => {
  const { rows } = await db
    .selectFrom('enrolment as own')
    .select((eb) => eb.fn.countAll<number | string>().as('rows'))
    .where('own.section_id', '=', sectionId)
    .where('own.grade', 'is', null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('enrolment as other')
            .select('other.id')
            .whereRef('other.student_id', '=', 'own.student_id')
            .where('other.section_id', 'in', partners),
        ),
      ),
    )
    .executeTakeFirstOrThrow()
  return toNumber(rows)
}

/** Students who hold both, and wait for something for which one of the two is given up, and so the other. */
const readPromised = async (
  db: Db,
  sectionId: number,
  partnerId: number,
): Promise<LinkedSection['promised']> => {
  const rows = await db
    .selectFrom('wait_entry')
    .innerJoin('student', 'student.id', 'wait_entry.student_id')
    .innerJoin('enrolment as one', 'one.student_id', 'wait_entry.student_id')
    .innerJoin('enrolment as other', 'other.student_id', 'wait_entry.student_id')
    .select(['student.number', 'student.given_name', 'student.family_name', 'student.preferred_name'])
    .distinct()
    .where('one.section_id', '=', sectionId)
    .where('other.section_id', '=', partnerId)
    .where('one.grade', 'is', null)
    .where('other.grade', 'is', null)
    .where('wait_entry.drop_section_id', 'in', [sectionId, partnerId])
    .orderBy('student.number')
    .execute()
  return rows.map((row) => ({ number: row.number, name: studentName(row) }))
}

export const readLinkedSections = async (db: Db, sectionId: number): Promise<readonly LinkedSection[]> => {
  const links = await db
    .selectFrom('section_link')
    .select('partner_id')
    .where('section_id', '=', sectionId)
    .execute()
  if (links.length === 0) return []
  const sections = await readSections(
    db,
    sectionSource(db)
      .where(
        'section.id',
        'in',
        links.map((row) => row.partner_id),
      )
      .orderBy('section.sort_key')
      .orderBy('section.id'),
  )
  const alone = new Map<string, number>()
  for (const component of new Set(sections.map((section) => section.component))) {
    const kind = sections.filter((section) => section.component === component).map(({ id }) => id)
    alone.set(component, await countAlone(db, sectionId, kind))
  }
  const found: LinkedSection[] = []
  for (const section of sections)
    found.push({
      section,
      alone: alone.get(section.component) ?? 0,
      promised: await readPromised(db, sectionId, section.id),
    })
  return found
}
