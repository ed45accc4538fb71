/** Sections with all that a line about them shows; two statements whatever their number. */
import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { parseDays } from '../policy/meeting.ts'
import type { Meeting, SectionRow } from './types.ts'
import { toClock, toNumber } from './values.ts'

type Db = Kysely<Tables>
type Joined = Tables & { section: Tables['section']; course: Tables['course']; subject: Tables['subject'] }
export type SectionSource = SelectQueryBuilder<
  Joined,
  'section' | 'course' | 'subject' | 'term' | 'campus',
  object
>

/** The joined tables that conditions may refer to. */
export const sectionSource = (db: Db): SectionSource =>
  db
    .selectFrom('section')
    .innerJoin('course', 'course.id', 'section.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .innerJoin('term', 'term.id', 'section.term_id')
    .innerJoin('campus', 'campus.id', 'section.campus_id')

const readMeetings = async (
  db: Db,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly Meeting[]>> => {
  const found = new Map<number, Meeting[]>()
  if (ids.length === 0) return found
  const rows = await db
    .selectFrom('meeting')
    .leftJoin('room', 'room.id', 'meeting.room_id')
    .leftJoin('instructor', 'instructor.id', 'meeting.instructor_id')
    .select([
      'meeting.section_id',
      'meeting.days',
      'meeting.starts_at',
      'meeting.ends_at',
      'meeting.starts_on',
      'meeting.ends_on',
      'room.building',
      'room.number as room',
      'instructor.given_name',
      'instructor.family_name',
    ])
    .where('meeting.section_id', 'in', ids)
    .orderBy('meeting.id')
    .execute()
  for (const row of rows) {
    const sectionId = toNumber(row.section_id)
    const meeting: Meeting = {
      days: parseDays(row.days),
      startsAt: toClock(row.starts_at),
      endsAt: toClock(row.ends_at),
      startsOn: row.starts_on,
      endsOn: row.ends_on,
      place: row.building === null || row.room === null ? null : `${row.building} ${row.room}`,
      instructor: row.family_name === null ? null : `${row.given_name ?? ''} ${row.family_name}`.trim(),
    }
    const list = found.get(sectionId)
    if (list === undefined) found.set(sectionId, [meeting])
    else list.push(meeting)
  }
  return found
}

/** Runs the query with its conditions, order and limit; keeps its order. */
export const readSections = async (db: Db, source: SectionSource): Promise<readonly SectionRow[]> => {
  const rows = await source
    .select([
      'section.id',
      'section.crn',
      'section.term_id',
      'term.code as term_code',
      'term.name as term_name',
      'section.course_id',
      'subject.code as subject',
      'course.number',
      'section.code',
      'course.title',
      'section.component',
      'section.mode',
      'campus.name as campus',
      'section.credits_min',
      'section.credits_max',
      'section.status',
      'section.capacity',
      'section.enrolled',
      'section.held',
    ])
    .execute()
  const meetings = await readMeetings(
    db,
    rows.map((row) => toNumber(row.id)),
  )
  return rows.map((row) => {
    const id = toNumber(row.id)
    const capacity = toNumber(row.capacity)
    const taken = toNumber(row.enrolled) + toNumber(row.held)
    const own = meetings.get(id) ?? []
    return {
      id,
      crn: row.crn,
      term: { id: toNumber(row.term_id), code: row.term_code, name: row.term_name },
      courseId: toNumber(row.course_id),
      subject: row.subject,
      code: `${row.subject} ${row.number}`,
      section: row.code,
      title: row.title,
      component: row.component,
      mode: row.mode,
      campus: row.campus,
      credits: { min: toNumber(row.credits_min), max: toNumber(row.credits_max) },
      status: row.status,
      seats: { capacity, taken, left: Math.max(0, capacity - taken), full: taken >= capacity },
      meetings: own,
      instructors: [...new Set(own.map((meeting) => meeting.instructor))].filter((name) => name !== null),
    }
  })
}
