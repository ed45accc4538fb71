/** What the database holds now, in the form in which a file is compared with it. */
import type { Kysely } from 'kysely'
import { normalise } from '../../catalogue/text.ts'
import { toClock, toMoment } from '../../catalogue/values.ts'
import type { Tables } from '../../db/tables.ts'
import { readKnownLinks } from './catalogue-links.ts'
import { sameTerm } from './catalogue-file.ts'

type Db = Kysely<Tables>

/** The values of a course row that an import writes. */
export interface CourseValues {
  readonly title: string
  readonly description: string
  readonly credits_min: string
  readonly credits_max: string
  readonly prerequisite_text: string | null
  readonly offered: string | null
  /** JSON of the tree that was read from prerequisite_text; null: none, or the text is not regular */
  readonly requirement: string | null
}

export interface KnownMeeting {
  readonly id: number
  /** see `meetingKey` */
  readonly key: string
  /** the same without those who teach it */
  readonly when: string
}

/** The values of a section row that an import writes; `held` only when it was asked for. */
export interface SectionValues {
  readonly course: string
  readonly code: string
  readonly component: Tables['section']['component']
  readonly mode: Tables['section']['mode']
  readonly status: Tables['section']['status']
  readonly credits_min: string
  readonly credits_max: string
  readonly title: string | null
  readonly capacity: number
  readonly search_text: string
  readonly sort_key: string
}

export interface KnownSection {
  readonly id: number
  readonly crn: string
  readonly values: SectionValues
  readonly enrolled: number
  readonly held: number
  readonly meetings: readonly KnownMeeting[]
  /** when and why somebody of the registrar's office cancelled it; null: active, or an import did */
  readonly officeCancelled: { readonly day: string; readonly reason: string } | null
}

export interface KnownTerm {
  readonly id: number
  readonly code: string
  readonly name: string
  readonly starts_on: string
  readonly ends_on: string
  readonly registration_opens_at: string
  readonly registration_closes_at: string
}

export interface CatalogueState {
  readonly term: KnownTerm | null
  /** codes of terms that are there, so that a new one does not take one of them */
  readonly termCodes: ReadonlySet<string>
  /** code → name */
  readonly subjects: ReadonlyMap<string, string>
  /** 'CS 101' → */
  readonly courses: ReadonlyMap<string, { readonly id: number; readonly values: CourseValues }>
  readonly rooms: ReadonlySet<string>
  readonly instructors: ReadonlySet<string>
  /** by CRN */
  readonly sections: ReadonlyMap<string, KnownSection>
  /** pairs of CRNs (catalogue-links.ts) */
  readonly links: ReadonlySet<string>
}

/** Two spellings of one place or name are one, at least wherever the database's collation takes them for one. */
export const placeKey = (place: { readonly building: string; readonly number: string }): string =>
  `${normalise(place.building)}|${normalise(place.number)}`
export const nameKey = (name: string): string => normalise(name)
export const courseKey = (subject: string, number: string): string => `${subject} ${number}`.toUpperCase()

/** All that makes a meeting what it is; equal keys are the same meeting. */
export const meetingKey = (meeting: {
  readonly days: string
  readonly startsAt: string | null
  readonly endsAt: string | null
  readonly startsOn: string
  readonly endsOn: string
  readonly place: { readonly building: string; readonly number: string } | null
  readonly instructors: readonly string[]
}): string =>
  JSON.stringify([
    meeting.days,
    meeting.startsAt,
    meeting.endsAt,
    meeting.startsOn,
    meeting.endsOn,
    meeting.place === null ? null : placeKey(meeting.place),
    meeting.instructors.map(nameKey),
  ])

const grouped = <Row, Key>(rows: readonly Row[], by: (row: Row) => Key): ReadonlyMap<Key, readonly Row[]> => {
  const groups = new Map<Key, Row[]>()
  for (const row of rows) {
    const group = groups.get(by(row))
    if (group === undefined) groups.set(by(row), [row])
    else group.push(row)
  }
  return groups
}

const readKnownMeetings = async (
  db: Db,
  termId: number,
): Promise<ReadonlyMap<number, readonly KnownMeeting[]>> => {
  const rows = await db
    .selectFrom('meeting')
    .innerJoin('section', 'section.id', 'meeting.section_id')
    .leftJoin('room', 'room.id', 'meeting.room_id')
    .leftJoin('instructor', 'instructor.id', 'meeting.instructor_id')
    .select([
      'meeting.id',
      'meeting.section_id',
      'meeting.days',
      'meeting.starts_at',
      'meeting.ends_at',
      'meeting.starts_on',
      'meeting.ends_on',
      'room.building',
      'room.number',
      'instructor.given_name',
      'instructor.family_name',
    ])
    .where('section.term_id', '=', termId)
    .orderBy('meeting.id')
    .execute()
  const beside = await db
    .selectFrom('co_instructor')
    .innerJoin('meeting', 'meeting.id', 'co_instructor.meeting_id')
    .innerJoin('section', 'section.id', 'meeting.section_id')
    .innerJoin('instructor', 'instructor.id', 'co_instructor.instructor_id')
    .select(['co_instructor.meeting_id', 'instructor.given_name', 'instructor.family_name'])
    .where('section.term_id', '=', termId)
    .orderBy('co_instructor.meeting_id')
    .orderBy('co_instructor.position')
    .execute()
  const others = grouped(beside, (row) => row.meeting_id)
  const all = rows.map((row) => {
    const first = row.family_name === null ? [] : [`${row.given_name ?? ''} ${row.family_name}`.trim()]
    const second = (others.get(row.id) ?? []).map((one) => `${one.given_name} ${one.family_name}`.trim())
    const { building, number } = row
    const when = {
      days: row.days,
      startsAt: toClock(row.starts_at),
      endsAt: toClock(row.ends_at),
      startsOn: row.starts_on,
      endsOn: row.ends_on,
      place: building === null || number === null ? null : { building, number },
    }
    return {
      sectionId: row.section_id,
      id: row.id,
      key: meetingKey({ ...when, instructors: [...first, ...second] }),
      when: meetingKey({ ...when, instructors: [] }),
    }
  })
  return grouped(all, (meeting) => meeting.sectionId)
}

/** Sections that the office cancelled by hand, and no import has reinstated since: the trail knows (registrar/office/action.ts). */
const readOfficeCancelled = async (
  db: Db,
  termId: number,
): Promise<ReadonlyMap<number, KnownSection['officeCancelled']>> => {
  const rows = await db
    .selectFrom('staff_action')
    .innerJoin('section', 'section.id', 'staff_action.section_id')
    .select(['section.id', 'staff_action.action', 'staff_action.at', 'staff_action.detail'])
    .where('section.term_id', '=', termId)
    .where('section.status', '=', 'cancelled')
    .where('staff_action.action', 'in', ['section_cancelled', 'section_reinstated'])
    .orderBy('staff_action.id')
    .execute()
  return new Map(
    rows.map(({ id, action, at, detail }) => [
      id,
      action === 'section_cancelled' ? { day: toMoment(at).slice(0, 10), reason: detail } : null,
    ]),
  )
}

const readKnownSections = async (db: Db, termId: number): Promise<ReadonlyMap<string, KnownSection>> => {
  const meetings = await readKnownMeetings(db, termId)
  const officeCancelled = await readOfficeCancelled(db, termId)
  const rows = await db
    .selectFrom('section')
    .innerJoin('course', 'course.id', 'section.course_id')
    .innerJoin('subject', 'subject.id', 'course.subject_id')
    .selectAll('section')
    .select(['subject.code as subject', 'course.number'])
    .where('section.term_id', '=', termId)
    .orderBy('section.id')
    .execute()
  return new Map(
    rows.map((row) => [
      row.crn.toUpperCase(),
      {
        id: row.id,
        crn: row.crn,
        enrolled: row.enrolled,
        held: row.held,
        meetings: meetings.get(row.id) ?? [],
        officeCancelled: officeCancelled.get(row.id) ?? null,
        values: {
          course: courseKey(row.subject, row.number),
          code: row.code,
          component: row.component,
          mode: row.mode,
          status: row.status,
          credits_min: row.credits_min,
          credits_max: row.credits_max,
          title: row.title,
          capacity: row.capacity,
          search_text: row.search_text,
          sort_key: row.sort_key.toString('latin1'),
        },
      },
    ]),
  )
}

/** @param term a term's name or code */
export const readCatalogueState = async (db: Db, term: string): Promise<CatalogueState> => {
  const terms = await db.selectFrom('term').selectAll().orderBy('id').execute()
  const found =
    terms.find((row) => sameTerm(row.code, term)) ?? terms.find((row) => sameTerm(row.name, term)) ?? null
  const subjects = await db.selectFrom('subject').select(['id', 'code', 'name']).execute()
  const codes = new Map(subjects.map((row) => [row.id, row.code]))
  const courses = await db.selectFrom('course').selectAll().execute()
  const rooms = await db.selectFrom('room').select(['building', 'number']).execute()
  const people = await db.selectFrom('instructor').select(['given_name', 'family_name']).execute()
  return {
    term: found,
    termCodes: new Set(terms.map((row) => row.code)),
    subjects: new Map(subjects.map((row) => [row.code.toUpperCase(), row.name])),
    courses: new Map(
      courses.map((row) => [
        courseKey(codes.get(row.subject_id) ?? '', row.number),
        {
          id: row.id,
          values: {
            title: row.title,
            description: row.description,
            credits_min: row.credits_min,
            credits_max: row.credits_max,
            prerequisite_text: row.prerequisite_text,
            offered: row.offered,
            requirement: row.requirement,
          },
        },
      ]),
    ),
    rooms: new Set(rooms.map(placeKey)),
    instructors: new Set(people.map((row) => nameKey(`${row.given_name} ${row.family_name}`))),
    sections: found === null ? new Map() : await readKnownSections(db, found.id),
    links: found === null ? new Set() : await readKnownLinks(db, found.id),
  }
}
