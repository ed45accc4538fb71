/**
 * Whoever holds a seat of a section that an import moves or cancels, or waits for one, is told in the same transaction, as by the
 * office's own changes. Last of all: a notice holds its student's row until the commit.
 */
import type { Transaction } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { writeNotices } from '../../registrar/notices.ts'
import type { CataloguePlan } from './catalogue-plan.ts'
import type { KnownSection, SectionValues } from './catalogue-state.ts'

type Db = Transaction<Tables>

/** Locking reads: who registered since the import began to read is told as well. The section's own lock is held, so nobody comes or goes. */
const concerned = async (db: Db, sectionId: number): Promise<readonly number[]> => {
  const holders = await db
    .selectFrom('enrolment')
    .select('student_id')
    .where('section_id', '=', sectionId)
    .where('grade', 'is', null)
    .forUpdate()
    .execute()
  const waiters = await db
    .selectFrom('wait_entry')
    .select('student_id')
    .where('section_id', '=', sectionId)
    .forUpdate()
    .execute()
  return [...new Set([...holders, ...waiters].map((row) => row.student_id))].toSorted((a, b) => a - b)
}

const tell = async (
  db: Db,
  kind: 'section_changed' | 'section_cancelled',
  { id }: KnownSection,
  { course, code, title }: SectionValues,
  now: Date,
): Promise<void> => {
  const students = await concerned(db, id)
  const section = { id, code: course, section: code, title: title ?? '' }
  for (let start = 0; start < students.length; start += 500)
    await writeNotices(db, students.slice(start, start + 500), now, { kind, section })
}

export const tellOfImport = async (db: Db, plan: CataloguePlan): Promise<void> => {
  const now = new Date()
  for (const { known, values, moved } of plan.sections)
    if (known !== null && moved) await tell(db, 'section_changed', known, values, now)
  for (const known of plan.cancelled) await tell(db, 'section_cancelled', known, known.values, now)
}
