/** What the office reads of one section before it changes it: meetings, rooms, links. Whom a change would hurt: office-hurt.ts. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { type Pattern, parseDays } from '../policy/meeting.ts'
import { readSections, sectionSource } from './sections.ts'
import type { SectionRow } from './types.ts'
import { toClock, toNumber } from './values.ts'

type Db = Kysely<Tables>

export interface OwnMeeting extends Pattern {
  readonly id: number
  readonly roomId: number | null
  /** 'Weir House 12' */
  readonly place: string | null
  readonly instructor: string | null
}

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

/** Each row by itself and by its id: what is read of a meeting never comes to stand under another one's fields. */
export const readOwnMeetings = async (db: Db, sectionId: number): Promise<readonly OwnMeeting[]> => {
  const rows = await db
    .selectFrom('meeting')
    .leftJoin('room', 'room.id', 'meeting.room_id')
    .leftJoin('instructor', 'instructor.id', 'meeting.instructor_id')
    .leftJoin('co_instructor', 'co_instructor.meeting_id', 'meeting.id')
    .leftJoin('instructor as other', 'other.id', 'co_instructor.instructor_id')
    .selectAll('meeting')
    .select(['room.building', 'room.number as room', 'instructor.given_name', 'instructor.family_name'])
    .select(['other.given_name as other_given', 'other.family_name as other_family'])
    .where('meeting.section_id', '=', sectionId)
    .orderBy('meeting.id')
    .orderBy('co_instructor.position')
    .execute()
  const found = new Map<number, OwnMeeting>()
  for (const row of rows) {
    const id = toNumber(row.id)
    const known = found.get(id)
    const name = (given: string | null, family: string | null) =>
      family === null ? [] : [`${given ?? ''} ${family}`.trim()]
    const names = [
      ...(known === undefined
        ? name(row.given_name, row.family_name)
        : known.instructor === null
          ? []
          : [known.instructor]),
      ...name(row.other_given, row.other_family),
    ]
    found.set(id, {
      id,
      days: parseDays(row.days),
      startsAt: toClock(row.starts_at),
      endsAt: toClock(row.ends_at),
      startsOn: row.starts_on,
      endsOn: row.ends_on,
      everyWeeks: toNumber(row.every_weeks),
      roomId: row.room_id === null ? null : toNumber(row.room_id),
      place: row.building === null ? null : `${row.building} ${row.room ?? ''}`.trim(),
      instructor: names.length === 0 ? null : names.join(', '),
    })
  }
  return [...found.values()]
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
