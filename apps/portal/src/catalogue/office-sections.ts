/** What the office chooses from before it changes a section: rooms, links. Whom that would hurt: office-hurt.ts. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
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
  return sections.map((section) => ({ section, alone: alone.get(section.component) ?? 0 }))
}
