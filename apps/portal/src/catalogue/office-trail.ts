/** The trail of what staff did and looked at, newest first. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { toMoment, toNumber } from './values.ts'

export interface TrailEntry {
  readonly id: number
  readonly at: string
  /** null: whoever ran the command `portal import` */
  readonly staff: { readonly number: string; readonly name: string } | null
  readonly action: string
  readonly student: { readonly number: string; readonly name: string } | null
  readonly section: { readonly id: number; readonly label: string } | null
  readonly term: string | null
  readonly detail: string
}

export const readTrail = async (
  db: Kysely<Tables>,
  { studentId, before }: { studentId?: number | undefined; before?: number | undefined },
): Promise<readonly TrailEntry[]> => {
  const rows = await db
    .selectFrom('staff_action as a')
    .leftJoin('staff as f', 'f.id', 'a.staff_id')
    .leftJoin('student as n', 'n.id', 'a.student_id')
    .leftJoin('section as s', 's.id', 'a.section_id')
    .leftJoin('course as c', 'c.id', 's.course_id')
    .leftJoin('subject as u', 'u.id', 'c.subject_id')
    .leftJoin('term as t', 't.id', 'a.term_id')
    .select(['a.id', 'a.at', 'a.action', 'a.detail', 'a.section_id', 't.name as term'])
    .select(['f.number as staff', 'f.given_name as staff_given', 'f.family_name as staff_family'])
    .select(['n.number', 'n.given_name', 'n.family_name', 'n.preferred_name'])
    .select(sql<string | null>`CONCAT(u.code, ' ', c.number, '-', s.code)`.as('label'))
    .$if(studentId !== undefined, (query) => query.where('a.student_id', '=', studentId ?? 0))
    .$if(before !== undefined, (query) => query.where('a.id', '<', before ?? 0))
    .orderBy('a.id', 'desc')
    .limit(100)
    .execute()
  return rows.map((row) => ({
    id: toNumber(row.id),
    at: toMoment(row.at),
    staff: row.staff === null ? null : { number: row.staff, name: `${row.staff_given} ${row.staff_family}` },
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
  }))
}
