/** The facts that policy/registration.ts decides on, read in one place for the cart and for the registrar. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { isWithdrawn } from '../policy/grade.ts'
import { parseId, type RegistrationFacts } from '../policy/registration.ts'
import { readRules } from './rules.ts'
import { readSections, sectionSource } from './sections.ts'
import { readTermRows, toTerms } from './terms.ts'
import type { SectionRow } from './types.ts'
import { toNumber } from './values.ts'

type Db = Kysely<Tables>

/** What the student is enrolled in, in every term that is not over, and wherever `also` names a section. */
const readEnrolled = async (db: Db, studentId: number, today: string, also: readonly number[]) => {
  const rows = await db
    .selectFrom('enrolment')
    .innerJoin('section', 'section.id', 'enrolment.section_id')
    .innerJoin('term', 'term.id', 'section.term_id')
    .select(['enrolment.section_id', 'enrolment.grade'])
    .where('enrolment.student_id', '=', studentId)
    .where((eb) =>
      eb.or([
        eb('term.ends_on', '>=', today),
        ...(also.length > 0 ? [eb('enrolment.section_id', 'in', also)] : []),
      ]),
    )
    .execute()
  const ids = (withdrawn: boolean) =>
    new Set(
      rows.filter(({ grade }) => isWithdrawn(grade) === withdrawn).map((row) => toNumber(row.section_id)),
    )
  return { enrolled: ids(false), withdrawn: ids(true) }
}

export const readRegistrationFacts = async (
  db: Db,
  student: { readonly id: number; readonly active: boolean },
  asked: readonly string[],
  now: Date,
): Promise<RegistrationFacts> => {
  const askedIds = asked.map((text) => parseId(text.trim())).filter((id) => id !== null)
  // a day early rather than late: the campus may lie west of Greenwich
  const today = new Date(now.getTime() - 86_400_000).toISOString().slice(0, 10)
  const { enrolled, withdrawn } = await readEnrolled(db, student.id, today, askedIds)
  const waiting = await db
    .selectFrom('wait_entry')
    .select('section_id')
    .where('student_id', '=', student.id)
    .execute()
  const ids = [...new Set([...askedIds, ...enrolled])]
  const rows: readonly SectionRow[] =
    ids.length === 0
      ? []
      : await readSections(
          db,
          // one order everywhere, so that reasons are given in one order
          sectionSource(db).where('section.id', 'in', ids).orderBy('section.sort_key').orderBy('section.id'),
        )
  const terms = await readTermRows(db)
  const sections = new Map(rows.map((row) => [row.id, row]))
  const wanted = askedIds.map((id) => sections.get(id)).filter((section) => section !== undefined)
  return {
    now: now.toISOString(),
    studentActive: student.active,
    enrolled: rows.filter((row) => enrolled.has(row.id)),
    withdrawn,
    waiting: new Set(waiting.map((row) => toNumber(row.section_id))),
    sections,
    windows: new Map(toTerms(terms, now).map((term) => [term.id, term])),
    rules: await readRules(db, student.id, { wanted, terms, now }),
  }
}
