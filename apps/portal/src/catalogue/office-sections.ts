/** What the office reads of one section before it changes it: meetings, rooms, links, and whom a change would hurt. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { describeOverlap, overlap, type Pattern, parseDays } from '../policy/meeting.ts'
import { sectionLabel } from '../policy/registration.ts'
import { studentName } from './receipts.ts'
import { readSections, sectionSource } from './sections.ts'
import type { SectionRow } from './types.ts'
import { toClock, toNumber } from './values.ts'

type Db = Kysely<Tables>

export interface OwnMeeting extends Pattern {
  readonly id: number
  readonly roomId: number | null
  readonly instructor: string | null
}

/** A meeting as it would be. */
export interface PlannedMeeting extends Pattern {
  readonly roomId: number | null
}

export interface Room {
  readonly id: number
  /** 'Weir House 12' */
  readonly place: string
  /** 0: not known */
  readonly seats: number
}

/** Whom a change of a section would hurt. */
export interface Hurt {
  readonly enrolled: number
  readonly waiting: number
  readonly carts: number
  /** students who could not be at both, with what it is that meets at the same time */
  readonly conflicts: readonly { readonly number: string; readonly name: string; readonly words: string }[]
  /** rooms and instructors that are elsewhere at that time: 'Weir House 12: CS 201-001 (Mon 09:00–09:50)' */
  readonly taken: readonly string[]
}

export interface LinkedSection {
  readonly section: SectionRow
  /** students who hold the one and none of the partners of this kind */
  readonly alone: number
}

export const readOwnMeetings = async (db: Db, sectionId: number): Promise<readonly OwnMeeting[]> => {
  const [section] = await readSections(db, sectionSource(db).where('section.id', '=', sectionId))
  const rows = await db
    .selectFrom('meeting')
    .select(['id', 'room_id'])
    .where('section_id', '=', sectionId)
    .orderBy('id')
    .execute()
  return (section?.meetings ?? []).flatMap((meeting, index) => {
    const row = rows[index]
    if (row === undefined) return []
    return [{ ...meeting, id: toNumber(row.id), roomId: row.room_id === null ? null : toNumber(row.room_id) }]
  })
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

const count = async (
  db: Db,
  table: 'enrolment' | 'wait_entry' | 'cart_item',
  sectionId: number,
): Promise<number> => {
  const { rows } = await db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number | string>().as('rows'))
    .where('section_id', '=', sectionId)
    .executeTakeFirstOrThrow()
  return toNumber(rows)
}

/** Rooms and instructors that another section has at the same time. */
const readTaken = async (
  db: Db,
  sectionId: number,
  meetings: readonly PlannedMeeting[],
): Promise<readonly string[]> => {
  const teachers = await db
    .selectFrom('meeting')
    .select('instructor_id')
    .where('section_id', '=', sectionId)
    .where('instructor_id', 'is not', null)
    .execute()
  const people = [...new Set(teachers.flatMap((row) => row.instructor_id ?? []))]
  const rooms = [...new Set(meetings.flatMap(({ roomId }) => roomId ?? []))]
  if (people.length === 0 && rooms.length === 0) return []
  const from = meetings.map(({ startsOn }) => startsOn).toSorted()[0] ?? ''
  const to =
    meetings
      .map(({ endsOn }) => endsOn)
      .toSorted()
      .at(-1) ?? ''
  const rows = await db
    .selectFrom('meeting')
    .innerJoin('section', 'section.id', 'meeting.section_id')
    .innerJoin('course', 'course.id', 'section.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .leftJoin('room', 'room.id', 'meeting.room_id')
    .leftJoin('instructor', 'instructor.id', 'meeting.instructor_id')
    .selectAll('meeting')
    .select(['subject.code as subject', 'course.number', 'section.code', 'room.building'])
    .select(['room.number as room', 'instructor.given_name', 'instructor.family_name'])
    .where('section.id', '<>', sectionId)
    .where('section.status', '=', 'active')
    .where('meeting.starts_on', '<=', to)
    .where('meeting.ends_on', '>=', from)
    .where((eb) =>
      eb.or([
        ...(rooms.length > 0 ? [eb('meeting.room_id', 'in', rooms)] : []),
        ...(people.length > 0 ? [eb('meeting.instructor_id', 'in', people)] : []),
      ]),
    )
    .orderBy('section.sort_key')
    .execute()
  const words = rows.flatMap((row) => {
    const other: Pattern = {
      days: parseDays(row.days),
      startsAt: toClock(row.starts_at),
      endsAt: toClock(row.ends_at),
      startsOn: row.starts_on,
      endsOn: row.ends_on,
      everyWeeks: toNumber(row.every_weeks),
    }
    const what = (found: ReturnType<typeof overlap>) =>
      found === null ? '' : `${row.subject} ${row.number}-${row.code} (${describeOverlap(found)})`
    const room = row.room_id === null ? null : toNumber(row.room_id)
    const inRoom = overlap(
      meetings.filter(({ roomId }) => roomId !== null && roomId === room),
      [other],
    )
    const teaching =
      row.instructor_id !== null && people.includes(row.instructor_id) ? overlap(meetings, [other]) : null
    return [
      ...(inRoom === null ? [] : [`${row.building} ${row.room}`.trim() + `: ${what(inRoom)}`]),
      ...(teaching === null ? [] : [`${row.given_name} ${row.family_name}`.trim() + `: ${what(teaching)}`]),
    ]
  })
  return [...new Set(words)]
}

export const readHurt = async (
  db: Db,
  sectionId: number,
  meetings?: readonly PlannedMeeting[],
): Promise<Hurt> => {
  const counts = {
    enrolled: await count(db, 'enrolment', sectionId),
    waiting: await count(db, 'wait_entry', sectionId),
    carts: await count(db, 'cart_item', sectionId),
  }
  const taken = meetings === undefined ? [] : await readTaken(db, sectionId, meetings)
  if (meetings === undefined || counts.enrolled === 0) return { ...counts, conflicts: [], taken }
  const rows = await db
    .selectFrom('enrolment as own')
    .innerJoin('enrolment as other', 'other.student_id', 'own.student_id')
    .innerJoin('student', 'student.id', 'own.student_id')
    .select(['other.section_id', 'student.number', 'student.given_name', 'student.family_name'])
    .select('student.preferred_name')
    .where('own.section_id', '=', sectionId)
    .where('own.grade', 'is', null)
    .where('other.section_id', '<>', sectionId)
    .where('other.grade', 'is', null)
    .orderBy('student.number')
    .execute()
  const ids = [...new Set(rows.map(({ section_id }) => toNumber(section_id)))]
  if (ids.length === 0) return { ...counts, conflicts: [], taken }
  const sections = await readSections(db, sectionSource(db).where('section.id', 'in', ids))
  const clashes = new Map(
    sections.flatMap((section) => {
      const found = overlap(meetings, section.meetings)
      return found === null
        ? []
        : [[section.id, `${sectionLabel(section)} (${describeOverlap(found)})`] as const]
    }),
  )
  return {
    ...counts,
    taken,
    conflicts: rows.flatMap((row) => {
      const words = clashes.get(toNumber(row.section_id))
      return words === undefined ? [] : [{ number: row.number, name: studentName(row), words }]
    }),
  }
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
