/** Places on a waiting list whose student has a permission for a seat (policy/reserve.ts), as conditions of SQL. */
import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'

/** Of the rows `wait_entry` and `section`. */
export const hasPermission = (rule: 'full' | 'reserved') => sql<boolean>`EXISTS (
  SELECT 1 FROM rule_override o
   WHERE o.student_id = wait_entry.student_id AND o.rule = ${rule} AND o.revoked_at IS NULL
     AND (o.expires_at IS NULL OR o.expires_at > UTC_TIMESTAMP())
     AND (o.section_id IS NULL OR o.section_id = wait_entry.section_id)
     AND (o.course_id IS NULL OR o.course_id = (SELECT c.course_id FROM section c WHERE c.id = wait_entry.section_id))
     AND (o.term_id IS NULL OR o.term_id = (SELECT c.term_id FROM section c WHERE c.id = wait_entry.section_id)))`

/** Passed over for something else, it is looked at again after a while. */
const isDue = sql<boolean>`(wait_entry.passed_code IS NULL
  OR wait_entry.passed_at < UTC_TIMESTAMP(3) - INTERVAL 60 SECOND)`

export interface PermittedPlace {
  readonly id: number
  readonly studentId: number
}

/** In the order of the list; each of them can have a seat, whether one is free or not. */
export const permittedPlaces = async (db: Db, sectionId: number): Promise<readonly PermittedPlace[]> => {
  const rows = await db
    .selectFrom('wait_entry')
    .innerJoin('section', 'section.id', 'wait_entry.section_id')
    .select(['wait_entry.id', 'wait_entry.student_id'])
    .where('wait_entry.section_id', '=', sectionId)
    .where('section.status', '=', 'active')
    .where(isDue)
    .where(hasPermission('full'))
    .orderBy('wait_entry.ticket')
    .execute()
  return rows.map((row) => ({ id: row.id, studentId: row.student_id }))
}

/** Sections with such places: whoever gave the permission may have died before the seat was given. */
export const permittedSections = async (db: Db): Promise<readonly number[]> => {
  const rows = await db
    .selectFrom('rule_override')
    // few permissions of this kind are in force, by the key of their rule; each student stands on a few lists
    .innerJoin('wait_entry', 'wait_entry.student_id', 'rule_override.student_id')
    .innerJoin('section', 'section.id', 'wait_entry.section_id')
    .select('wait_entry.section_id')
    .distinct()
    .where('rule_override.rule', '=', 'full')
    .where('rule_override.revoked_at', 'is', null)
    .where('section.status', '=', 'active')
    .where(isDue)
    .where(hasPermission('full'))
    .execute()
  return rows.map((row) => row.section_id)
}
