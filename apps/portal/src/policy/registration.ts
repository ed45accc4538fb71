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
  /** ids of the sections on whose waiting lists the student is */
  readonly waiting: ReadonlySet<number>
  /** the sections that were asked for and exist, by id */
  readonly sections: ReadonlyMap<number, SectionRow>
  /** by term id */
  readonly windows: ReadonlyMap<number, TermWindow>
}

/** How the student wants the submission to be dealt with. */
export interface Wishes {
  /** all: nothing is done unless each wish is met, by itself or by its fallback */
  readonly mode: 'most' | 'all'
  /** sections whose waiting list is to be joined where no seat can be had */
  readonly waitlist: ReadonlySet<number>
  /** fallback → the section, earlier in the form, in whose place it is wanted */
  readonly insteadOf: ReadonlyMap<number, number>
}

export const plainWishes: Wishes = { mode: 'most', waitlist: new Set(), insteadOf: new Map() }

export interface PlannedLine {
  /** from 1 */
  readonly position: number
  readonly asked: string
  readonly section: SectionRow | null
  /** enrol and wait: if the counters agree; spare: a fallback that is not needed */
  readonly outcome: 'enrol' | 'wait' | 'spare' | 'refuse'
  /** empty for enrol and wait */
  readonly reasons: readonly Reason[]
  /** sections of this same submission that stand in the way */
  readonly blockedBy: readonly number[]
  /** of 'wait': the fallback that is had meanwhile, and given up when the seat arrives */
  readonly dropOnArrival: number | null
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

/** All that speaks against a section whatever its seats: for a submission, and again when a place on a list becomes a seat. */
export const reasonsAgainst = (section: SectionRow, facts: RegistrationFacts): readonly Reason[] => [
  ...(facts.studentActive ? [] : [reason('student_inactive')]),
  ...windowReasons(facts.now, facts.windows.get(section.term.id)),
  ...(section.status === 'cancelled' ? [reason('cancelled')] : []),
  ...againstOthers(section, facts.enrolled).reasons,
]

type Decision = Pick<PlannedLine, 'outcome' | 'reasons'> & Partial<Pick<PlannedLine, 'blockedBy'>>

const refused = (...reasons: readonly Reason[]): Decision => ({ outcome: 'refuse', reasons })

/** Refusals that leave the student with what was asked for. */
const harmless: ReadonlySet<string> = new Set(['duplicate', 'already_enrolled', 'already_waiting'])

const isMet = ({ outcome, reasons }: PlannedLine): boolean =>
  outcome !== 'refuse' || (reasons.length > 0 && reasons.every(({ code }) => harmless.has(code)))

/** Each wish is met by its own line or by one of its fallbacks, which may have fallbacks of their own. */
const allMet = (lines: readonly PlannedLine[], insteadOf: Wishes['insteadOf']): boolean => {
  const met = new Set(lines.filter(isMet).map(({ section }) => section?.id))
  for (const [fallback, first] of [...insteadOf].toReversed()) if (met.has(fallback)) met.add(first)
  return lines.every((line) => {
    const { section } = line
    if (section === null) return isMet(line)
    return met.has(section.id) || (insteadOf.has(section.id) && met.has(insteadOf.get(section.id)))
  })
}

const nothing = (line: PlannedLine): PlannedLine =>
  line.outcome === 'enrol' || line.outcome === 'wait'
    ? { ...line, outcome: 'refuse', reasons: [reason('all_or_nothing')], dropOnArrival: null }
    : line

export const planRegistration = (
  asked: readonly string[],
  facts: RegistrationFacts,
  wishes: Wishes = plainWishes,
): readonly PlannedLine[] => {
  const seen = new Set<string>()
  const granted: SectionRow[] = []
  const lines: PlannedLine[] = []

  const decide = (section: SectionRow): Decision => {
    if (facts.enrolled.some((other) => other.id === section.id)) return refused(reason('already_enrolled'))
    if (facts.waiting.has(section.id)) return refused(reason('already_waiting'))
    const preferred = lines.find((line) => line.section?.id === wishes.insteadOf.get(section.id))
    if (preferred !== undefined && preferred.section !== null && preferred.outcome !== 'refuse') {
      // the one that is waited for is kept company by its fallback until it arrives
      const spare = preferred.outcome !== 'wait' || preferred.dropOnArrival !== null
      if (spare)
        return {
          outcome: 'spare',
          reasons: [reason('not_needed', sectionLabel(preferred.section))],
          blockedBy: [preferred.section.id],
        }
    }
    const formed = againstOthers(section, granted)
    const reasons = [...reasonsAgainst(section, facts), ...formed.reasons]
    const { blockedBy } = formed
    if (!section.seats.full) return { outcome: reasons.length === 0 ? 'enrol' : 'refuse', reasons, blockedBy }
    if (reasons.length === 0 && wishes.waitlist.has(section.id))
      return { outcome: 'wait', reasons, blockedBy }
    return { outcome: 'refuse', reasons: [...reasons, reason('full')], blockedBy }
  }

  asked.forEach((text, index) => {
    const id = parseId(text.trim())
    const section = id === null ? undefined : facts.sections.get(id)
    const key = id === null ? text.trim() : String(id)
    const decision = seen.has(key)
      ? refused(reason('duplicate'))
      : section === undefined
        ? refused(reason('unknown_section'))
        : decide(section)
    seen.add(key)
    const line: PlannedLine = {
      position: index + 1,
      asked: text,
      section: section ?? null,
      blockedBy: [],
      dropOnArrival: null,
      ...decision,
    }
    lines.push(line)
    if (section === undefined || line.outcome !== 'enrol') return
    granted.push(section)
    const first = lines.findIndex((other) => other.section?.id === wishes.insteadOf.get(section.id))
    const company = lines[first]
    if (company?.outcome === 'wait') lines[first] = { ...company, dropOnArrival: section.id }
  })
  return wishes.mode === 'all' && !allMet(lines, wishes.insteadOf) ? lines.map(nothing) : lines
}
