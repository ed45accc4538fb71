/** What an instructor sees: own sections, and who sits in them. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { isWithdrawn } from '../policy/grade.ts'
import { studentName } from './receipts.ts'
import { readSections, sectionSource } from './sections.ts'
import type { Roster, SectionRow } from './types.ts'
import { toMoment, toNumber } from './values.ts'

type Db = Kysely<Tables>

/** Of meetings that the instructor gives, alone or beside others. */
const sectionsTaught = (db: Db, instructorId: number) =>
  db
    .selectFrom('meeting')
    .select('meeting.section_id')
    .where('meeting.instructor_id', '=', instructorId)
    .union(
      db
        .selectFrom('co_instructor')
        .innerJoin('meeting', 'meeting.id', 'co_instructor.meeting_id')
        .select('meeting.section_id')
        .where('co_instructor.instructor_id', '=', instructorId),
    )

export const readTaught = async (db: Db, instructorId: number): Promise<readonly SectionRow[]> => {
  const ids = (await sectionsTaught(db, instructorId).execute()).map((row) => toNumber(row.section_id))
  if (ids.length === 0) return []
  return readSections(
    db,
    sectionSource(db)
      .where('section.id', 'in', ids)
      .orderBy('term.starts_on', 'desc')
      .orderBy('section.sort_key')
      .orderBy('section.id'),
  )
}

/** @param instructorId whose it must be @returns null: no such section, or somebody else teaches it */
export const readRoster = async (db: Db, instructorId: number, sectionId: number): Promise<Roster | null> => {
  const taught = await sectionsTaught(db, instructorId).execute()
  if (!taught.some((row) => toNumber(row.section_id) === sectionId)) return null
  const [section] = await readSections(db, sectionSource(db).where('section.id', '=', sectionId))
  if (section === undefined) return null
  const rows = await db
    .selectFrom('enrolment')
    .innerJoin('student', 'student.id', 'enrolment.student_id')
    .selectAll('student')
    .select(['enrolment.credits', 'enrolment.enrolled_at', 'enrolment.grade'])
    .where('enrolment.section_id', '=', sectionId)
    .orderBy('student.family_name')
    .orderBy('student.given_name')
    .orderBy('student.id')
    .execute()
  return {
    section,
    students: rows.map((row) => ({
      number: row.number,
      name: studentName(row),
      familyName: row.family_name,
      givenName: row.preferred_name ?? row.given_name,
      email: row.email,
      programme: row.programme,
      level: row.level,
      credits: toNumber(row.credits),
      enrolledAt: toMoment(row.enrolled_at),
      withdrawn: isWithdrawn(row.grade),
    })),
  }
}
