/** The facts that policy/registration.ts decides on, read in one place for the cart and for the registrar. */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { parseId, type RegistrationFacts } from '../policy/registration.ts'
import { readSections, sectionSource } from './sections.ts'
import { readTerms } from './terms.ts'
import type { SectionRow } from './types.ts'
import { toNumber } from './values.ts'

type Db = Kysely<Tables>

/** What the student is enrolled in, in every term that is not over, and wherever `also` names a section. */
const enrolledIds = async (db: Db, studentId: number, today: string, also: readonly number[]) => {
  const rows = await db
    .selectFrom('enrolment')
    .innerJoin('section', 'section.id', 'enrolment.section_id')
    .innerJoin('term', 'term.id', 'section.term_id')
    .select('enrolment.section_id')
    .where('enrolment.student_id', '=', studentId)
    .where((eb) =>
      eb.or([
        eb('term.ends_on', '>=', today),
        ...(also.length > 0 ? [eb('enrolment.section_id', 'in', also)] : []),
      ]),
    )
    .execute()
  return rows.map((row) => toNumber(row.section_id))
}

export const readRegistrationFacts = async (
  db: Db,
  student: { readonly id: number; readonly active: boolean },
  asked: readonly string[],
  now: Date,
): Promise<RegistrationFacts> => {
  const askedIds = asked.map((text) => parseId(text.trim())).filter((id) => id !== null)
  const enrolled = new Set(await enrolledIds(db, student.id, now.toISOString().slice(0, 10), askedIds))
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
  const terms = await readTerms(db, now)
  return {
    now: now.toISOString(),
    studentActive: student.active,
    enrolled: rows.filter((row) => enrolled.has(row.id)),
    waiting: new Set(waiting.map((row) => toNumber(row.section_id))),
    sections: new Map(rows.map((row) => [row.id, row])),
    windows: new Map(terms.map((term) => [term.id, term])),
  }
}
