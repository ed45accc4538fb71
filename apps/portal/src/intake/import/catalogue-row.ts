/** One row of a catalogue file: the section that it belongs to, and one meeting of it. */
import { normalise } from '../../catalogue/text.ts'
import type { Component } from '../../catalogue/types.ts'
import type { Columns, ColumnSpec } from './columns.ts'
import type { FileRecord } from './records.ts'
import {
  fault,
  readChoice,
  readClock,
  readCode,
  readCount,
  readCredits,
  readDay,
  readDays,
  readLine,
  readWords,
} from './values.ts'

const one = (required: boolean, ...names: readonly string[]): ColumnSpec => ({ names, required })

/** First the names of registration systems' exports, then plainer ones. */
export const catalogueColumns = {
  crn: one(true, 'course_crn', 'crn'),
  subject: one(true, 'course_department', 'subject'),
  number: one(true, 'course_level', 'number', 'course_number'),
  section: one(true, 'course_section', 'section'),
  fullTitle: one(false, 'full_name', 'title'),
  title: one(true, 'course_name', 'title', 'full_name'),
  credits: one(true, 'course_credit_hours', 'credits'),
  capacity: one(true, 'course_max_enroll', 'capacity', 'seats'),
  taken: one(false, 'course_enrolled', 'enrolled'),
  component: one(false, 'course_type', 'component'),
  days: one(false, 'course_days_of_the_week', 'days'),
  startsAt: one(false, 'course_start_time', 'start_time'),
  endsAt: one(false, 'course_end_time', 'end_time'),
  startsOn: one(true, 'course_start_date', 'start_date'),
  endsOn: one(true, 'course_end_date', 'end_date'),
  place: one(false, 'course_location', 'location', 'room'),
  instructors: one(false, 'course_instructor', 'instructor', 'instructors'),
  linked: one(false, 'linked_crns', 'linked'),
  semester: one(false, 'semester', 'term'),
  description: one(false, 'description'),
  prerequisites: one(false, 'raw_precoreqs', 'prerequisite_text'),
  offered: one(false, 'offer_frequency', 'offered'),
  department: one(false, 'school', 'faculty'),
  // known, and left alone on purpose: what they say stands in other columns, or is not reliable
  remained: one(false, 'course_remained'),
  shortName: one(false, 'short_name'),
  parsedPrerequisites: one(false, 'prerequisites'),
  parsedCorequisites: one(false, 'corequisites'),
} as const

export type CatalogueColumns = Columns<keyof typeof catalogueColumns>

export interface FilePlace {
  readonly building: string
  /** '' where only the building is known */
  readonly number: string
}

export interface FileMeeting {
  readonly days: string
  /** 'HH:MM', null together with empty days */
  readonly startsAt: string | null
  readonly endsAt: string | null
  readonly startsOn: string
  readonly endsOn: string
  readonly place: FilePlace | null
  readonly online: boolean
  readonly instructors: readonly string[]
}

/** What all rows of one section must agree on. */
export interface SectionHead {
  readonly crn: string
  readonly subject: string
  readonly number: string
  readonly code: string
  readonly title: string
  readonly description: string
  readonly prerequisites: string | null
  readonly offered: string | null
  readonly department: string
  readonly creditsMin: string
  readonly creditsMax: string
  readonly component: Component
  readonly capacity: number
  /** students elsewhere, as the file counts them */
  readonly taken: number
  /** CRNs of sections that are taken together with it, with blanks between, ascending; '' for none */
  readonly linked: string
}

const components: Readonly<Record<string, Component>> = {
  lec: 'lecture',
  lecture: 'lecture',
  lab: 'laboratory',
  laboratory: 'laboratory',
  sem: 'seminar',
  seminar: 'seminar',
  rec: 'discussion',
  recitation: 'discussion',
  dis: 'discussion',
  discussion: 'discussion',
  stu: 'studio',
  studio: 'studio',
}

/** No name yet. */
const isOpen = (text: string): boolean => /^(|tba|tbd|staff|to be (announced|determined))$/i.test(text)

/** 'Greene Building STU' → building and room; a blank at the end says that there is no room: 'Gurley Building '. */
export const readPlace = (raw: string): { readonly place: FilePlace | null; readonly online: boolean } => {
  const text = raw.trim().replace(/\s+/g, ' ')
  if (/^online\b/i.test(text)) return { place: null, online: true }
  if (isOpen(text)) return { place: null, online: false }
  const [, building, number] = /^(.+) (\S*\d\S*|[A-Z]{2,4})$/.exec(raw.endsWith(' ') ? '' : text) ?? []
  return {
    place: {
      building: readWords('The building', building ?? text, 80, 'needed'),
      number: readWords('The room', number ?? '', 12, 'empty'),
    },
    online: false,
  }
}

/** 'Ann Lee/Bo Ruiz' → both names; TBA is nobody. */
const readInstructors = (text: string): readonly string[] => {
  const names = text
    .split(/[/;]/)
    .map((name) => name.trim().replace(/\s+/g, ' '))
    .filter((name) => !isOpen(name) && normalise(name) !== '')
    .map((name) => readWords('The instructor', name, 80, 'needed'))
  return names.filter(
    (name, index) => names.findIndex((other) => normalise(other) === normalise(name)) === index,
  )
}

/** '10002, 10003' → '10002 10003' @throws FieldFault */
const readLinked = (text: string): string =>
  [
    ...new Set(
      text
        .split(/[\s,;]+/)
        .filter((crn) => crn !== '')
        .map((crn) => readCode('The linked CRN', crn, 8)),
    ),
  ]
    .toSorted()
    .join(' ')

/** Texts that no column limits but TEXT itself: 65,535 bytes, of at most four a character. */
const longText = 16_000

/** @throws FieldFault */
export const readCrn = (columns: CatalogueColumns, record: FileRecord): string =>
  readCode('The CRN', columns.text(record, 'crn'), 8)

/** @throws FieldFault */
export const readHead = (columns: CatalogueColumns, record: FileRecord): SectionHead => {
  const text = (field: keyof typeof catalogueColumns) => columns.text(record, field)
  const credits = readCredits('The credits', text('credits'))
  const full = text('fullTitle')
  return {
    crn: readCrn(columns, record),
    subject: readCode('The subject', text('subject'), 8),
    number: readCode('The course number', text('number'), 8),
    code: readCode('The section', text('section'), 6),
    title: readLine('The title', full === '' ? text('title') : full, 120, 'needed'),
    description: readWords('The description', text('description'), longText, 'empty'),
    prerequisites: readWords('The prerequisite text', text('prerequisites'), longText, 'empty') || null,
    offered: readLine('The frequency', text('offered'), 160, 'empty') || null,
    department: readLine('The school', text('department'), 80, 'empty'),
    creditsMin: credits.min,
    creditsMax: credits.max,
    component: text('component') === '' ? 'lecture' : readChoice('The type', text('component'), components),
    capacity: readCount('The number of seats', text('capacity')),
    taken: columns.has('taken') ? readCount('The number enrolled', text('taken')) : 0,
    linked: readLinked(text('linked')),
  }
}

/**
 * @returns the meeting, and words where the file says something that a timetable cannot hold
 * @throws FieldFault
 */
export const readMeeting = (
  columns: CatalogueColumns,
  record: FileRecord,
): { readonly meeting: FileMeeting; readonly remark: string | null } => {
  const text = (field: keyof typeof catalogueColumns) => columns.text(record, field)
  const days = readDays('The days', text('days'))
  const startsAt = text('startsAt') === '' ? null : readClock('The start', text('startsAt'))
  const endsAt = text('endsAt') === '' ? null : readClock('The end', text('endsAt'))
  const startsOn = readDay('The first day', text('startsOn'))
  const endsOn = readDay('The last day', text('endsOn'))
  if (endsOn < startsOn) throw fault('The last day', endsOn, `it lies before the first day, ${startsOn}`)
  if ((startsAt === null) !== (endsAt === null))
    throw fault(startsAt === null ? 'The start' : 'The end', '', 'start and end are wanted, or neither')
  if (startsAt !== null && endsAt !== null && endsAt <= startsAt)
    throw fault('The end', text('endsAt'), `it is not after the start, ${startsAt}`)
  // Real files hold a day without a time, or a time without a day: nobody can be there, so it is "arranged".
  const half = (days === '') !== (startsAt === null)
  const remark = !half
    ? null
    : days === ''
      ? `a time (${startsAt}–${endsAt}) without a day is kept as "arranged"`
      : `a day (${days}) without a time is kept as "arranged"`
  return {
    meeting: {
      days: half ? '' : days,
      startsAt: half ? null : startsAt,
      endsAt: half ? null : endsAt,
      startsOn,
      endsOn,
      ...readPlace(columns.raw(record, 'place')),
      instructors: readInstructors(text('instructors')),
    },
    remark,
  }
}
