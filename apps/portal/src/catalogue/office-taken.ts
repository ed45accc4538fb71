/** What stands in the way of a section's meetings as they would be: rooms and instructors that are elsewhere at that time. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { describeOverlap, overlap, type Pattern } from '../policy/meeting.ts'
import { patternColumns, toPattern } from './meetings.ts'
import { toNumber } from './values.ts'

type Db = Kysely<Tables>

/** A meeting as it would be. */
export interface PlannedMeeting extends Pattern {
  /** null: a new one */
  readonly id: number | null
  readonly roomId: number | null
}

/** Who teaches the section's meetings, alone or beside others: by meeting, the first one of each first. */
const readTeachers = async (db: Db, sectionId: number): Promise<ReadonlyMap<number, readonly number[]>> => {
  const rows = await db
    .selectFrom('meeting')
    .leftJoin('co_instructor', 'co_instructor.meeting_id', 'meeting.id')
    .select(['meeting.id', 'meeting.instructor_id', 'co_instructor.instructor_id as beside'])
    .where('meeting.section_id', '=', sectionId)
    .orderBy('meeting.id')
    .orderBy('co_instructor.position')
    .execute()
  const teachers = new Map<number, readonly number[]>()
  for (const { id, instructor_id, beside } of rows) {
    const known = teachers.get(toNumber(id)) ?? (instructor_id === null ? [] : [toNumber(instructor_id)])
    teachers.set(toNumber(id), beside === null ? known : [...known, toNumber(beside)])
  }
  return teachers
}

/** Meetings of other sections on some of these days, with what names them; conditions, rooms and people are the caller's to join. */
const otherMeetings = (db: Db, sectionId: number, meetings: readonly PlannedMeeting[]) => {
  const from = meetings.map(({ startsOn }) => startsOn).toSorted()[0] ?? ''
  const to =
    meetings
      .map(({ endsOn }) => endsOn)
      .toSorted()
      .at(-1) ?? ''
  return db
    .selectFrom('meeting')
    .innerJoin('section', 'section.id', 'meeting.section_id')
    .innerJoin('course', 'course.id', 'section.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .select(patternColumns)
    .select(['subject.code as subject', 'course.number as course', 'section.code'])
    .where('section.id', '<>', sectionId)
    .where('section.status', '=', 'active')
    .where('meeting.starts_on', '<=', to)
    .where('meeting.ends_on', '>=', from)
    .orderBy('section.sort_key')
    .orderBy('meeting.id')
}

type OtherMeeting = Awaited<ReturnType<ReturnType<typeof otherMeetings>['execute']>>[number]

/** 'CS 201-001 (Mon 09:00–09:50)', where one of these meetings is at the same time; null: none is */
const clash = (meetings: readonly PlannedMeeting[], row: OtherMeeting): string | null => {
  const found = overlap(meetings, [toPattern(row)])
  return found === null ? null : `${row.subject} ${row.course}-${row.code} (${describeOverlap(found)})`
}

const inRooms = async (
  db: Db,
  sectionId: number,
  meetings: readonly PlannedMeeting[],
): Promise<readonly string[]> => {
  const rooms = [...new Set(meetings.flatMap(({ roomId }) => roomId ?? []))]
  if (rooms.length === 0) return []
  const rows = await otherMeetings(db, sectionId, meetings)
    .innerJoin('room', 'room.id', 'meeting.room_id')
    .select(['room.id', 'room.building', 'room.number'])
    .where('room.id', 'in', rooms)
    .execute()
  return rows.flatMap((row) => {
    const there = meetings.filter(({ roomId }) => roomId === toNumber(row.id))
    const words = clash(there, row)
    return words === null ? [] : [`${`${row.building} ${row.number}`.trim()}: ${words}`]
  })
}

const ofTeachers = async (
  db: Db,
  sectionId: number,
  meetings: readonly PlannedMeeting[],
): Promise<readonly string[]> => {
  const teachers = await readTeachers(db, sectionId)
  // a new meeting is given by the instructor of the first one that has any (registrar/office/meetings.ts)
  const first = [...teachers.values()].flat().slice(0, 1)
  const teaching = (id: number | null): readonly number[] => (id === null ? first : (teachers.get(id) ?? []))
  const people = [...new Set(meetings.flatMap(({ id }) => teaching(id)))]
  if (people.length === 0) return []
  const others = () => otherMeetings(db, sectionId, meetings)
  const names = ['instructor.id', 'instructor.given_name', 'instructor.family_name'] as const
  const rows = [
    ...(await others()
      .innerJoin('instructor', 'instructor.id', 'meeting.instructor_id')
      .select(names)
      .where('instructor.id', 'in', people)
      .execute()),
    ...(await others()
      .innerJoin('co_instructor', 'co_instructor.meeting_id', 'meeting.id')
      .innerJoin('instructor', 'instructor.id', 'co_instructor.instructor_id')
      .select(names)
      .where('instructor.id', 'in', people)
      .execute()),
  ]
  return rows.flatMap((row) => {
    const own = meetings.filter(({ id }) => teaching(id).includes(toNumber(row.id)))
    const words = clash(own, row)
    return words === null ? [] : [`${`${row.given_name} ${row.family_name}`.trim()}: ${words}`]
  })
}

/** Each told once, rooms first: 'Weir House 12: CS 201-001 (Mon 09:00–09:50)', 'Ann Lee: …'. */
export const readTaken = async (
  db: Db,
  sectionId: number,
  meetings: readonly PlannedMeeting[],
): Promise<readonly string[]> => [
  ...new Set([...(await inRooms(db, sectionId, meetings)), ...(await ofTeachers(db, sectionId, meetings))]),
]
