/** Writes what sections refer to: the campus, subjects and courses, rooms and instructors. */
import { createHash } from 'node:crypto'
import type { Transaction } from 'kysely'
import { instructorSearchText } from '../../catalogue/text.ts'
import type { Tables } from '../../db/tables.ts'
import { inBatches } from './batches.ts'
import type { CataloguePlan } from './catalogue-plan.ts'
import { courseKey, nameKey, placeKey } from './catalogue-state.ts'

type Db = Transaction<Tables>

/** Where a new section belongs when the file does not say: to the main campus, which is made where there is none. */
export const homeCampus = async (db: Db): Promise<number> => {
  const campuses = await db.selectFrom('campus').select(['id', 'code']).orderBy('id').execute()
  const found = campuses.find((campus) => campus.code === 'MAIN') ?? campuses[0]
  if (found !== undefined) return found.id
  const made = await db
    .insertInto('campus')
    .values({ code: 'MAIN', name: 'Main Campus' })
    .executeTakeFirstOrThrow()
  return Number(made.insertId)
}

export const writeCourses = async (db: Db, plan: CataloguePlan): Promise<ReadonlyMap<string, number>> => {
  await inBatches(plan.subjects, (batch) =>
    db
      .insertInto('subject')
      // a subject's full name is not in such files; the office gives it one
      .values(batch.map(({ code, department }) => ({ code, name: code, department })))
      .execute(),
  )
  const subjects = new Map(
    (await db.selectFrom('subject').select(['id', 'code']).execute()).map((row) => [
      row.code.toUpperCase(),
      row.id,
    ]),
  )
  const subjectOf = (code: string): number => {
    const id = subjects.get(code)
    if (id === undefined) throw new Error(`the subject ${code} was not written`)
    return id
  }
  await inBatches(
    plan.courses.filter((course) => course.id === null),
    (batch) =>
      db
        .insertInto('course')
        .values(
          batch.map(({ subject, number, values }) => ({
            subject_id: subjectOf(subject),
            number,
            level: levelOf(number),
            ...values,
          })),
        )
        .execute(),
  )
  for (const { id, values } of plan.courses)
    if (id !== null) await db.updateTable('course').set(values).where('id', '=', id).execute()
  const rows = await db
    .selectFrom('course')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .select(['course.id', 'subject.code', 'course.number'])
    .execute()
  return new Map(rows.map((row) => [courseKey(row.code, row.number), row.id]))
}

/** By the usual numbering: 500 or 5000 and above is for graduates. The file does not say it. */
const levelOf = (number: string): 'undergraduate' | 'graduate' =>
  /^([5-9]\d{2}|[5-9]\d{3})\D*$/.test(number) ? 'graduate' : 'undergraduate'

/** A file has names and no numbers: the number is made from the name, so that the next import finds the person again. */
const instructorNumber = (name: string): string =>
  `N${createHash('sha256').update(nameKey(name)).digest('hex').slice(0, 11).toUpperCase()}`

export interface Names {
  readonly rooms: ReadonlyMap<string, number>
  readonly instructors: ReadonlyMap<string, number>
}

export const writeNames = async (db: Db, plan: CataloguePlan, campusId: number): Promise<Names> => {
  await inBatches(plan.rooms, (batch) =>
    db
      .insertInto('room')
      // 0: how many it seats is not known
      .values(batch.map(({ building, number }) => ({ campus_id: campusId, building, number, seats: 0 })))
      .execute(),
  )
  await inBatches(plan.instructors, (batch) =>
    db
      .insertInto('instructor')
      .values(
        batch.map((name) => {
          const words = name.split(' ')
          return {
            number: instructorNumber(name),
            given_name: words.slice(0, -1).join(' '),
            family_name: words.at(-1) ?? name,
            email: '',
            search_text: instructorSearchText(name),
          }
        }),
      )
      .execute(),
  )
  const rooms = await db
    .selectFrom('room')
    .select(['id', 'building', 'number'])
    .orderBy('id', 'desc')
    .execute()
  const people = await db
    .selectFrom('instructor')
    .select(['id', 'given_name', 'family_name'])
    .orderBy('id', 'desc')
    .execute()
  // of two with one name the one that was there first
  return {
    rooms: new Map(rooms.map((row) => [placeKey(row), row.id])),
    instructors: new Map(people.map((row) => [nameKey(`${row.given_name} ${row.family_name}`), row.id])),
  }
}
