/** A section's meetings are changed, added and taken away; whoever it concerns is told in the transaction that does it. */
import { type Selectable, sql, type Transaction } from 'kysely'
import { readMeetings } from '../../catalogue/meetings.ts'
import { readHurt } from '../../catalogue/office-hurt.ts'
import { readSections, sectionSource } from '../../catalogue/sections.ts'
import { sectionSearchText } from '../../catalogue/text.ts'
import type { Tables } from '../../db/tables.ts'
import { meetingFactOf, parseDays } from '../../policy/meeting.ts'
import { type Dates, isMovedOut } from '../../policy/meeting-faults.ts'
import type { MeetingFact } from '../../policy/notice-facts.ts'
import { writeNotices } from '../notices.ts'
import { raiseRevision } from '../revision.ts'
import { lockTimetable } from '../timetable.ts'
import { writeAction } from './action.ts'
import type { MeetingChange } from './index.ts'
import { checkBase, concerned, findSection } from './section.ts'
import { termMoved } from './terms.ts'

type Db = Transaction<Tables>

/** What is written, in the order of the columns; equal ones are left alone. */
const columnsOf = ({ days, startsAt, endsAt, startsOn, endsOn, everyWeeks, roomId }: MeetingChange) => ({
  days,
  starts_at: startsAt,
  ends_at: endsAt,
  starts_on: startsOn,
  ends_on: endsOn,
  every_weeks: everyWeeks,
  room_id: roomId,
})

type Known = Selectable<Tables['meeting']>

const differs = (change: MeetingChange, row: Known): boolean => {
  const clock = (value: string | null) => value?.slice(0, 5) ?? null
  const { days, startsAt, endsAt, startsOn, endsOn, everyWeeks, roomId } = change
  const was = [row.days, clock(row.starts_at), clock(row.ends_at), row.starts_on, row.ends_on]
  return (
    [days, startsAt, endsAt, startsOn, endsOn].some((value, index) => value !== was[index]) ||
    everyWeeks !== row.every_weeks ||
    roomId !== row.room_id
  )
}

/** The instructors are words of the search; with a meeting its instructor may go. */
const refreshSearch = async (db: Db, sectionId: number): Promise<void> => {
  const [section] = await readSections(db, sectionSource(db).where('section.id', '=', sectionId))
  const subject = await db
    .selectFrom('section')
    .innerJoin('course', 'course.id', 'section.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .select(['subject.name', 'course.number'])
    .where('section.id', '=', sectionId)
    .executeTakeFirst()
  if (section === undefined || subject === undefined) return
  await db
    .updateTable('section')
    .set({
      search_text: sectionSearchText({
        subject: section.subject,
        subjectName: subject.name,
        number: subject.number,
        code: section.section,
        title: section.title,
        instructors: section.instructors,
      }),
    })
    .where('id', '=', sectionId)
    .execute()
}

/**
 * A notice holds its student's row until the commit. Asked for after the section's, it would wait for a submission that waits for the
 * section: so the students come first here, as everywhere, by ascending id. Whoever enrols between the look and the lock is told all the
 * same, at the price of a clash with their own next form, which is tried again. (Shared: they are not changed.)
 */
const holdStudents = async (db: Db, ids: readonly number[]): Promise<void> => {
  if (ids.length === 0) return
  await sql`SELECT id FROM student FORCE INDEX (PRIMARY) WHERE id IN (${sql.join(ids)})
    ORDER BY id LOCK IN SHARE MODE`.execute(db)
}

/** Of the section's term. They do not move while the timetable is held. */
const readDates = (db: Db, sectionId: number): Promise<Dates> =>
  db
    .selectFrom('section')
    .innerJoin('term', 'term.id', 'section.term_id')
    .select(['term.starts_on as startsOn', 'term.ends_on as endsOn'])
    .where('section.id', '=', sectionId)
    .executeTakeFirstOrThrow()

/** The form was judged by the term's days as it had read them. @throws PortalError preview_moved */
const checkTerm = (term: Dates, meetings: readonly MeetingChange[], known: readonly Known[]): void => {
  const isOut = meetings.some((meeting) => {
    const row = known.find(({ id }) => id === meeting.id)
    const before = row === undefined ? undefined : { startsOn: row.starts_on, endsOn: row.ends_on }
    return isMovedOut(meeting, term, before)
  })
  if (isOut) throw termMoved()
}

/** The meetings as they are now. */
const factsOf = async (db: Db, sectionId: number, { startsOn }: Dates): Promise<readonly MeetingFact[]> => {
  const meetings = (await readMeetings(db, [sectionId])).get(sectionId) ?? []
  return meetings.map((meeting) => meetingFactOf(meeting, startsOn))
}

/** @param told who was concerned a moment before the transaction @returns how many were told, 1 at least where something changed; 0: nothing did @throws PortalError not_found | preview_moved */
export const changeMeetings = async (
  db: Db,
  staffId: number,
  {
    sectionId,
    meetings,
    removed,
    base,
  }: {
    sectionId: number
    meetings: readonly MeetingChange[]
    removed: readonly number[]
    base?: string | undefined
  },
  told: readonly number[] = [],
): Promise<number> => {
  await lockTimetable(db)
  await holdStudents(db, told)
  const section = await findSection(db, sectionId)
  const known = await db.selectFrom('meeting').selectAll().where('section_id', '=', sectionId).execute()
  const added = meetings.filter(({ id }) => id === null)
  const changed = meetings.flatMap((meeting) => {
    const row = known.find(({ id }) => id === meeting.id)
    return row !== undefined && differs(meeting, row) ? [{ id: row.id, meeting }] : []
  })
  const gone = known.filter(({ id }) => removed.includes(id)).map(({ id }) => id)
  if (added.length + changed.length + gone.length === 0) return 0
  const term = await readDates(db, sectionId)
  checkTerm(term, meetings, known)
  const was = await factsOf(db, sectionId, term)
  const planned = meetings.map((meeting) => ({ ...meeting, days: parseDays(meeting.days) }))
  await checkBase(base, () => readHurt(db, sectionId, planned))
  for (const { id, meeting } of changed)
    await db
      .updateTable('meeting')
      .set(columnsOf(meeting))
      .where('id', '=', id)
      .where('section_id', '=', sectionId)
      .execute()
  // whoever teaches the section teaches what is added to it
  const instructor_id = known.find((row) => row.instructor_id !== null)?.instructor_id ?? null
  if (added.length > 0)
    await db
      .insertInto('meeting')
      .values(added.map((meeting) => ({ section_id: sectionId, instructor_id, ...columnsOf(meeting) })))
      .execute()
  if (gone.length > 0) {
    await db.deleteFrom('co_instructor').where('meeting_id', 'in', gone).execute()
    await db.deleteFrom('meeting').where('id', 'in', gone).execute()
    await refreshSearch(db, sectionId)
  }
  const students = await concerned(db, sectionId)
  const facts = { of: 'meetings' as const, was: [...was], now: [...(await factsOf(db, sectionId, term))] }
  const now = new Date()
  for (let start = 0; start < students.length; start += 500)
    await writeNotices(db, students.slice(start, start + 500), now, {
      kind: 'section_changed',
      section,
      facts,
    })
  await writeAction(db, staffId, { action: 'section_changed', sectionId, facts })
  await raiseRevision(db)
  return Math.max(1, students.length)
}
