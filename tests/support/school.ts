/**
 * A small school of a test's own making, on a fresh database: one open term, one subject, sections as they are
 * asked for, students by number. Built by plain inserts, so that what is tested does not build its own ground.
 */
import { sectionSearchText, sectionSortKey } from '../../apps/portal/src/catalogue/text.ts'
import { connectSource, type Db } from '../../apps/portal/src/db/connect.ts'
import { migrate } from '../../apps/portal/src/db/migrate.ts'
import { atEnd, freshDatabase, type FreshDatabase, type SourceFlavour } from './servers.ts'
import { copyTemplate } from './template.ts'

export interface SectionPlan {
  /** by default each section is one of its own course */
  readonly course?: number
  readonly capacity?: number
  readonly held?: number
  readonly status?: 'active' | 'cancelled'
  /** [days, from, to]; none: arranged */
  readonly meetings?: readonly (readonly [days: string, startsAt: string, endsAt: string])[]
  readonly term?: number
}

/** A registrar's options where what is tested is not how long a form waits: this machine may be very busy. */
export const patient = { budgetMs: 60_000 } as const

export interface School {
  readonly database: FreshDatabase
  readonly db: Db
  /** ids are 1…n in the order of the plans */
  readonly sections: readonly number[]
  /** ids are 1…n, numbers S1…Sn */
  readonly students: readonly number[]
}

const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)

const insertBatches = async <Row>(rows: readonly Row[], insert: (batch: Row[]) => Promise<unknown>) => {
  for (let start = 0; start < rows.length; start += 500) await insert(rows.slice(start, start + 500))
}

/** A database with the portal's tables, and nothing in them. */
export const emptySchool = async (flavour: SourceFlavour): Promise<FreshDatabase> => {
  const database = await freshDatabase(flavour)
  await copyTemplate(
    flavour,
    { name: 'school', fill: async (empty) => void (await migrate(empty)) },
    database,
  )
  return database
}

/** Term 1 is open for registration; term 2 opens next month; the window of term 3 has closed. */
export const makeSchool = async (
  flavour: SourceFlavour,
  plan: {
    readonly students: number
    readonly sections: readonly SectionPlan[]
    readonly connections?: number
  },
): Promise<School> => {
  const database = await emptySchool(flavour)
  const db = connectSource(database.url, { size: plan.connections ?? 10 })
  atEnd(() => db.destroy())
  const window = (from: number, to: number) => ({
    registration_opens_at: `${day(from)} 00:00:00`,
    registration_closes_at: `${day(to)} 00:00:00`,
  })
  const dates = { starts_on: day(30), ends_on: day(140) }
  await db
    .insertInto('term')
    .values([
      { id: 1, code: '203010', name: 'Open', ...dates, ...window(-10, 40) },
      { id: 2, code: '203080', name: 'Later', ...dates, ...window(30, 60) },
      { id: 3, code: '203050', name: 'Closed', ...dates, ...window(-30, -1) },
    ])
    .execute()
  await db.insertInto('subject').values({ id: 1, code: 'CS', name: 'Computing', department: 'D' }).execute()
  await db.insertInto('campus').values({ id: 1, code: 'MAIN', name: 'Main' }).execute()
  const courseOf = (section: SectionPlan, index: number) => section.course ?? 1_000 + index
  const courses = [...new Set(plan.sections.map(courseOf))]
  const credits = { credits_min: '3.00', credits_max: '3.00' }
  await insertBatches(courses, (batch) =>
    db
      .insertInto('course')
      .values(
        batch.map((id) => ({
          id,
          subject_id: 1,
          number: String(id),
          title: `Course ${id}`,
          description: '',
          level: 'undergraduate' as const,
          ...credits,
        })),
      )
      .execute(),
  )
  const rows = plan.sections.map((section, index) => ({
    section,
    id: index + 1,
    course: courseOf(section, index),
  }))
  await insertBatches(rows, (batch) =>
    db
      .insertInto('section')
      .values(
        batch.map(({ section, id, course }) => ({
          id,
          term_id: section.term ?? 1,
          course_id: course,
          crn: String(10_000 + id),
          code: String(id).padStart(3, '0'),
          component: 'lecture' as const,
          mode: 'in_person' as const,
          campus_id: 1,
          ...credits,
          status: section.status ?? ('active' as const),
          capacity: section.capacity ?? 30,
          enrolled: 0,
          held: section.held ?? 0,
          overfull: 0,
          search_text: sectionSearchText({
            subject: 'CS',
            subjectName: 'Computing',
            number: String(course),
            code: String(id),
            title: `Course ${course}`,
            instructors: [],
          }),
          sort_key: sectionSortKey('CS', String(course), String(id).padStart(3, '0')),
        })),
      )
      .execute(),
  )
  const meetings = rows.flatMap(({ section, id }) =>
    (section.meetings ?? []).map(([days, startsAt, endsAt]) => ({
      section_id: id,
      days,
      starts_at: startsAt,
      ends_at: endsAt,
      ...dates,
      room_id: null,
      instructor_id: null,
    })),
  )
  await insertBatches(meetings, (batch) => db.insertInto('meeting').values(batch).execute())
  const students = Array.from({ length: plan.students }, (_, index) => index + 1)
  await insertBatches(students, (batch) =>
    db
      .insertInto('student')
      .values(
        batch.map((id) => ({
          id,
          number: `S${id}`,
          given_name: 'Given',
          family_name: `Family ${id}`,
          preferred_name: null,
          email: `s${id}@example.edu`,
          level: 'undergraduate' as const,
          programme: 'BA',
          class_year: 2030,
          status: 'active' as const,
          admitted_on: '2020-08-15',
        })),
      )
      .execute(),
  )
  return { database, db, sections: rows.map((row) => row.id), students }
}

/** A member of the registrar's office, number R1. */
export const addRegistrar = async (db: Db): Promise<void> => {
  await db
    .insertInto('staff')
    .values({
      id: 1,
      number: 'R1',
      given_name: 'Rae',
      family_name: 'Strar',
      email: 'r1@example.edu',
      role: 'registrar',
    })
    .execute()
}

/** Sections whose counter is not the number of their rows; empty when all is well. */
export const wrongCounters = async (
  db: Db,
): Promise<readonly { id: number; enrolled: number; rows: number }[]> => {
  const counted = await db
    .selectFrom('section')
    .leftJoin('enrolment', 'enrolment.section_id', 'section.id')
    .select(['section.id', 'section.enrolled'])
    .select((eb) => eb.fn.count<number>('enrolment.id').as('rows'))
    .groupBy(['section.id', 'section.enrolled'])
    .execute()
  return counted.filter((row) => row.enrolled !== row.rows)
}
