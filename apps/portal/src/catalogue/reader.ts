import type { Kysely } from 'kysely'
import { keyPlaces, type Places, sizeFor, statement } from '../db/statement.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { dayIn } from '../policy/zone.ts'
import { printRequirement, readRequirement } from '../policy/requirement.ts'
import { checkSeats, readSeatsAt } from './ledger.ts'
import { readLinks, readReserves } from './rules.ts'
import { readReceipt, readReceipts } from './receipts.ts'
import { readCart, readSchedule } from './schedule.ts'
import { search } from './search.ts'
import { readPlan } from './plan.ts'
import { inCatalogueOrder, readCoursesOf } from './sections.ts'
import { createBatched } from './batched.ts'
import { batchedFacts } from './facts-reader.ts'
import { createShared } from './shared.ts'
import { readRecord } from './record.ts'
import { readRoster, readTaught } from './teaching.ts'
import { currentTerm, readSubjects, readTermRows, toTerms } from './terms.ts'
import type { CatalogueReader } from './index.ts'
import type { Receipt, Term } from './types.ts'
import { toNumber } from './values.ts'
import { readNotices } from './notices.ts'
import { listLengths, readMarks } from './waiting.ts'
import { said } from '../texts/index.ts'

const noTerm = () => new PortalError('not_found', { detail: said('error.no_term'), field: 'term' })

const permittedRows = statement(
  (db, place: Places<readonly number[]>, size) =>
    db
      .selectFrom('enrolment')
      .select((eb) => ['section_id', eb.fn.count<number | string>('override_id').as('seats')])
      .where('section_id', 'in', keyPlaces(place, size))
      .groupBy('section_id'),
  sizeFor,
)

/** Seats that were given by permission, of sections that have any enrolment. */
const countPermitted = async (db: Kysely<Tables>, ids: readonly number[]) =>
  new Map(
    (await permittedRows(db, ids)).rows.map(
      (row) => [toNumber(row.section_id), toNumber(row.seats)] as const,
    ),
  )

/**
 * @param db the portal's database, or the mirror's schema of it (`readStandby`)
 * @param clock the moment by which registration windows are judged for display
 * @param timeZone IANA name: whose day it is when a term begins and ends
 */
export const createCatalogue = (
  db: Kysely<Tables>,
  clock: () => Date = () => new Date(),
  timeZone = 'UTC',
): CatalogueReader => {
  const shared = createShared()
  const marks = createBatched((ids: readonly number[]) => readMarks(db, ids))
  const facts = batchedFacts(db)
  const courses = createBatched((ids: readonly number[]) => readCoursesOf(db, ids))
  const permitted = createBatched((ids: readonly number[]) => countPermitted(db, ids))
  const termRows = () => shared.run('terms', () => readTermRows(db))
  const findTerm = async (code?: string): Promise<Term | null> => {
    const rows = await termRows()
    const now = clock()
    const terms = toTerms(rows, now)
    if (code === undefined || code === '') return currentTerm(terms, dayIn(now, timeZone))
    return terms.find((term) => term.code === code) ?? null
  }
  const needTerm = async (code?: string): Promise<Term> => {
    const term = await findTerm(code)
    if (term === null) throw noTerm()
    return term
  }
  const findReceipt = async (studentId: number | null, number: string): Promise<Receipt | null> => {
    const found = await readReceipt(db, studentId, { number })
    if (found === null) return null
    const { digest: _, ...receipt } = found
    return receipt
  }
  return {
    terms: async () => toTerms(await termRows(), clock()),
    term: findTerm,
    subjects: (termId) => shared.run(`subjects ${termId}`, () => readSubjects(db, termId)),
    search: (filters) =>
      shared.run(`search ${JSON.stringify(filters)}`, async () =>
        search(db, await needTerm(filters.term), filters),
      ),
    section: async (id) => {
      const [found, seats] = await Promise.all([courses.get([id]), permitted.get([id])])
      const course = found.get(id)
      if (course === undefined) return null
      const { row, section, others } = course
      const rule = readRequirement(row.requirement)
      return {
        term: await needTerm(section.term.code),
        section,
        subjectName: row.subject_name,
        description: row.description,
        others,
        prerequisites: {
          text: row.prerequisite_text,
          rule: rule === null ? null : printRequirement(rule),
        },
        partners: toNumber(row.linked) === 1 ? ((await readLinks(db, [id])).get(id) ?? []) : [],
        reserves: toNumber(row.reserving) === 1 ? ((await readReserves(db, [id])).get(id) ?? []) : [],
        permitted: seats.get(id) ?? 0,
      }
    },
    sections: async (ids) => {
      const found = await facts.sections(ids)
      return inCatalogueOrder([...new Set(ids)].flatMap((id) => found.get(id) ?? [])).map(
        ({ section }) => section,
      )
    },
    schedule: async (studentId, termCode) => {
      const term = await needTerm(termCode)
      const row = (await termRows()).find(({ id }) => toNumber(id) === term.id)
      if (row === undefined) throw noTerm()
      return readSchedule(db, studentId, row, term, clock().toISOString(), facts)
    },
    cart: (studentId) => readCart(db, studentId, clock(), facts),
    plan: (studentId, sectionId) => readPlan(db, studentId, sectionId, clock(), facts),
    receipt: (studentId, number) => findReceipt(studentId, number),
    receipts: (studentId, before = '') => readReceipts(db, studentId, before),
    anyReceipt: (number) => findReceipt(null, number),
    notices: (studentId, at) => readNotices(db, studentId, at),
    ownMarks: async (studentId) =>
      (await marks.get([studentId])).get(studentId) ?? { cart: [], enrolled: [], unread: 0 },
    listLength: async (sectionId) => (await listLengths(db, [sectionId])).get(sectionId) ?? 0,
    record: (studentId) => readRecord(db, studentId, dayIn(clock(), timeZone)),
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
    seatFaults: (sectionId) => checkSeats(db, sectionId),
  }
}
