/** Sections with all that a line about them shows; two statements whatever their number. */
import type { ExpressionBuilder, Kysely, SelectQueryBuilder } from 'kysely'
import { keyPlaces, type Places, sizeFor, statement } from '../db/statement.ts'
import type { Tables } from '../db/tables.ts'
import { anyRow } from './any-row.ts'
import { readMeetings } from './meetings.ts'
import type { SectionRow } from './types.ts'
import { toNumber } from './values.ts'

type Db = Kysely<Tables>
type Joined = Tables & { section: Tables['section']; course: Tables['course']; subject: Tables['subject'] }
export type SectionSource = SelectQueryBuilder<
  Joined,
  'section' | 'course' | 'subject' | 'term' | 'campus',
  object
>

/**
 * The joined tables that conditions may refer to. The foreign keys make LEFT JOIN and JOIN the same here, so the types say
 * JOIN; but the former keeps sections first: MariaDB would begin with the two campuses and sort all sections of the term
 * for a page of them (25 ms instead of 1 for a page of 1,110 sections), and it leaves out what a count does not need.
 */
export const sectionSource = (db: Db): SectionSource =>
  db
    .selectFrom('section')
    .leftJoin('course', 'course.id', 'section.course_id')
    .leftJoin('subject', 'subject.id', 'course.subject_id')
    .leftJoin('term', 'term.id', 'section.term_id')
    .leftJoin('campus', 'campus.id', 'section.campus_id')

/** What a source has to select for `toSections`. */
export const sectionColumns = [
  'section.id',
  'section.sort_key',
  'section.crn',
  'section.term_id',
  'term.code as term_code',
  'term.name as term_name',
  'section.course_id',
  'subject.code as subject',
  'course.number',
  'section.code',
  'course.title',
  'section.title as own_title',
  'section.component',
  'section.mode',
  'campus.name as campus',
  'section.credits_min',
  'section.credits_max',
  'section.status',
  'section.capacity',
  'section.enrolled',
  'section.held',
  'section.waiting',
] as const

const selected = (source: SectionSource) => source.select(sectionColumns)
type SelectedRow = Awaited<ReturnType<ReturnType<typeof selected>['execute']>>[number]

/** Reads the meetings of these rows, whose order is kept. */
export const toSections = async (db: Db, rows: readonly SelectedRow[]): Promise<readonly SectionRow[]> => {
  const meetings = await readMeetings(
    db,
    rows.map((row) => toNumber(row.id)),
  )
  return rows.map((row) => {
    const id = toNumber(row.id)
    const capacity = toNumber(row.capacity)
    const taken = toNumber(row.enrolled) + toNumber(row.held)
    const waiting = toNumber(row.waiting)
    const full = taken >= capacity || waiting > 0
    const own = meetings.get(id) ?? []
    return {
      id,
      crn: row.crn,
      term: { id: toNumber(row.term_id), code: row.term_code, name: row.term_name },
      courseId: toNumber(row.course_id),
      subject: row.subject,
      code: `${row.subject} ${row.number}`,
      section: row.code,
      title: row.own_title ?? row.title,
      component: row.component,
      mode: row.mode,
      campus: row.campus,
      credits: { min: toNumber(row.credits_min), max: toNumber(row.credits_max) },
      status: row.status,
      seats: { capacity, taken, left: full ? 0 : capacity - taken, full, waiting },
      meetings: own.map(({ id: _id, roomId: _room, instructors: _all, ...meeting }) => meeting),
      instructors: [...new Set(own.flatMap(({ instructors }) => instructors))],
    }
  })
}

/** A key is bytes; the standby gives them as text of hexadecimal digits, whose order is the same. */
const compareKeys = (a: Buffer | string, b: Buffer | string): number =>
  Buffer.isBuffer(a) && Buffer.isBuffer(b) ? a.compare(b) : String(a) < String(b) ? -1 : a === b ? 0 : 1

/**
 * By subject, number and section. Sorted here where columns of any length are read: for such rows MariaDB would make a table on
 * its disk to sort them (0.8 ms instead of 0.3 for a submission's dozen).
 */
export const inCatalogueOrder = <Row extends { readonly id: number; readonly sort_key: Buffer | string }>(
  rows: readonly Row[],
): readonly Row[] =>
  rows.toSorted((a, b) => compareKeys(a.sort_key, b.sort_key) || toNumber(a.id) - toNumber(b.id))

/** Runs the query with its conditions, order and limit; keeps its order. */
export const readSections = async (db: Db, source: SectionSource): Promise<readonly SectionRow[]> =>
  toSections(db, await selected(source).execute())

/** Whether links or reserves bear on a section: they are read only where there are any. */
export const bearing = (eb: ExpressionBuilder<Joined, 'section'>) => {
  const links = eb.selectFrom('section_link').select('section_link.partner_id')
  const reserves = eb.selectFrom('seat_reserve').select('seat_reserve.id')
  return [
    anyRow(eb, links.whereRef('section_link.section_id', '=', 'section.id')).as('linked'),
    anyRow(
      eb,
      reserves
        .whereRef('seat_reserve.section_id', '=', 'section.id')
        .where('seat_reserve.ended_at', 'is', null),
    ).as('reserving'),
  ] as const
}

const courseRows = statement(
  (db, place: Places<readonly number[]>, size) =>
    sectionSource(db)
      .innerJoin('section as asked', (join) =>
        join
          .onRef('asked.course_id', '=', 'section.course_id')
          .onRef('asked.term_id', '=', 'section.term_id'),
      )
      .select(sectionColumns)
      .select(['course.description', 'course.prerequisite_text', 'course.requirement'])
      .select(['subject.name as subject_name', 'asked.id as asked_id'])
      .select(bearing)
      .where('asked.id', 'in', keyPlaces(place, size)),
  sizeFor,
)

type CourseRow = Awaited<ReturnType<typeof courseRows>>['rows'][number]

export interface CourseOf {
  /** the section that was asked for, with what its course says */
  readonly row: CourseRow
  readonly section: SectionRow
  /** the others of its course and term, in order */
  readonly others: readonly SectionRow[]
}

/** Sections with their courses, by id; those that there are. */
export const readCoursesOf = async (
  db: Db,
  ids: readonly number[],
): Promise<ReadonlyMap<number, CourseOf>> => {
  const { rows } = await courseRows(db, ids)
  // sections of one course stand in it once for each of them that was asked for
  const once = [...new Map(rows.map((row) => [toNumber(row.id), row])).values()]
  const sections = new Map((await toSections(db, once)).map((section) => [section.id, section]))
  const found = new Map<number, CourseOf>()
  for (const id of ids) {
    const all = inCatalogueOrder(rows.filter((row) => toNumber(row.asked_id) === id))
    const row = all.find((one) => toNumber(one.id) === id)
    const section = sections.get(id)
    if (row === undefined || section === undefined) continue
    const others = all.flatMap((one) => (one === row ? [] : (sections.get(toNumber(one.id)) ?? [])))
    found.set(id, { row, section, others })
  }
  return found
}
