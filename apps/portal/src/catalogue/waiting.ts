/** Places on waiting lists, and the marks of what is a student's own. */
import type { Kysely } from 'kysely'
import { keyPlaces, type Places, sizeFor, statement } from '../db/statement.ts'
import type { Tables } from '../db/tables.ts'
import { keptReasons } from '../policy/reasons.ts'
import { sectionLabel } from '../policy/registration.ts'
import { reasonOf } from './receipts.ts'
import { readSections, sectionSource } from './sections.ts'
import type { ScheduleEntry, WaitEntry } from './types.ts'
import { toMoment, toNumber } from './values.ts'

type Db = Kysely<Tables>

/** Places in the list of each section that has any, those that were passed over included. */
export const listLengths = async (
  db: Db,
  sectionIds: readonly number[],
): Promise<ReadonlyMap<number, number>> => {
  if (sectionIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('wait_entry')
    .select('section_id')
    .select((eb) => eb.fn.countAll<number | string>().as('length'))
    .where('section_id', 'in', sectionIds)
    .groupBy('section_id')
    .execute()
  return new Map(rows.map((row) => [toNumber(row.section_id), toNumber(row.length)]))
}

/** The student's places in a term, by section. @param held what the student has in it */
export const readWaiting = async (
  db: Db,
  studentId: number,
  termId: number,
  held: readonly Pick<ScheduleEntry, 'section' | 'along'>[],
): Promise<readonly WaitEntry[]> => {
  const rows = await db
    .selectFrom('wait_entry')
    .innerJoin('section', 'section.id', 'wait_entry.section_id')
    .selectAll('wait_entry')
    .select((eb) =>
      eb
        .selectFrom('wait_entry as ahead')
        .select((inner) => inner.fn.countAll<number | string>().as('ahead'))
        .whereRef('ahead.section_id', '=', 'wait_entry.section_id')
        .whereRef('ahead.ticket', '<', 'wait_entry.ticket')
        .as('ahead'),
    )
    .where('wait_entry.student_id', '=', studentId)
    .where('section.term_id', '=', termId)
    .execute()
  if (rows.length === 0) return []
  const own = rows.map((row) => toNumber(row.section_id))
  const named = rows.flatMap((row) => (row.drop_section_id === null ? [] : [toNumber(row.drop_section_id)]))
  const sections = await readSections(
    db,
    sectionSource(db)
      .where('section.id', 'in', [...own, ...named])
      .orderBy('section.sort_key')
      .orderBy('section.id'),
  )
  const lengths = await listLengths(db, own)
  const mates = ({ together }: { readonly together: number | null }): readonly number[] =>
    rows.filter((row) => row.together === together).map((row) => toNumber(row.section_id))
  return sections.flatMap((section): readonly WaitEntry[] => {
    const row = rows.find((one) => toNumber(one.section_id) === section.id)
    if (row === undefined) return []
    const gives = sections.find(
      ({ id }) => row.drop_section_id !== null && id === toNumber(row.drop_section_id),
    )
    return [
      {
        entryId: toNumber(row.id),
        section,
        position: toNumber(row.ahead ?? 0) + 1,
        length: lengths.get(section.id) ?? 1,
        joinedAt: toMoment(row.joined_at),
        gives: gives === undefined ? null : sectionLabel(gives),
        along:
          row.drop_along === null
            ? (held.find((entry) => entry.section.id === gives?.id)?.along ?? []).map((other) => other.label)
            : held
                .filter((entry) => row.drop_along?.split(',').includes(String(entry.section.id)))
                .map((entry) => sectionLabel(entry.section)),
        together:
          row.together === null
            ? []
            : sections.filter(({ id }) => id !== section.id && mates(row).includes(id)).map(sectionLabel),
        passed: reasonOf(row.passed_code, row.passed_detail),
        morePassed: row.passed_code === null ? [] : keptReasons(row.more_reasons),
      },
    ]
  })
}

/** What of the student's own the head of each page and the marks of a search tell. */
export interface OwnMarks {
  /** section ids */
  readonly cart: readonly number[]
  /** section ids, of every term */
  readonly enrolled: readonly number[]
  /** notices */
  readonly unread: number
}

/** One statement, each part of it by the students' index alone: a join would leave the server a choice that it makes badly on fresh tables. */
const markRows = statement((db, place: Places<readonly number[]>, size) => {
  const ids = () => keyPlaces(place, size)
  return db
    .selectFrom('cart_item')
    .select((eb) => ['student_id', eb.lit<number>(1).as('what'), 'section_id as number'])
    .where('student_id', 'in', ids())
    .unionAll(
      db
        .selectFrom('enrolment')
        .select((eb) => ['student_id', eb.lit<number>(2).as('what'), 'section_id as number'])
        .where('student_id', 'in', ids())
        // left with a W, it is nothing that the student is enrolled in
        .where((eb) => eb.or([eb('grade', 'is', null), eb('grade', '<>', 'W')])),
    )
    .unionAll(
      db
        .selectFrom('notice')
        .select((eb) => ['student_id', eb.lit<number>(3).as('what'), eb.fn.countAll<number>().as('number')])
        .where('student_id', 'in', ids())
        .where('read_at', 'is', null)
        .groupBy('student_id'),
    )
}, sizeFor)

export const readMarks = async (
  db: Db,
  studentIds: readonly number[],
): Promise<ReadonlyMap<number, OwnMarks>> => {
  const { rows } = await markRows(db, studentIds)
  const found = new Map(
    studentIds.map((id) => [id, { cart: [] as number[], enrolled: [] as number[], unread: 0 }]),
  )
  for (const { student_id, what, number } of rows) {
    const marks = found.get(toNumber(student_id))
    if (marks === undefined) continue
    if (toNumber(what) === 1) marks.cart.push(toNumber(number))
    else if (toNumber(what) === 2) marks.enrolled.push(toNumber(number))
    else marks.unread = toNumber(number)
  }
  return found
}
