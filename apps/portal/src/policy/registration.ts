/**
 * May this student have these sections? Pure: facts in, a plan out. It is decided for the cart to show what would
 * stand in the way, and again inside the transaction that writes; seats are only settled there, by the counter.
 *
 * The sections are taken in the order of the form: an earlier one that gets in can stand in a later one's way. Sections that rely
 * on each other (a lecture and its laboratory, a co-requisite) are first presumed to be had all; whichever is not is no longer
 * presumed, and all is decided again, until what was presumed is what is had.
 */
import type { SectionRow, Term } from '../catalogue/types.ts'
import { againstOthers, sectionLabel } from './conflict.ts'
import { creditReasons } from './credit-limit.ts'
import { holdReasons } from './hold.ts'
import { linkedWith } from './linked.ts'
import { choicesThatWait } from './together.ts'
import { findLifting, notLifted, raisedLimit } from './override.ts'
import { requirementOf } from './prerequisite.ts'
import { type Reason, reason } from './reasons.ts'
import { repeatReasons } from './repeat.ts'
import { chooseSeat, type SeatChoice } from './reserve.ts'
import type { Override, RuleFacts } from './rules.ts'
import { isEarly, isServed, ownOpening, windowReasons } from './window.ts'

export { sectionLabel }

export interface RegistrationFacts {
  /** ISO moment of the decision */
  readonly now: string
  readonly studentActive: boolean
  /** what the student is enrolled in now, in all terms that are not over, or whose grades are still to come */
  readonly enrolled: readonly SectionRow[]
  /** ids of those of them that have a grade: they stand in `rules.history`, and are not being taken any more */
  readonly graded: ReadonlySet<number>
  /** ids of sections that the student has withdrawn from; none of them is in `enrolled` */
  readonly withdrawn: ReadonlySet<number>
  /** ids of the sections on whose waiting lists the student is */
  readonly waiting: ReadonlySet<number>
  /** those sections */
  readonly waitingFor: readonly SectionRow[]
  /** the sections that were asked for and exist, by id */
  readonly sections: ReadonlyMap<number, SectionRow>
  /** by term id */
  readonly windows: ReadonlyMap<number, Pick<Term, 'registrationOpensAt' | 'registrationClosesAt'>>
  readonly rules: RuleFacts
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
  /** what is to be known and stops nobody */
  readonly advice: readonly Reason[]
  /** nothing but the moment stands in the way: it can be had when registration opens */
  readonly ready: boolean
  /** sections of this same submission that stand in the way */
  readonly blockedBy: readonly number[]
  /** sections of this same submission without which it could not be had */
  readonly needs: readonly number[]
  /** of 'enrol' and 'wait': the reserve whose seat it is; null: anybody's */
  readonly reserveId: number | null
  /** of 'enrol': how its seat is taken, and the permission without which it could not be had */
  readonly take: SeatChoice['take']
  readonly overrideId: number | null
  /** of 'wait': why there is no seat now */
  readonly seat: Reason | null
  /** of 'wait': the fallback that is had meanwhile, and given up when the seat arrives */
  readonly dropOnArrival: number | null
  /** of 'wait': there is a seat, but none of what it is taken with, and a fallback is kept until both are had */
  readonly half: boolean
  /** of 'wait': the same number for sections that arrive in one moment, or not at all; null: it arrives by itself */
  readonly together: number | null
}

/** A section id as a form gives it; null for whatever is no such number. */
export const parseId = (text: string): number | null => {
  const number = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : null
}

/** What else of the same form there is. */
interface Beside {
  /** had already */
  readonly granted: readonly SectionRow[]
  /** presumed to be had, before or after it */
  readonly presumed: readonly SectionRow[]
}

type Judged = Pick<PlannedLine, 'reasons' | 'advice' | 'blockedBy' | 'needs'>

/** In how many terms but its own the section's course is being taken. A laboratory of no credits is no attempt, and never graded. */
const underWay = ({ courseId, term }: SectionRow, taking: readonly SectionRow[]): number =>
  new Set(
    taking
      .filter((other) => other.courseId === courseId && other.term.id !== term.id && other.credits.max > 0)
      .map((other) => other.term.id),
  ).size

/** The permissions that will still be in force when the section can be had: the plan days before must not count on the others. */
const permissionsFor = (
  section: SectionRow,
  { now, rules, windows }: Pick<RegistrationFacts, 'now' | 'rules' | 'windows'>,
): readonly Override[] => {
  const { overrides, student } = rules
  const window = windows.get(section.term.id)
  if (overrides.length === 0 || window === undefined) return overrides
  const term = rules.terms.get(section.term.id)
  const isBefore = notLifted(windowReasons(now, window, term, student), overrides, section).some(isEarly)
  const opens = isBefore ? ownOpening(window, term, student) : now
  return overrides.filter(({ expiresAt }) => expiresAt === null || expiresAt > opens)
}

/** Every rule but seats, each in its file; all reasons at once. */
const judge = (section: SectionRow, facts: RegistrationFacts, { granted, presumed }: Beside): Judged => {
  const { rules } = facts
  const term = rules.terms.get(section.term.id)
  const course = rules.courses.get(section.courseId)
  const had = [...facts.enrolled, ...granted]
  const isTaken = ({ id }: SectionRow): boolean => !facts.graded.has(id)
  const taking = had.filter(isTaken)
  const others = presumed.filter(({ id }) => id !== section.id)
  const waiting = facts.waitingFor.filter(({ id }) => id !== section.id)
  const asked = requirementOf(section, course, rules, taking, others, waiting)
  const overrides = permissionsFor(section, facts)
  const linked = linkedWith(
    rules.links.get(section.id) ?? [],
    new Set([...had.map(({ id }) => id), ...facts.waiting]),
    new Set(others.map(({ id }) => id)),
  )
  const formed = againstOthers(section, granted, false)
  const reasons = [
    ...(facts.studentActive ? [] : [reason('student_inactive')]),
    ...holdReasons(rules),
    ...windowReasons(facts.now, facts.windows.get(section.term.id), term, rules.student),
    ...(section.status === 'cancelled' ? [reason('cancelled')] : []),
    ...repeatReasons(section.code, course, term, rules.history, underWay(section, taking)),
    ...asked.reasons,
    ...linked.reasons,
    ...againstOthers(section, facts.enrolled.filter(isTaken), true).reasons,
    // whether a course can be taken again in the same term is asked of the record
    ...againstOthers(
      section,
      facts.enrolled.filter((one) => !isTaken(one)),
      true,
    ).reasons.filter(({ code }) => code === 'overlaps'),
    ...formed.reasons,
    ...creditReasons(section, had, term, rules.student, raisedLimit(overrides, section)),
  ]
  return {
    reasons: notLifted(reasons, overrides, section),
    advice: asked.advice,
    blockedBy: formed.blockedBy,
    needs: [...new Set([...asked.needs, ...linked.needs])],
  }
}

/** All that speaks against a section whatever its seats: for a submission, and again when a place on a list becomes a seat. */
export const reasonsAgainst = (section: SectionRow, facts: RegistrationFacts): readonly Reason[] =>
  judge(section, facts, { granted: [], presumed: [] }).reasons

/** Which seat of the section the student would take now, if any. */
export const seatFor = (section: SectionRow, facts: RegistrationFacts): SeatChoice => {
  const { now, rules, windows } = facts
  const overrides = permissionsFor(section, facts)
  return chooseSeat(section, rules.reserves.get(section.id) ?? [], rules.student, {
    full: findLifting(overrides, 'full', section),
    reserved: findLifting(overrides, 'reserved', section),
    listServed: isServed(now, windows.get(section.term.id), rules.terms.get(section.term.id)),
  })
}

type Decision = Pick<PlannedLine, 'outcome' | 'reasons'> & Partial<PlannedLine>

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

/** The form's order, by index, but for a fallback that stands before the section it is for: it comes after that one. */
const inOrder = (asked: readonly string[], { insteadOf }: Wishes): readonly number[] => {
  const ids = asked.map((text) => parseId(text.trim()))
  const order: number[] = []
  const place = (index: number, under: ReadonlySet<number>): void => {
    if (order.includes(index) || under.has(index)) return
    const first = ids.indexOf(insteadOf.get(ids[index] ?? 0) ?? -1)
    if (first !== -1) place(first, new Set([...under, index]))
    order.push(index)
  }
  ids.forEach((_, index) => place(index, new Set()))
  return order
}

/** One pass over the form, with what is presumed of it. */
const passOver = (
  asked: readonly string[],
  facts: RegistrationFacts,
  wishes: Wishes,
  presumed: readonly SectionRow[],
  halves: ReadonlySet<number>,
): readonly PlannedLine[] => {
  const seen = new Set<string>()
  const granted: SectionRow[] = []
  const lines: PlannedLine[] = []

  const decide = (section: SectionRow): Decision => {
    if (facts.enrolled.some((other) => other.id === section.id)) return refused(reason('already_enrolled'))
    if (facts.withdrawn.has(section.id)) return refused(reason('withdrawn'))
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
    // before registration opens the first choice is no more than ready, and does not stand in its fallback's way
    const before = granted.filter(({ id }) => preferred === undefined || id !== preferred.section?.id)
    const judged = judge(section, facts, { granted: before, presumed })
    const { reasons } = judged
    const seat = seatFor(section, facts)
    const ready = reasons.every(isEarly)
    const { reserveId, take, overrideId } = seat
    const advice =
      seat.free && overrideId !== null ? [...judged.advice, reason('by_permission')] : judged.advice
    const base = { ...judged, advice, ready, reserveId, take, overrideId }
    if (seat.free && halves.has(section.id) && reasons.length === 0)
      return { ...base, outcome: 'wait', half: true }
    if (seat.free) return { ...base, outcome: reasons.length === 0 ? 'enrol' : 'refuse' }
    if (reasons.length === 0 && wishes.waitlist.has(section.id))
      return { ...base, outcome: 'wait', seat: seat.reason }
    const why = seat.reason === null ? reasons : [...reasons, seat.reason]
    return { ...base, outcome: 'refuse', reasons: why, ready: false }
  }

  for (const index of inOrder(asked, wishes)) {
    const text = asked[index] ?? ''
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
      advice: [],
      ready: false,
      blockedBy: [],
      needs: [],
      reserveId: null,
      take: 'take',
      overrideId: null,
      seat: null,
      dropOnArrival: null,
      half: false,
      together: null,
      ...decision,
    }
    lines.push(line)
    // one that is ready stands in the way of others in the plan, days before either can be had
    if (section === undefined || !line.ready || line.outcome === 'wait') continue
    granted.push(section)
    if (line.outcome !== 'enrol') continue
    const first = lines.findIndex((other) => other.section?.id === wishes.insteadOf.get(section.id))
    const company = lines[first]
    if (company?.outcome === 'wait') lines[first] = { ...company, dropOnArrival: section.id }
  }
  return lines.toSorted((a, b) => a.position - b.position)
}

/**
 * What a line lacks only because another line of the form was refused is told where nothing else is: "add a laboratory" helps nobody
 * whose laboratory is in the form, and refused for the same hold.
 */
const withoutEcho = (line: PlannedLine, first: PlannedLine | undefined): PlannedLine => {
  const own = line.reasons.flatMap((one) => {
    if (one.code !== 'linked' && one.code !== 'requirement') return [one]
    // of a requirement that part which was missing with all of the form
    return (first?.reasons ?? []).filter(
      ({ code, detail }) => code === one.code && (code === 'requirement' || detail === one.detail),
    )
  })
  return own.length === 0 ? line : { ...line, reasons: own }
}

/**
 * Whether another pass could decide otherwise once these are presumed no more: a line was had by one of them, or its requirement
 * is not met, of which the part that is missing may have been shorter with them. Most forms that have a refused line need none.
 */
const reliesOn = (lines: readonly PlannedLine[], dropped: readonly SectionRow[]): boolean =>
  dropped.length > 0 &&
  lines.some(
    ({ needs, reasons, advice }) =>
      dropped.some(({ id }) => needs.includes(id)) ||
      [...reasons, ...advice].some(({ code }) => code === 'requirement'),
  )

export const planRegistration = (
  asked: readonly string[],
  facts: RegistrationFacts,
  wishes: Wishes = plainWishes,
): readonly PlannedLine[] => {
  const ids = new Set(asked.map((text) => parseId(text.trim())))
  let first: readonly PlannedLine[] | undefined
  let presumed: readonly SectionRow[] = [...facts.sections.values()].filter(({ id }) => ids.has(id))
  const all = presumed
  let halves: ReadonlySet<number> = new Set()
  for (;;) {
    const passed = passOver(asked, facts, wishes, presumed, halves)
    first ??= passed
    const lines = passed.map((line, index) => withoutEcho(line, first?.[index]))
    // before the window opens nothing is had; what would be then is presumed all the same, so that the plan is told the truth
    const had = new Set(
      lines
        .filter((line) => line.ready || line.outcome === 'enrol' || line.outcome === 'wait')
        .map(({ section }) => section?.id),
    )
    const isHad = ({ id }: SectionRow): boolean => had.has(id)
    const dropped = presumed.filter((section) => !isHad(section))
    presumed = presumed.filter(isHad)
    if (reliesOn(passed, dropped)) continue
    const choices = choicesThatWait(lines, facts, wishes.insteadOf)
    if (choices.halves.length > 0) {
      // each round has one more of them, and begins anew: what was refused for the want of them may be had
      halves = new Set([...halves, ...choices.halves])
      presumed = all
      continue
    }
    const planned = lines.map((line) => choices.marked.get(line) ?? line)
    return wishes.mode === 'all' && !allMet(planned, wishes.insteadOf) ? planned.map(nothing) : planned
  }
}
