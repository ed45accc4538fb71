/**
 * May this student have these sections? Pure: facts in, a plan out. It is decided for the cart to show what would
 * stand in the way, and again inside the transaction that writes; seats are only settled there, by the counter.
 *
 * The sections are taken in the order of the form: an earlier one that gets in can stand in a later one's way.
 */
import type { SectionRow, Term } from '../catalogue/types.ts'
import { describeOverlap, overlap } from './meeting.ts'
import { type Reason, reason } from './reasons.ts'

export type TermWindow = Pick<Term, 'registrationOpensAt' | 'registrationClosesAt'>

export interface RegistrationFacts {
  /** ISO moment of the decision */
  readonly now: string
  readonly studentActive: boolean
  /** what the student is enrolled in now, in all terms that are not over */
  readonly enrolled: readonly SectionRow[]
  /** the sections that were asked for and exist, by id */
  readonly sections: ReadonlyMap<number, SectionRow>
  /** by term id */
  readonly windows: ReadonlyMap<number, TermWindow>
}

export interface PlannedLine {
  /** from 1 */
  readonly position: number
  readonly asked: string
  readonly section: SectionRow | null
  /** empty: it is to be enrolled, if the counter agrees */
  readonly reasons: readonly Reason[]
  /** sections of this same submission that stand in the way */
  readonly blockedBy: readonly number[]
}

export const sectionLabel = (section: Pick<SectionRow, 'code' | 'section'>): string =>
  `${section.code}-${section.section}`

/** A section id as a form gives it; null for whatever is no such number. */
export const parseId = (text: string): number | null => {
  const number = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : null
}

const windowReasons = (now: string, window: TermWindow | undefined): readonly Reason[] => {
  if (window === undefined) return []
  if (now < window.registrationOpensAt)
    return [reason('window_before', window.registrationOpensAt.slice(0, 10))]
  if (now >= window.registrationClosesAt)
    return [reason('window_closed', window.registrationClosesAt.slice(0, 10))]
  return []
}

const sameCourse = (a: SectionRow, b: SectionRow): boolean =>
  a.courseId === b.courseId && a.term.id === b.term.id && a.component === b.component

/** Every reason that speaks against a section beside others, and which of the others gave one. */
const againstOthers = (section: SectionRow, others: readonly SectionRow[]) => {
  const reasons: Reason[] = []
  const blockedBy: number[] = []
  for (const other of others) {
    const same = sameCourse(section, other)
    const clash = overlap(section.meetings, other.meetings)
    if (same) reasons.push(reason('other_section', sectionLabel(other)))
    if (clash !== null) reasons.push(reason('overlaps', `${sectionLabel(other)} (${describeOverlap(clash)})`))
    if (same || clash !== null) blockedBy.push(other.id)
  }
  return { reasons, blockedBy }
}

export const planRegistration = (
  asked: readonly string[],
  facts: RegistrationFacts,
): readonly PlannedLine[] => {
  const seen = new Set<string>()
  const granted: SectionRow[] = []
  return asked.map((text, index) => {
    const position = index + 1
    const id = parseId(text.trim())
    const section = id === null ? undefined : facts.sections.get(id)
    const line = (
      found: SectionRow | null,
      reasons: readonly Reason[],
      blockedBy: readonly number[] = [],
    ) => ({
      position,
      asked: text,
      section: found,
      reasons,
      blockedBy,
    })
    const key = id === null ? text.trim() : String(id)
    if (seen.has(key)) return line(section ?? null, [reason('duplicate')])
    seen.add(key)
    if (section === undefined) return line(null, [reason('unknown_section')])
    if (facts.enrolled.some((other) => other.id === section.id))
      return line(section, [reason('already_enrolled')])

    const held = againstOthers(section, facts.enrolled)
    const formed = againstOthers(section, granted)
    const reasons = [
      ...(facts.studentActive ? [] : [reason('student_inactive')]),
      ...windowReasons(facts.now, facts.windows.get(section.term.id)),
      ...(section.status === 'cancelled' ? [reason('cancelled')] : []),
      ...held.reasons,
      ...formed.reasons,
      ...(section.seats.full ? [reason('full')] : []),
    ]
    if (reasons.length === 0) granted.push(section)
    return line(section, reasons, formed.blockedBy)
  })
}
