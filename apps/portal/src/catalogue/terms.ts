import type { Kysely, Selectable } from 'kysely'
import type { Tables } from '../db/tables.ts'
import type { TermRules } from '../policy/rules.ts'
import type { SubjectSummary, Term } from './types.ts'
import { toMoment, toNumber } from './values.ts'

type Db = Kysely<Tables>

type TermRow = Selectable<Tables['term']>

export const readTermRows = (db: Db): Promise<readonly TermRow[]> =>
  db.selectFrom('term').selectAll().execute()

/** The rules of a term's row; `windows` are read apart. */
export const termRules = (row: TermRow, windows: TermRules['windows']): TermRules => {
  const moment = (value: string | null) => (value === null ? null : toMoment(value))
  const number = (value: string | number | null) => (value === null ? null : toNumber(value))
  return {
    addUntil: moment(row.add_until),
    dropUntil: moment(row.drop_until),
    withdrawUntil: moment(row.withdraw_until),
    credits: { undergraduate: number(row.credits_undergraduate), graduate: number(row.credits_graduate) },
    requirements: row.requirements,
    repeatFrom: row.repeat_from,
    mostAttempts: number(row.most_attempts),
    windows,
  }
}

/** Newest first. Universities have a few dozen: sorted here, so that every server gives one order. */
export const toTerms = (rows: readonly TermRow[], now: Date): readonly Term[] => {
  const moment = now.toISOString()
  return rows
    .map((row): Term => {
      const registrationOpensAt = toMoment(row.registration_opens_at)
      const registrationClosesAt = toMoment(row.registration_closes_at)
      return {
        id: toNumber(row.id),
        code: row.code,
        name: row.name,
        startsOn: row.starts_on,
        endsOn: row.ends_on,
        registrationOpensAt,
        registrationClosesAt,
        registration:
          moment < registrationOpensAt ? 'before' : moment < registrationClosesAt ? 'open' : 'closed',
      }
    })
    .toSorted((a, b) => (a.startsOn < b.startsOn ? 1 : a.startsOn > b.startsOn ? -1 : b.id - a.id))
}

/**
 * Open for registration (the later one, if two are), else the next to begin, else the last.
 * @param terms newest first @param today 'YYYY-MM-DD', the university's
 */
export const currentTerm = (terms: readonly Term[], today: string): Term | null =>
  terms.find((term) => term.registration === 'open') ??
  terms.findLast((term) => term.startsOn > today) ??
  terms[0] ??
  null

/** Subjects that have sections in the term, by code. Counted by course first, from an index alone. */
export const readSubjects = async (db: Db, termId: number): Promise<readonly SubjectSummary[]> => {
  const rows = await db
    .selectFrom((eb) =>
      eb
        .selectFrom('section')
        .select('section.course_id')
        .select((inner) => inner.fn.countAll<number | string>().as('sections'))
        .where('section.term_id', '=', termId)
        .groupBy('section.course_id')
        .as('offered'),
    )
    .innerJoin('course', 'course.id', 'offered.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .select(['subject.id', 'subject.code', 'subject.name'])
    .select((eb) => eb.fn.sum<number | string>('offered.sections').as('sections'))
    .groupBy(['subject.id', 'subject.code', 'subject.name'])
    .execute()
  return rows
    .map((row) => ({
      id: toNumber(row.id),
      code: row.code,
      name: row.name,
      sections: toNumber(row.sections),
    }))
    .toSorted((a, b) => (a.code < b.code ? -1 : 1))
}
