/**
 * File × database → what has to be written, and what the write would take away. Pure: a dry run is this and nothing more.
 *
 * - Nothing is ever deleted but a meeting. A section that the file no longer holds is cancelled: students, receipts and
 *   grades refer to it.
 * - `enrolled` is never written: it counts rows, and the registrar alone changes both.
 * - A removal is: a section that would be cancelled, fewer seats, fewer meetings. One alone stops the import until it is allowed.
 * - A section that an import cancelled is reinstated when a file holds it again; what the registrar's office cancelled by hand
 *   stays as it is, unless that is allowed.
 * - While the file has rows of which not even the section can be told, none follows from it at all, allowed or not: the sections
 *   that would lose something stay as they are.
 */
import { sectionSearchText, sectionSortKey } from '../../catalogue/text.ts'
import { parseRequirement } from '../../policy/requirement-text.ts'
import type { CatalogueFile, FileSection } from './catalogue-file.ts'
import { type LinksPlan, planLinks } from './catalogue-links.ts'
import type { FileMeeting, FilePlace } from './catalogue-row.ts'
import {
  type CatalogueState,
  courseKey,
  type CourseValues,
  type KnownSection,
  meetingKey,
  nameKey,
  placeKey,
  type SectionValues,
} from './catalogue-state.ts'
import type { Rejected } from './failure.ts'

export interface PlanOptions {
  /** keep the file's numbers of students as seats held elsewhere */
  readonly keepEnrolled: boolean
  /** make sections active again that the registrar's office cancelled by hand */
  readonly allowReinstatements: boolean
}

export interface SectionPlan {
  readonly crn: string
  /** null: new */
  readonly known: KnownSection | null
  readonly values: SectionValues
  /** null: as it is, or 0 when it is new */
  readonly held: number | null
  /** true when a column changes */
  readonly changed: boolean
  /** true when it was cancelled, and becomes active */
  readonly reinstated: boolean
  /** it is there, and its days, times, dates or places become others */
  readonly moved: boolean
  readonly meetings: {
    readonly add: readonly FileMeeting[]
    readonly change: readonly { readonly id: number; readonly meeting: FileMeeting }[]
    readonly remove: readonly number[]
  }
}

export interface Removal {
  readonly crn: string
  /** 'CS 101-001' */
  readonly label: string
  readonly kind: 'section' | 'seats' | 'meetings'
  readonly words: string
}

/** A section of the file that is cancelled in the portal. */
export interface Cancelled {
  readonly crn: string
  readonly label: string
  readonly words: string
}

export interface CataloguePlan {
  readonly subjects: readonly { readonly code: string; readonly department: string }[]
  readonly courses: readonly {
    readonly subject: string
    readonly number: string
    /** null: new */
    readonly id: number | null
    readonly values: CourseValues
  }[]
  readonly rooms: readonly FilePlace[]
  readonly instructors: readonly string[]
  readonly sections: readonly SectionPlan[]
  readonly cancelled: readonly KnownSection[]
  readonly removals: readonly Removal[]
  /** what would be removals, if the file had no rows whose section cannot be told */
  readonly heldBack: readonly Removal[]
  /** sections that become active again */
  readonly reinstated: readonly Cancelled[]
  /** sections that the office cancelled by hand, and that stay so */
  readonly keptCancelled: readonly Cancelled[]
  readonly links: LinksPlan
  /** rows that are well formed but do not fit to what is there */
  readonly rejected: readonly Rejected[]
}

/** The most frequent; of equally frequent ones the first. */
const commonest = (words: readonly string[]): string => {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? ''
}

const same = (a: object, b: object): boolean => JSON.stringify(a) === JSON.stringify(b)

const planCourses = (sections: readonly FileSection[], state: CatalogueState): CataloguePlan['courses'] => {
  const groups = new Map<string, FileSection[]>()
  for (const section of sections) {
    const key = courseKey(section.subject, section.number)
    groups.set(key, [...(groups.get(key) ?? []), section])
  }
  return [...groups].flatMap(([key, own]) => {
    const [first] = own
    if (first === undefined) return []
    const credits = own.flatMap((section) => [section.creditsMin, section.creditsMax]).map(Number)
    const read = parseRequirement(first.prerequisites)
    const values: CourseValues = {
      title: commonest(own.map((section) => section.title)),
      description: first.description,
      credits_min: Math.min(...credits).toFixed(2),
      credits_max: Math.max(...credits).toFixed(2),
      prerequisite_text: first.prerequisites,
      offered: first.offered,
      requirement: read.state === 'tree' ? JSON.stringify(read.requirement) : null,
    }
    const known = state.courses.get(key)
    if (known !== undefined && same(known.values, values)) return []
    return [{ subject: first.subject, number: first.number, id: known?.id ?? null, values }]
  })
}

const modeOf = (meetings: readonly FileMeeting[]): SectionValues['mode'] =>
  meetings.every((meeting) => meeting.online)
    ? 'online'
    : meetings.some((meeting) => meeting.online)
      ? 'hybrid'
      : 'in_person'

const valuesOf = (section: FileSection, subjectName: string): SectionValues => ({
  course: courseKey(section.subject, section.number),
  code: section.code,
  component: section.component,
  mode: modeOf(section.meetings),
  status: 'active',
  credits_min: section.creditsMin,
  credits_max: section.creditsMax,
  title: section.title,
  capacity: section.capacity,
  search_text: sectionSearchText({
    subject: section.subject,
    subjectName,
    number: section.number,
    code: section.code,
    title: section.title,
    instructors: [...new Set(section.meetings.flatMap((meeting) => meeting.instructors))],
  }),
  sort_key: sectionSortKey(section.subject, section.number, section.code).toString('latin1'),
})

/** Equal meetings stay as they are; of the others as many as possible are changed in place, so that ids last. */
const planMeetings = (
  wanted: readonly FileMeeting[],
  known: KnownSection | null,
): SectionPlan['meetings'] => {
  const left = [...(known?.meetings ?? [])]
  const missing = wanted.filter((meeting) => {
    const key = meetingKey(meeting)
    const place = left.findIndex((other) => other.key === key)
    if (place === -1) return true
    left.splice(place, 1)
    return false
  })
  const change = missing.slice(0, left.length).flatMap((meeting, index) => {
    const id = left[index]?.id
    return id === undefined ? [] : [{ id, meeting }]
  })
  return {
    change,
    add: missing.slice(left.length),
    remove: left.slice(missing.length).map((meeting) => meeting.id),
  }
}

/** All but who teaches. */
const isMoved = (wanted: readonly FileMeeting[], known: KnownSection): boolean => {
  const when = wanted.map((meeting) => meetingKey({ ...meeting, instructors: [] }))
  return !same(when.toSorted(), known.meetings.map((meeting) => meeting.when).toSorted())
}

const planSection = (section: FileSection, state: CatalogueState, options: PlanOptions): SectionPlan => {
  const known = state.sections.get(section.crn) ?? null
  const values = valuesOf(section, state.subjects.get(section.subject) ?? section.subject)
  const held = options.keepEnrolled ? section.taken : null
  return {
    crn: section.crn,
    known,
    values,
    held,
    reinstated: known !== null && known.values.status !== values.status,
    changed: known === null || !same(known.values, values) || (held !== null && held !== known.held),
    moved: known !== null && isMoved(section.meetings, known),
    meetings: planMeetings(section.meetings, known),
  }
}

const label = (known: KnownSection): string => `${known.values.course}-${known.values.code}`
const describeCancelled = (known: KnownSection): Cancelled => ({
  crn: known.crn,
  label: label(known),
  words:
    known.officeCancelled === null
      ? 'was cancelled by an import'
      : `was cancelled by the registrar’s office on ${known.officeCancelled.day} (${known.officeCancelled.reason})`,
})
const students = (count: number): string => `${count} ${count === 1 ? 'student' : 'students'} enrolled`

const findRemovals = (
  plans: readonly SectionPlan[],
  cancelled: readonly KnownSection[],
  absent = 'is not in the file and would be cancelled',
): readonly Removal[] => [
  ...cancelled.map((known) => ({
    crn: known.crn,
    label: label(known),
    kind: 'section' as const,
    words: `${absent} (${students(known.enrolled)})`,
  })),
  ...plans.flatMap(({ crn, known, values, meetings }): readonly Removal[] => {
    if (known === null) return []
    const base = { crn, label: label(known) }
    const seats: Removal = {
      ...base,
      kind: 'seats',
      words: `would shrink from ${known.values.capacity} to ${values.capacity} seats (${students(known.enrolled)})`,
    }
    const fewer: Removal = {
      ...base,
      kind: 'meetings',
      words: `would lose ${meetings.remove.length} of ${known.meetings.length} meetings (${students(known.enrolled)})`,
    }
    return [
      ...(values.capacity < known.values.capacity ? [seats] : []),
      ...(meetings.remove.length > 0 ? [fewer] : []),
    ]
  }),
]

/**
 * Rows that would take the code of a section which keeps it: one that the file does not hold, or that is itself left as
 * it is. Found again until nothing is added, since a section that is left out keeps its own old code, too.
 */
const findClashes = (
  sections: readonly FileSection[],
  state: CatalogueState,
): ReadonlyMap<string, string> => {
  const holders = new Map([...state.sections].map(([crn, known]) => [label(known).toUpperCase(), crn]))
  const clashes = new Map<string, string>()
  const moving = new Set(sections.map((section) => section.crn))
  for (let before = -1; before < clashes.size; ) {
    before = clashes.size
    for (const { crn, subject, number, code } of sections) {
      const name = `${courseKey(subject, number)}-${code}`
      const holder = holders.get(name)
      if (!moving.has(crn) || holder === undefined || holder === crn || moving.has(holder)) continue
      clashes.set(
        crn,
        `${name} is the section with CRN ${holder}, which the portal has and which stays as it is`,
      )
      moving.delete(crn)
    }
  }
  return clashes
}

export const planCatalogue = (
  file: CatalogueFile,
  state: CatalogueState,
  options: PlanOptions,
): CataloguePlan => {
  const named = new Set([...file.sections.map((section) => section.crn), ...file.untouched])
  const missing = [...state.sections]
    .filter(([crn, known]) => !named.has(crn) && known.values.status === 'active')
    .map(([, known]) => known)
  const kept = options.allowReinstatements
    ? []
    : file.sections.flatMap(({ crn }) => {
        const known = state.sections.get(crn)
        return known === undefined || known.officeCancelled === null ? [] : [known]
      })
  const heldBack =
    file.unread === 0
      ? []
      : findRemovals(
          file.sections.map((section) => planSection(section, state, options)),
          missing,
          'is in no row that could be read',
        )
  const still = new Set([...heldBack, ...kept].map(({ crn }) => crn.toUpperCase()))
  const cancelled = file.unread === 0 ? missing : []
  const movable = file.sections.filter((section) => !still.has(section.crn))
  const clashes = findClashes(movable, state)
  const sections = movable.filter((section) => !clashes.has(section.crn))
  const all = sections.map((section) => planSection(section, state, options))
  const meetings = sections.flatMap((section) => section.meetings)
  const places = meetings.flatMap((meeting) => (meeting.place === null ? [] : [meeting.place]))
  const people = meetings.flatMap((meeting) => meeting.instructors)
  return {
    subjects: [
      ...new Map(
        sections.map(({ subject, department }) => [subject, { code: subject, department }]),
      ).values(),
    ].filter((subject) => !state.subjects.has(subject.code)),
    courses: planCourses(sections, state),
    // of several spellings the first one in the file
    rooms: [...new Map(places.toReversed().map((place) => [placeKey(place), place]))]
      .filter(([key]) => !state.rooms.has(key))
      .map(([, place]) => place),
    instructors: [...new Map(people.toReversed().map((name) => [nameKey(name), name]))]
      .filter(([key]) => !state.instructors.has(key))
      .map(([, name]) => name),
    sections: all.filter(
      ({ changed, meetings: { add, change, remove } }) =>
        changed || add.length + change.length + remove.length > 0,
    ),
    cancelled,
    links: planLinks(sections, state),
    removals: findRemovals(all, cancelled),
    heldBack,
    reinstated: all.flatMap(({ known, reinstated }) =>
      known === null || !reinstated ? [] : [describeCancelled(known)],
    ),
    keptCancelled: kept.map(describeCancelled),
    rejected: file.sections.flatMap(({ crn, line }) => {
      const reason = clashes.get(crn)
      return reason === undefined ? [] : [{ line, reason }]
    }),
  }
}
