/** Whom a change of a section would hurt: shown before it is made, and read again under the section's lock when it is. */
import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { describeOverlap, overlap } from '../policy/meeting.ts'
import { sectionLabel } from '../policy/registration.ts'
import { type PlannedMeeting, readTaken } from './office-taken.ts'
import { studentName } from './receipts.ts'
import { readSections, sectionSource } from './sections.ts'
import { toNumber } from './values.ts'

type Db = Kysely<Tables>

/** Whom a change of a section would hurt. */
export interface Hurt {
  readonly enrolled: number
  readonly waiting: number
  readonly carts: number
  /** of a cancellation: places on other lists that go with it, as they were one choice, by the label of their section */
  readonly besides: readonly { readonly section: string; readonly places: number }[]
  /** of a cancellation: who keeps a section that was taken together with it, by that section's label */
  readonly alone: readonly { readonly section: string; readonly students: number }[]
  /** students who could not be at both, with what it is that meets at the same time */
  readonly conflicts: readonly { readonly number: string; readonly name: string; readonly words: string }[]
  /** rooms and instructors that are elsewhere at that time: 'Weir House 12: CS 201-001 (Mon 09:00–09:50)' */
  readonly taken: readonly string[]
  /**
   * All that the others were read from, but for the carts, as a digest: the section and its meetings, who holds a seat or waits,
   * what stands in the way. A change carries the one that was shown, and is made only while it is true (decision 0048).
   */
  readonly base: string
}

const readConflicts = async (
  db: Db,
  sectionId: number,
  meetings: readonly PlannedMeeting[],
): Promise<Hurt['conflicts']> => {
  const rows = await db
    .selectFrom('enrolment as own')
    .innerJoin('enrolment as other', 'other.student_id', 'own.student_id')
    .innerJoin('student', 'student.id', 'own.student_id')
    .select(['other.section_id', 'student.number', 'student.given_name', 'student.family_name'])
    .select('student.preferred_name')
    .where('own.section_id', '=', sectionId)
    .where('own.grade', 'is', null)
    .where('other.section_id', '<>', sectionId)
    .where('other.grade', 'is', null)
    .orderBy('student.number')
    .orderBy('other.section_id')
    .execute()
  const ids = [...new Set(rows.map(({ section_id }) => toNumber(section_id)))]
  if (ids.length === 0) return []
  const sections = await readSections(db, sectionSource(db).where('section.id', 'in', ids))
  const clashes = new Map(
    sections.flatMap((section) => {
      const found = overlap(meetings, section.meetings)
      return found === null
        ? []
        : [[section.id, `${sectionLabel(section)} (${describeOverlap(found)})`] as const]
    }),
  )
  return rows.flatMap((row) => {
    const words = clashes.get(toNumber(row.section_id))
    return words === undefined ? [] : [{ number: row.number, name: studentName(row), words }]
  })
}

/** Those with a grade, a W included, have done with the section: whatever becomes of it, it is no news to them. */
export const readHolders = async (db: Db, sectionId: number): Promise<readonly number[]> => {
  const rows = await db
    .selectFrom('enrolment')
    .select('student_id')
    .where('section_id', '=', sectionId)
    .where('grade', 'is', null)
    .orderBy('student_id')
    .execute()
  return rows.map((row) => toNumber(row.student_id))
}

export const readWaiters = async (db: Db, sectionId: number): Promise<readonly number[]> => {
  const rows = await db
    .selectFrom('wait_entry')
    .select('student_id')
    .where('section_id', '=', sectionId)
    .orderBy('student_id')
    .execute()
  return rows.map((row) => toNumber(row.student_id))
}

const countCarts = async (db: Db, sectionId: number): Promise<number> => {
  const { rows } = await db
    .selectFrom('cart_item')
    .select((eb) => eb.fn.countAll<number | string>().as('rows'))
    .where('section_id', '=', sectionId)
    .executeTakeFirstOrThrow()
  return toNumber(rows)
}

/** Each with its section's label, in the order of the catalogue. */
const inOrder = async <Row extends { readonly id: number }>(
  db: Db,
  rows: readonly Row[],
): Promise<readonly (readonly [label: string, row: Row])[]> => {
  if (rows.length === 0) return []
  const of = new Map(rows.map((row) => [toNumber(row.id), row]))
  const source = sectionSource(db).where('section.id', 'in', [...of.keys()])
  const sections = await readSections(db, source.orderBy('section.sort_key').orderBy('section.id'))
  return sections.flatMap((section) => {
    const row = of.get(section.id)
    return row === undefined ? [] : [[sectionLabel(section), row] as const]
  })
}

/** Who loses a place that was to become a seat in one moment loses the others of that choice (registrar/office/cancellation.ts). */
const readBesides = async (db: Db, sectionId: number): Promise<Hurt['besides']> => {
  const rows = await db
    .selectFrom('wait_entry as own')
    .innerJoin('wait_entry as other', (join) =>
      join
        .onRef('other.student_id', '=', 'own.student_id')
        .onRef('other.together', '=', 'own.together')
        .onRef('other.section_id', '<>', 'own.section_id'),
    )
    .select('other.section_id as id')
    .select((eb) => eb.fn.countAll<number | string>().as('places'))
    .where('own.section_id', '=', sectionId)
    .groupBy('other.section_id')
    .execute()
  const labelled = await inOrder(db, rows)
  return labelled.map(([section, row]) => ({ section, places: toNumber(row.places) }))
}

/** What is held together with the section, and with no other one of its kind. */
const readAlone = async (db: Db, sectionId: number): Promise<Hurt['alone']> => {
  const rows = await db
    .selectFrom('enrolment as own')
    .innerJoin('section as gone', 'gone.id', 'own.section_id')
    .innerJoin('section_link', 'section_link.section_id', 'own.section_id')
    .innerJoin('enrolment as other', (join) =>
      join
        .onRef('other.student_id', '=', 'own.student_id')
        .onRef('other.section_id', '=', 'section_link.partner_id'),
    )
    .select('other.section_id as id')
    .select((eb) => eb.fn.countAll<number | string>().as('students'))
    .where('own.section_id', '=', sectionId)
    .where('own.grade', 'is', null)
    .where('other.grade', 'is', null)
    // no other one of its kind is had, or waited for
    .where(
      sql<boolean>`NOT EXISTS (SELECT 1 FROM section_link AS more JOIN section AS kind ON kind.id = more.partner_id
        WHERE more.section_id = other.section_id AND more.partner_id <> own.section_id AND kind.component = gone.component
          AND (EXISTS (SELECT 1 FROM enrolment e
                        WHERE e.student_id = own.student_id AND e.section_id = more.partner_id)
            OR EXISTS (SELECT 1 FROM wait_entry w
                        WHERE w.student_id = own.student_id AND w.section_id = more.partner_id)))`,
    )
    .groupBy('other.section_id')
    .execute()
  const labelled = await inOrder(db, rows)
  return labelled.map(([section, row]) => ({ section, students: toNumber(row.students) }))
}

/** The section as it is: what a change is typed against. */
const readGround = async (db: Db, sectionId: number) => {
  const section = await db
    .selectFrom('section')
    .select(['status', 'course_id', 'code'])
    .where('id', '=', sectionId)
    .execute()
  const meetings = await db
    .selectFrom('meeting')
    .selectAll()
    .where('section_id', '=', sectionId)
    .orderBy('id')
    .execute()
  return [...section, ...meetings].map((row) => Object.values(row))
}

/**
 * Read outside of a transaction it may be of several moments; but then its base is that of none, and the change is not made.
 * @param meetings as they would be; undefined: the section would be cancelled
 */
export const readHurt = async (
  db: Db,
  sectionId: number,
  meetings?: readonly PlannedMeeting[],
): Promise<Hurt> => {
  const ground = await readGround(db, sectionId)
  const holders = await readHolders(db, sectionId)
  const waiters = await readWaiters(db, sectionId)
  const taken = meetings === undefined ? [] : await readTaken(db, sectionId, meetings)
  const conflicts =
    meetings === undefined || holders.length === 0 ? [] : await readConflicts(db, sectionId, meetings)
  const isCancelled = meetings === undefined
  const besides = isCancelled && waiters.length > 0 ? await readBesides(db, sectionId) : []
  const alone = isCancelled && holders.length > 0 ? await readAlone(db, sectionId) : []
  const base = createHash('sha256')
    .update(JSON.stringify([ground, holders, waiters, besides, alone, taken, conflicts]))
    .digest('hex')
    .slice(0, 32)
  const carts = await countCarts(db, sectionId)
  return { enrolled: holders.length, waiting: waiters.length, carts, besides, alone, conflicts, taken, base }
}
