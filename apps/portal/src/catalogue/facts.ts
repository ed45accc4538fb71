/**
 * The facts that policy/registration.ts decides on, read in one place for the cart and for the registrar. In two parts:
 *
 *   prepare   what is no student's own (facts-reader.ts), of the sections that were asked for and those that the student has
 *   complete  the rules that bear on this student alone; in the usual case there are none, and no statement
 *
 * The registrar prepares before its transaction, together with all who do so at the same time, and completes under the
 * student's lock, after a look at whether what the student has is still the same (registrar/register.ts).
 */
import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { isWithdrawn } from '../policy/grade.ts'
import { parseId, type RegistrationFacts } from '../policy/registration.ts'
import { noRules } from '../policy/rules.ts'
import {
  type FactsReader,
  factsReader,
  type HeldRow,
  type OwnSections,
  type SectionFacts,
  type TermFacts,
} from './facts-reader.ts'
import type { OwnFacts } from './own.ts'
import { readRules } from './rules.ts'
import { inCatalogueOrder } from './sections.ts'

type Db = Kysely<Tables>

export interface Prepared {
  /** as of before anything else was read (registrar/revision.ts) */
  readonly revision: number
  readonly own: OwnSections
  /** those asked for or waited for, and those that the student has in terms that are not over, or not graded yet */
  readonly sections: ReadonlyMap<number, SectionFacts>
  readonly terms: ReadonlyMap<number, TermFacts>
}

const dayMs = 86_400_000

/** Days after the end of a term in which its grades come. */
const daysToGrade = 45

const day = (now: Date, before: number): string =>
  new Date(now.getTime() - before * dayMs).toISOString().slice(0, 10)

/**
 * Whether what a student has still bears on what is asked for: until its term is over, and without a grade for as long again as
 * grades take to come, since it stands on no record until then.
 * @param slack days more
 */
const lasts = (
  { termId, grade }: Pick<HeldRow, 'termId' | 'grade'>,
  terms: Prepared['terms'],
  now: Date,
  slack: number,
): boolean => (terms.get(termId)?.term.endsOn ?? '') >= day(now, grade === null ? daysToGrade + slack : slack)

const idsOf = (asked: readonly string[]): readonly number[] => [
  ...new Set(asked.map((text) => parseId(text.trim())).filter((id) => id !== null)),
]

export const prepareFacts = async (
  reader: FactsReader,
  studentId: number,
  asked: readonly string[],
  now: Date,
): Promise<Prepared> => {
  const [own, { revision, terms }] = await Promise.all([reader.own(studentId), reader.ground()])
  // a day more than is needed: the clock is not the database's
  const current = own.held.filter((row) => lasts(row, terms, now, 2))
  const wanted = new Set([...idsOf(asked), ...own.waiting, ...current.map(({ sectionId }) => sectionId)])
  return { revision, own, terms, sections: await reader.sections([...wanted]) }
}

export const completeFacts = async (
  db: Db,
  { id: studentId, own }: { readonly id: number; readonly own: OwnFacts },
  asked: readonly string[],
  now: Date,
  prepared: Prepared,
): Promise<RegistrationFacts> => {
  const askedIds = idsOf(asked)
  const isAsked = new Set(askedIds)
  // a day early rather than late: the campus may lie west of Greenwich
  const lasting = new Set(
    prepared.own.held.filter((row) => lasts(row, prepared.terms, now, 1)).map(({ sectionId }) => sectionId),
  )
  const waiting = new Set(prepared.own.waiting)
  const isConcerned = ({ id }: SectionFacts): boolean => isAsked.has(id) || waiting.has(id) || lasting.has(id)
  const held = prepared.own.held.map(({ sectionId }) => sectionId)
  const ownIds = new Set([...askedIds, ...prepared.own.waiting, ...held])
  // one order everywhere, so that reasons are given in one order; others may have asked for more
  const all = inCatalogueOrder(
    [...ownIds].flatMap((id) => prepared.sections.get(id) ?? []).filter(isConcerned),
  )
  const idsWhere = (withdrawn: boolean) =>
    new Set(
      prepared.own.held
        .filter(({ grade }) => isWithdrawn(grade) === withdrawn)
        .map(({ sectionId }) => sectionId),
    )
  const enrolled = idsWhere(false)
  const concerned = new Set(all.map(({ id }) => id))
  const wanted = all.filter(({ id }) => isAsked.has(id))
  const terms = new Map(
    wanted.flatMap(({ section }) => {
      const found = prepared.terms.get(section.term.id)
      return found === undefined ? [] : [[section.term.id, found] as const]
    }),
  )
  return {
    now: now.toISOString(),
    studentActive: own.active,
    enrolled: all.filter(({ id }) => enrolled.has(id)).map(({ section }) => section),
    graded: new Set(
      prepared.own.held.filter(({ grade }) => grade !== null).map(({ sectionId }) => sectionId),
    ),
    withdrawn: new Set([...idsWhere(true)].filter((id) => concerned.has(id))),
    waiting,
    waitingFor: all.filter(({ id }) => waiting.has(id)).map(({ section }) => section),
    sections: new Map(
      all.filter(({ id }) => isAsked.has(id) || enrolled.has(id)).map(({ id, section }) => [id, section]),
    ),
    windows: new Map([...terms].map(([id, { term }]) => [id, term])),
    rules:
      wanted.length === 0
        ? noRules
        : await readRules(
            db,
            studentId,
            own,
            prepared.own.held.some(({ grade }) => grade !== null),
            {
              terms: new Map([...terms].map(([id, { rules }]) => [id, rules])),
              courses: new Map(wanted.map(({ section, course }) => [section.courseId, course])),
              links: new Map(
                wanted.filter(({ links }) => links.length > 0).map(({ id, links }) => [id, links]),
              ),
              reserves: new Map(
                wanted
                  .filter(({ reserves }) => reserves.length > 0)
                  .map(({ id, reserves }) => [id, reserves]),
              ),
            },
            now,
          ),
  }
}

/** Both parts at once. @param reader what is asked together with others; none: all of it by `db` itself */
export const readRegistrationFacts = async (
  db: Db,
  student: { readonly id: number; readonly own: OwnFacts },
  asked: readonly string[],
  now: Date,
  reader: FactsReader = factsReader(db),
): Promise<RegistrationFacts> =>
  completeFacts(db, student, asked, now, await prepareFacts(reader, student.id, asked, now))
