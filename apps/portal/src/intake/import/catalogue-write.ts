/**
 * Writes a plan. Parents before children, and of sections the row's lock before anything that refers to it, by ascending
 * id: the order of the registrar (registrar/register.ts), so that an import beside registrations never deadlocks with them.
 */
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { writeEvents } from '../../registrar/ledger.ts'
import { writeAction } from '../../registrar/office/action.ts'
import { raiseRevision } from '../../registrar/revision.ts'
import { inBatches } from './batches.ts'
import { homeCampus, type Names, writeCourses, writeNames } from './bulletin-write.ts'
import type { CataloguePlan, SectionPlan } from './catalogue-plan.ts'
import { writeLinks } from './catalogue-links.ts'
import { tellOfImport } from './catalogue-tell.ts'
import type { FileMeeting } from './catalogue-row.ts'
import { nameKey, placeKey, type SectionValues } from './catalogue-state.ts'

type Db = Transaction<Tables>

/**
 * The one statement that writes seats here. `overfull` is what enrolled and held are beyond the capacity, of the row's own
 * `enrolled` at that moment: somebody may have registered since the plan was made.
 */
const updateSection = (
  db: Db,
  id: number,
  values: Omit<SectionValues, 'course' | 'sort_key' | 'status'> & {
    // absent unless the plan reinstates it: the office may have cancelled it since the plan was made
    readonly status?: SectionValues['status']
    readonly course_id: number
    readonly sort_key: Buffer
  },
  held: number | null,
) => {
  const heldNow = held === null ? sql<number>`held` : sql<number>`${held}`
  return db
    .updateTable('section')
    .set({
      // before held and capacity are set: MySQL assigns from left to right
      overfull: sql<number>`GREATEST(0,
        CAST(enrolled AS SIGNED) + CAST(${heldNow} AS SIGNED) - ${values.capacity})`,
      ...(held === null ? {} : { held }),
      ...values,
    })
    .where('id', '=', id)
    .execute()
}

/** Shorter than any code that people give, unique by id: it stands for a moment, while codes change places. */
const passingCode = (id: number): string => `~${id.toString(36).slice(-5)}`

const writeSections = async (
  db: Db,
  plan: CataloguePlan,
  termId: number,
  campusId: number,
  courses: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, number>> => {
  const known = plan.sections.flatMap((section) => (section.known === null ? [] : [section.known]))
  const ids = [...known, ...plan.cancelled].map((section) => section.id).toSorted((a, b) => a - b)
  for (const id of ids) await db.selectFrom('section').select('id').where('id', '=', id).forUpdate().execute()

  for (const { id } of plan.cancelled)
    await db.updateTable('section').set({ status: 'cancelled' }).where('id', '=', id).execute()

  const courseOf = (key: string): number => {
    const id = courses.get(key)
    if (id === undefined) throw new Error(`the course ${key} was not written`)
    return id
  }
  const row = ({ values: { course, sort_key, ...values } }: SectionPlan) => ({
    ...values,
    course_id: courseOf(course),
    sort_key: Buffer.from(sort_key, 'latin1'),
  })
  const changed = plan.sections.filter((section) => section.changed && section.known !== null)
  for (const { known: before, values } of changed)
    if (before !== null && (before.values.code !== values.code || before.values.course !== values.course))
      await db
        .updateTable('section')
        .set({ code: passingCode(before.id) })
        .where('id', '=', before.id)
        .execute()
  for (const { known: before, values, held, ...rest } of changed) {
    if (before === null) continue
    const { status, ...columns } = row({ known: before, values, held, ...rest })
    await updateSection(db, before.id, rest.reinstated ? { ...columns, status } : columns, held)
    if (rest.reinstated && before.officeCancelled !== null)
      await writeAction(db, null, {
        action: 'section_reinstated',
        sectionId: before.id,
        detail: before.officeCancelled.reason,
      })
    const seats = values.capacity !== before.values.capacity || (held !== null && held !== before.held)
    if (seats)
      await writeEvents(db, { actor: 'system', studentId: null }, [
        { sectionId: before.id, event: 'capacity_changed' },
      ])
  }

  await inBatches(
    plan.sections.filter((section) => section.known === null),
    (batch) =>
      db
        .insertInto('section')
        .values(
          batch.map((section) => ({
            ...row(section),
            term_id: termId,
            crn: section.crn,
            campus_id: campusId,
            enrolled: 0,
            held: section.held ?? 0,
            overfull: Math.max(0, (section.held ?? 0) - section.values.capacity),
          })),
        )
        .execute(),
  )
  const rows = await db.selectFrom('section').select(['id', 'crn']).where('term_id', '=', termId).execute()
  return new Map(rows.map((one) => [one.crn.toUpperCase(), one.id]))
}

const writeMeetings = async (
  db: Db,
  plan: CataloguePlan,
  sections: ReadonlyMap<string, number>,
  names: Names,
): Promise<void> => {
  const idOf = (name: string): number | null => names.instructors.get(nameKey(name)) ?? null
  const row = (meeting: FileMeeting) => ({
    days: meeting.days,
    starts_at: meeting.startsAt,
    ends_at: meeting.endsAt,
    starts_on: meeting.startsOn,
    ends_on: meeting.endsOn,
    room_id: meeting.place === null ? null : (names.rooms.get(placeKey(meeting.place)) ?? null),
    instructor_id: idOf(meeting.instructors[0] ?? ''),
  })
  const beside = (meetingId: number, meeting: FileMeeting) =>
    meeting.instructors.slice(1).flatMap((name, index) => {
      const id = idOf(name)
      return id === null ? [] : [{ meeting_id: meetingId, position: index + 2, instructor_id: id }]
    })

  const gone = plan.sections.flatMap(({ meetings }) => [
    ...meetings.remove,
    ...meetings.change.map(({ id }) => id),
  ])
  await inBatches(gone, (batch) => db.deleteFrom('co_instructor').where('meeting_id', 'in', batch).execute())
  await inBatches(
    plan.sections.flatMap(({ meetings }) => meetings.remove),
    (batch) => db.deleteFrom('meeting').where('id', 'in', batch).execute(),
  )
  const others = plan.sections.flatMap(({ meetings }) =>
    meetings.change.flatMap(({ id, meeting }) => beside(id, meeting)),
  )
  for (const { id, meeting } of plan.sections.flatMap(({ meetings }) => meetings.change))
    await db.updateTable('meeting').set(row(meeting)).where('id', '=', id).execute()

  const added = plan.sections.flatMap(({ crn, meetings }) => {
    const sectionId = sections.get(crn)
    if (sectionId === undefined) throw new Error(`the section ${crn} was not written`)
    return meetings.add.map((meeting) => ({ sectionId, meeting }))
  })
  const values = ({ sectionId, meeting }: (typeof added)[number]) => ({
    section_id: sectionId,
    ...row(meeting),
  })
  // One by one where several teach, as the server tells one new id only; and whole sections so, to keep their order.
  const shared = new Set(
    added.filter(({ meeting }) => meeting.instructors.length > 1).map(({ sectionId }) => sectionId),
  )
  await inBatches(
    added.filter(({ sectionId }) => !shared.has(sectionId)),
    (batch) => db.insertInto('meeting').values(batch.map(values)).execute(),
  )
  for (const one of added.filter(({ sectionId }) => shared.has(sectionId))) {
    const made = await db.insertInto('meeting').values(values(one)).executeTakeFirstOrThrow()
    others.push(...beside(Number(made.insertId), one.meeting))
  }
  await inBatches(others, (batch) => db.insertInto('co_instructor').values(batch).execute())
}

export const writeCatalogue = async (db: Db, plan: CataloguePlan, termId: number): Promise<void> => {
  const campusId = await homeCampus(db)
  const courses = await writeCourses(db, plan)
  const names = await writeNames(db, plan, campusId)
  const sections = await writeSections(db, plan, termId, campusId, courses)
  await writeMeetings(db, plan, sections, names)
  await writeLinks(db, plan.links.add, sections)
  await tellOfImport(db, plan)
  await raiseRevision(db)
}
