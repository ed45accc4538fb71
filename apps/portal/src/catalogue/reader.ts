import type { Kysely } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { printRequirement, readRequirement } from '../policy/requirement.ts'
import { checkSeats, readSeatsAt } from './ledger.ts'
import { readLinks, readReserves } from './rules.ts'
import { readReceipt, readReceipts } from './receipts.ts'
import { readCart, readSchedule } from './schedule.ts'
import { search } from './search.ts'
import { readSections, sectionSource } from './sections.ts'
import { readPlan } from './plan.ts'
import { readRecord } from './record.ts'
import { readRoster, readTaught } from './teaching.ts'
import { currentTerm, readSubjects, readTerms } from './terms.ts'
import type { CatalogueReader } from './index.ts'
import type { Receipt, Term } from './types.ts'
import { toNumber } from './values.ts'
import { countUnread, listLengths, readNotices } from './waiting.ts'

const countPermitted = async (db: Kysely<Tables>, sectionId: number): Promise<number> => {
  const { seats } = await db
    .selectFrom('enrolment')
    .select((eb) => eb.fn.count<number | string>('override_id').as('seats'))
    .where('section_id', '=', sectionId)
    .executeTakeFirstOrThrow()
  return toNumber(seats)
}

/**
 * @param db the portal's database, or the mirror's schema of it (`readStandby`)
 * @param clock the moment by which registration windows are judged for display
 */
export const createCatalogue = (
  db: Kysely<Tables>,
  clock: () => Date = () => new Date(),
): CatalogueReader => {
  const findTerm = async (code?: string): Promise<Term | null> => {
    const now = clock()
    const terms = await readTerms(db, now)
    if (code === undefined || code === '') return currentTerm(terms, now)
    return terms.find((term) => term.code === code) ?? null
  }
  const needTerm = async (code?: string): Promise<Term> => {
    const term = await findTerm(code)
    if (term === null) throw new PortalError('not_found', { detail: 'There is no such term.', field: 'term' })
    return term
  }
  const findReceipt = async (studentId: number | null, number: string): Promise<Receipt | null> => {
    const found = await readReceipt(db, studentId, { number })
    if (found === null) return null
    const { digest: _, ...receipt } = found
    return receipt
  }
  return {
    terms: () => readTerms(db, clock()),
    term: findTerm,
    subjects: (termId) => readSubjects(db, termId),
    search: async (filters) => search(db, await needTerm(filters.term), filters),
    section: async (id) => {
      const [section] = await readSections(db, sectionSource(db).where('section.id', '=', id))
      if (section === undefined) return null
      const others = await readSections(
        db,
        sectionSource(db)
          .where('section.course_id', '=', section.courseId)
          .where('section.term_id', '=', section.term.id)
          .where('section.id', '<>', id)
          .orderBy('section.sort_key')
          .orderBy('section.id'),
      )
      const course = await db
        .selectFrom('course')
        .innerJoin('subject', 'subject.id', 'course.subject_id')
        .select(['course.description', 'course.prerequisite_text', 'course.requirement', 'subject.name'])
        .where('course.id', '=', section.courseId)
        .executeTakeFirstOrThrow()
      const rule = readRequirement(course.requirement)
      return {
        term: await needTerm(section.term.code),
        section,
        subjectName: course.name,
        description: course.description,
        others,
        prerequisites: {
          text: course.prerequisite_text,
          rule: rule === null ? null : printRequirement(rule),
        },
        partners: (await readLinks(db, [id])).get(id) ?? [],
        reserves: (await readReserves(db, [id])).get(id) ?? [],
        permitted: await countPermitted(db, id),
      }
    },
    schedule: async (studentId, termCode) =>
      readSchedule(db, studentId, await needTerm(termCode), clock().toISOString()),
    cart: (studentId) => readCart(db, studentId, clock()),
    plan: (studentId, sectionId) => readPlan(db, studentId, sectionId, clock()),
    receipt: (studentId, number) => findReceipt(studentId, number),
    receipts: (studentId, before = '') => readReceipts(db, studentId, before),
    anyReceipt: (number) => findReceipt(null, number),
    notices: (studentId) => readNotices(db, studentId),
    unreadNotices: (studentId) => countUnread(db, studentId),
    listLength: async (sectionId) => (await listLengths(db, [sectionId])).get(sectionId) ?? 0,
    record: (studentId) => readRecord(db, studentId),
    taught: (instructorId) => readTaught(db, instructorId),
    roster: (instructorId, sectionId) => readRoster(db, instructorId, sectionId),
    sectionsByCrn: async (crn) => {
      const rows = await db
        .selectFrom('section')
        .innerJoin('term', 'term.id', 'section.term_id')
        .select('section.id')
        .where('section.crn', '=', crn)
        .orderBy('term.starts_on', 'desc')
        .orderBy('section.id')
        .execute()
      return rows.map((row) => toNumber(row.id))
    },
    seatsAt: (sectionId, at) => readSeatsAt(db, sectionId, at),
    seatFaults: async (sectionId) => (await checkSeats(db, sectionId)).map(({ words }) => words),
  }
}
