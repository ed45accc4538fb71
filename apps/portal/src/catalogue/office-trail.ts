/** The trail of what staff did and looked at, newest first. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { readTrailFacts, type TrailFacts } from '../policy/trail-facts.ts'
import { toMoment, toNumber } from './values.ts'

interface Author {
  readonly number: string
  readonly name: string
}

export interface TrailEntry {
  readonly id: number
  readonly at: string
  readonly staff: Author | null
  /** who looked at a roster. Both null: whoever ran the command `portal import` */
  readonly instructor: Author | null
  readonly action: string
  readonly student: { readonly number: string; readonly name: string } | null
  readonly section: { readonly id: number; readonly label: string } | null
  readonly term: string | null
  /** as people typed it; of earlier portals also words of ours */
  readonly detail: string
  /** null: `detail` says it */
  readonly facts: TrailFacts | null
}

const pageSize = 100

/** Sections in which the student's name can have been seen: whoever left one for good has left a line in the ledger. */
const sectionsOf = (db: Kysely<Tables>, studentId: number) =>
  db
    .selectFrom('enrolment')
    .select('section_id')
    .where('student_id', '=', studentId)
    .union(db.selectFrom('wait_entry').select('section_id').where('student_id', '=', studentId))
    .union(db.selectFrom('seat_event').select('section_id').where('student_id', '=', studentId))

/**
 * The lines of a page, before anything is joined to them: MySQL joins the whole trail first otherwise, and sorts it (180,000 lines: 0.6 s).
 * Of one student: actions upon them, and looks at many in which their name was shown.
 */
const idsOf = async (
  db: Kysely<Tables>,
  studentId: number | undefined,
  before: number | undefined,
): Promise<readonly number[]> => {
  const newest = db
    .selectFrom('staff_action')
    .select('id')
    .$if(before !== undefined, (query) => query.where('id', '<', before ?? 0))
    .orderBy('id', 'desc')
    .limit(pageSize)
  if (studentId === undefined) return (await newest.execute()).map(({ id }) => toNumber(id))
  const own = await newest.where('student_id', '=', studentId).execute()
  const sections = (await sectionsOf(db, studentId).execute()).map(({ section_id }) => section_id)
  const among =
    sections.length === 0
      ? []
      : await newest
          .where('section_id', 'in', sections)
          .where('students', 'like', `%,${studentId},%`)
          .execute()
  const searched = await newest
    .where('section_id', 'is', null)
    .where('action', 'in', ['searched_students', 'looked_at_trail'])
    .where('students', 'like', `%,${studentId},%`)
    .execute()
  const ids = new Set([...own, ...among, ...searched].map(({ id }) => toNumber(id)))
  return [...ids].toSorted((a, b) => b - a).slice(0, pageSize)
}

export const readTrail = async (
  db: Kysely<Tables>,
  { studentId, before }: { studentId?: number | undefined; before?: number | undefined },
): Promise<readonly TrailEntry[]> => {
  const ids = await idsOf(db, studentId, before)
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('staff_action as a')
    .leftJoin('staff as f', 'f.id', 'a.staff_id')
    .leftJoin('instructor as i', 'i.id', 'a.instructor_id')
    .leftJoin('student as n', 'n.id', 'a.student_id')
    .leftJoin('section as s', 's.id', 'a.section_id')
    .leftJoin('course as c', 'c.id', 's.course_id')
    .leftJoin('subject as u', 'u.id', 'c.subject_id')
    .leftJoin('term as t', 't.id', 'a.term_id')
    .select(['a.id', 'a.at', 'a.action', 'a.detail', 'a.facts', 'a.section_id', 't.name as term'])
    .select(['f.number as staff', 'f.given_name as staff_given', 'f.family_name as staff_family'])
    .select(['i.number as instructor', 'i.given_name as own_given', 'i.family_name as own_family'])
    .select(['n.number', 'n.given_name', 'n.family_name', 'n.preferred_name'])
    .select(sql<string | null>`CONCAT(u.code, ' ', c.number, '-', s.code)`.as('label'))
    .where('a.id', 'in', ids)
    .orderBy('a.id', 'desc')
    .execute()
  return rows.map((row) => ({
    id: toNumber(row.id),
    at: toMoment(row.at),
    staff: row.staff === null ? null : { number: row.staff, name: `${row.staff_given} ${row.staff_family}` },
    instructor:
      row.instructor === null
        ? null
        : { number: row.instructor, name: `${row.own_given} ${row.own_family}`.trim() },
    action: row.action,
    student:
      row.number === null || row.given_name === null || row.family_name === null
        ? null
        : {
            number: row.number,
            name: `${row.preferred_name ?? row.given_name} ${row.family_name}`,
          },
    section:
      row.section_id === null || row.label === null
        ? null
        : { id: toNumber(row.section_id), label: row.label },
    term: row.term,
    detail: row.detail,
    facts: readTrailFacts(row.facts),
  }))
}
