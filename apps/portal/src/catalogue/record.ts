/** A student's academic history: what was taken here, by term, and what the office has recorded beside. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { creditsEarned, readHistory } from './rules.ts'
import type { AcademicRecord } from './types.ts'
import { toNumber } from './values.ts'

type TermRecord = AcademicRecord['terms'][number]

/** @param today 'YYYY-MM-DD', the university's: a term is over after its last day there */
export const readRecord = async (
  db: Kysely<Tables>,
  studentId: number,
  today: string,
): Promise<AcademicRecord> => {
  const here = await db
    .selectFrom('enrolment')
    .innerJoin('section', 'section.id', 'enrolment.section_id')
    .innerJoin('course', 'course.id', 'section.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .innerJoin('term', 'term.id', 'section.term_id')
    .select(['term.name', 'subject.code', 'course.number', 'course.title', 'section.title as own_title'])
    .select(['enrolment.credits', 'enrolment.grade', 'section.component', 'term.ends_on'])
    .where('enrolment.student_id', '=', studentId)
    .orderBy('term.starts_on', 'desc')
    .orderBy('section.sort_key')
    .orderBy('section.id')
    .execute()
  const terms = new Map<string, TermRecord>()
  for (const row of here) {
    const line = {
      course: `${row.code} ${row.number}`,
      title: row.own_title ?? row.title,
      credits: toNumber(row.credits),
      grade: row.grade,
      component: row.component,
    }
    const { lines } = terms.get(row.name) ?? { lines: [] }
    terms.set(row.name, { name: row.name, over: row.ends_on < today, lines: [...lines, line] })
  }
  const elsewhere = await db
    .selectFrom('transcript_entry')
    .select(['course', 'title', 'credits', 'grade', 'source', 'completed_on'])
    .where('student_id', '=', studentId)
    .orderBy('completed_on', 'desc')
    .orderBy('id')
    .execute()
  return {
    terms: [...terms.values()],
    elsewhere: elsewhere.map(({ credits, completed_on, ...row }) => ({
      ...row,
      credits: toNumber(credits),
      completedOn: completed_on,
    })),
    creditsEarned: creditsEarned(await readHistory(db, studentId)),
  }
}
