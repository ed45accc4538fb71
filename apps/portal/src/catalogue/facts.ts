/**
 * The facts that policy/registration.ts decides on, read in one place for the cart and for the registrar.
 *
 * Three statements where nothing special is the case, since a round trip costs more than most of what it asks for (decision
 * 0042): the sections with their courses' rules, with the student's own enrolment in each, and with whether links or
 * reserves bear on them; their meetings; their terms with the windows of cohorts. The rest follows only where there is any.
 */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { isWithdrawn } from '../policy/grade.ts'
import { parseId, type RegistrationFacts } from '../policy/registration.ts'
import { readRequirement } from '../policy/requirement.ts'
import { type CohortWindow, noRules, type TermRules } from '../policy/rules.ts'
import type { OwnFacts } from './own.ts'
import { readRules, toWindow } from './rules.ts'
import { bearing, inCatalogueOrder, sectionColumns, sectionSource, toSections } from './sections.ts'
import { termRules, toTerms } from './terms.ts'
import { toNumber } from './values.ts'

type Db = Kysely<Tables>

/** What was asked for and what the student is, or was, enrolled in: in every term that is not over, and wherever it was asked for. */
const readConcerned = (db: Db, studentId: number, today: string, asked: readonly number[]) => {
  const held = db
    .selectFrom('enrolment as own')
    .select('own.section_id as id')
    .where('own.student_id', '=', studentId)
  const both =
    asked.length === 0
      ? held
      : held.union(db.selectFrom('section as one').select('one.id').where('one.id', 'in', asked))
  return sectionSource(db)
    .innerJoin(both.as('concerned'), 'concerned.id', 'section.id')
    .leftJoin('enrolment', (join) =>
      join.onRef('enrolment.section_id', '=', 'section.id').on('enrolment.student_id', '=', studentId),
    )
    .where((eb) =>
      eb.or([eb('term.ends_on', '>=', today), ...(asked.length > 0 ? [eb('section.id', 'in', asked)] : [])]),
    )
    .select(sectionColumns)
    .select([
      'enrolment.id as enrolment_id',
      'enrolment.grade',
      'course.requirement',
      'course.prerequisite_text',
      'course.repeatable',
    ])
    .select(bearing)
    .execute()
}

/** Terms by id, with their rules: one statement, in which a term stands once for each window of a cohort. */
const readTermsOf = async (db: Db, ids: readonly number[], now: Date) => {
  if (ids.length === 0) return { windows: new Map(), terms: new Map<number, TermRules>() }
  const rows = await db
    .selectFrom('term')
    .leftJoin('registration_window as cohort', 'cohort.term_id', 'term.id')
    .selectAll('term')
    .select(['cohort.label', 'cohort.level', 'cohort.programme', 'cohort.credits_from', 'cohort.opens_at'])
    .where('term.id', 'in', ids)
    .orderBy('cohort.opens_at')
    .orderBy('cohort.id')
    .execute()
  const cohorts = new Map<number, CohortWindow[]>()
  for (const { id, label, opens_at, level, programme, credits_from } of rows) {
    if (label === null || opens_at === null) continue
    const known = cohorts.get(toNumber(id)) ?? []
    known.push(toWindow({ label, opens_at, level, programme, credits_from }))
    cohorts.set(toNumber(id), known)
  }
  const once = [...new Map(rows.map((row) => [toNumber(row.id), row])).values()]
  return {
    windows: new Map(toTerms(once, now).map((term) => [term.id, term])),
    terms: new Map(
      once.map((row) => [toNumber(row.id), termRules(row, cohorts.get(toNumber(row.id)) ?? [])]),
    ),
  }
}

const readWaiting = async (db: Db, studentId: number): Promise<ReadonlySet<number>> => {
  const rows = await db
    .selectFrom('wait_entry')
    .select('section_id')
    .where('student_id', '=', studentId)
    .execute()
  return new Set(rows.map((row) => toNumber(row.section_id)))
}

export const readRegistrationFacts = async (
  db: Db,
  { id: studentId, own }: { readonly id: number; readonly own: OwnFacts },
  asked: readonly string[],
  now: Date,
): Promise<RegistrationFacts> => {
  const askedIds = [...new Set(asked.map((text) => parseId(text.trim())).filter((id) => id !== null))]
  // a day early rather than late: the campus may lie west of Greenwich
  const today = new Date(now.getTime() - 86_400_000).toISOString().slice(0, 10)
  // one order everywhere, so that reasons are given in one order
  const rows = inCatalogueOrder(await readConcerned(db, studentId, today, askedIds))
  const all = await toSections(db, rows)
  const isAsked = new Set(askedIds)
  const byId = new Map(rows.map((row) => [toNumber(row.id), row]))
  const idsWhere = (withdrawn: boolean) =>
    new Set(
      rows
        .filter((row) => row.enrolment_id !== null && isWithdrawn(row.grade) === withdrawn)
        .map((row) => toNumber(row.id)),
    )
  const enrolled = idsWhere(false)
  const wanted = all.filter(({ id }) => isAsked.has(id))
  const wantedRows = wanted.flatMap(({ id }) => byId.get(id) ?? [])
  const { windows, terms } = await readTermsOf(db, [...new Set(wanted.map(({ term }) => term.id))], now)
  const idsOf = (column: 'linked' | 'reserving') =>
    wantedRows.filter((row) => toNumber(row[column]) === 1).map((row) => toNumber(row.id))
  return {
    now: now.toISOString(),
    studentActive: own.active,
    enrolled: all.filter(({ id }) => enrolled.has(id)),
    withdrawn: idsWhere(true),
    waiting: own.has.places ? await readWaiting(db, studentId) : new Set(),
    sections: new Map(
      all.filter(({ id }) => isAsked.has(id) || enrolled.has(id)).map((section) => [section.id, section]),
    ),
    windows,
    rules:
      wanted.length === 0
        ? noRules
        : await readRules(
            db,
            studentId,
            own,
            {
              terms,
              courses: new Map(
                wantedRows.map((row) => [
                  toNumber(row.course_id),
                  {
                    requirement: readRequirement(row.requirement),
                    text: row.prerequisite_text,
                    repeatable: toNumber(row.repeatable) !== 0,
                  },
                ]),
              ),
              linked: idsOf('linked'),
              reserving: idsOf('reserving'),
            },
            now,
          ),
  }
}
