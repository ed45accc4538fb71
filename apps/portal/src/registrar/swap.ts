/**
 * Take one section in the place of another: one transaction, so the old seat is given up in the moment in which the new
 * one is had, or not at all. Where the new one is full and its list is wanted, the old seat is kept, and the place on the
 * list remembers it: the transaction that makes a seat of the place (promote.ts) gives the old one up.
 *
 * A lecture and its laboratory are one choice, so they are swapped as one: what goes with the new one is had with it, and what goes with
 * the old one, and would stand alone, is given up with it, as in a drop. Waited for, there is a place for each part of the new one, also
 * for a part of which there is a seat: that place is passed over from the start, so that it keeps nobody from the seat. They
 * become seats in one moment, and in that moment all of the old one is given up. So a place that the student has already, by itself, is
 * not relied on where two halves would go: it is taken into the choice, with its ticket, where the new one is waited for (adopt.ts).
 */
import type { Transaction } from 'kysely'
import { readRegistrationFacts } from '../catalogue/facts.ts'
import type { LineResult, ReceiptLine } from '../catalogue/types.ts'
import type { Tables } from '../db/tables.ts'
import {
  parseId,
  type PlannedLine,
  planRegistration,
  type RegistrationFacts,
  sectionLabel,
} from '../policy/registration.ts'
import { type Reason, reason } from '../policy/reasons.ts'
import type { Partner } from '../policy/rules.ts'
import { halfWaits, onlyWaits } from '../policy/together.ts'
import { adoptEvents, adoptMove, adoptPlace, type Entry, readLonePlaces } from './adopt.ts'
import { findHeld, findLeftAlone, type Held } from './held.ts'
import { writeEvents } from './ledger.ts'
import {
  earlierReceipt,
  lockStudent,
  makeLine,
  type Outcome,
  type RequestMark,
  writeReceipt,
} from './receipt.ts'
import { holdRevision } from './revision.ts'
import {
  clearCart,
  clearPassed,
  deleteEnrolment,
  insertEnrolments,
  joinList,
  type Joined,
  permitted,
  reinstatePassed,
  shown,
} from './rows.ts'
import { makeMoves } from './seats.ts'
import { Overtaken } from './transaction.ts'

export interface Swap {
  /** what is given up: the id of an enrolment */
  readonly enrolmentId: string
  /** what is wanted: the id of a section */
  readonly sectionId: string
  /** ids of sections that are taken together with it */
  readonly besides: readonly string[]
  /** join the lists where one of them is full */
  readonly waitlist: boolean
}

/** Why a line's place is passed over from the start: there is a seat, but none of others of the same choice. @param waits those that wait in force */
const waitReasons = (line: PlannedLine, waits: readonly PlannedLine[]): readonly Reason[] =>
  waits.includes(line)
    ? []
    : [halfWaits(waits.flatMap(({ section }) => (section === null ? [] : [sectionLabel(section)])))]

/**
 * Places that stand by themselves, and alone make the wanted sections whole: where two halves are given up they are no half yet.
 */
const lonePlaces = (
  plan: readonly PlannedLine[],
  { rules, waiting }: Pick<RegistrationFacts, 'rules' | 'waiting'>,
  planWith: (waiting: ReadonlySet<number>) => readonly PlannedLine[],
): readonly Partner[] => {
  const wanted = new Set(plan.map((line) => line.section?.id ?? 0))
  const strict = planWith(new Set([...waiting].filter((id) => wanted.has(id))))
  const isLinked = ({ reasons }: PlannedLine): boolean => reasons.some(({ code }) => code === 'linked')
  const relying = strict.filter((line, index) => {
    const before = plan[index]
    return isLinked(line) && before !== undefined && !isLinked(before)
  })
  const partners = relying.flatMap(({ section }) => rules.links.get(section?.id ?? 0) ?? [])
  return [
    ...new Map(partners.filter(({ id }) => waiting.has(id)).map((partner) => [partner.id, partner])).values(),
  ]
}

const isOneOfEachKind = (partners: readonly Partner[]): boolean =>
  new Set(partners.map(({ component }) => component)).size === partners.length

export const swap = async (
  db: Transaction<Tables>,
  studentId: number,
  { enrolmentId, sectionId, besides, waitlist }: Swap,
  mark: RequestMark,
): Promise<Outcome> => {
  const student = await lockStudent(db, studentId, mark)
  const earlier = await earlierReceipt(db, student, mark)
  if (earlier !== null) return { receipt: earlier, freed: [] }

  const old = await findHeld(db, studentId, enrolmentId, student.now)
  const asked = [sectionId, ...besides]
  const facts = await readRegistrationFacts(db, student, asked, student.now)
  const named = asked.flatMap((text) => facts.sections.get(parseId(text.trim()) ?? 0) ?? [])
  const ids = new Set(named.map(({ id }) => id))
  const alone = await findLeftAlone(db, studentId, old.section, student.now, [...ids])
  const replaced = alone.filter((held) => held.way === 'drop')
  const given = [old, ...replaced]
  // what is given up does not stand in the way; unless it is itself what is wanted
  const goes = new Set(given.map((held) => held.section.id).filter((id) => !ids.has(id)))
  const enrolled = facts.enrolled.filter(({ id }) => !goes.has(id))
  const lonely = facts.waiting.size === 0 ? new Map<number, Entry>() : await readLonePlaces(db, studentId)
  /** places that are taken into this wish; asked for once more, but not to have them now, they are refused as before */
  const adopted = new Map([...lonely].filter(([id]) => waitlist && ids.has(id)))
  const stillWaiting = new Set([...facts.waiting].filter((id) => !adopted.has(id)))
  const planWith = (waiting: ReadonlySet<number>): readonly PlannedLine[] =>
    planRegistration(
      asked,
      { ...facts, enrolled, waiting },
      {
        mode: 'all',
        waitlist: new Set(waitlist ? facts.sections.keys() : []),
        insteadOf: new Map(),
      },
    )
  const plan = planWith(stillWaiting)
  // what waits in force: an adopted place does, whether there is a seat or not; whoever gives out seats finds it in its turn
  const waits = plan.filter((of) => of.outcome === 'wait' || adopted.has(of.section?.id ?? 0))
  const [line, ...others] = plan
  if (line === undefined) throw new Error('a plan has a line for each section')
  const answer = async (
    result: LineResult,
    more: ReceiptLine['reasons'],
    oldResult: 'dropped' | 'kept' | 'refused',
    places: ReadonlyMap<number, Joined> = new Map(),
  ): Promise<Outcome> => {
    // what stands in the way of one stands in the way of all
    const without = [reason('all_or_nothing')]
    const wanted = (of: PlannedLine, at: number, reasons: ReceiptLine['reasons']) =>
      makeLine(
        at,
        of.asked,
        of.section === null ? null : shown(of.section),
        result,
        result === 'enrolled'
          ? permitted(of)
          : result === 'waiting'
            ? waitReasons(of, waits)
            : of !== line && reasons.length === 0
              ? without
              : reasons,
        places.get(of.section?.id ?? 0)?.position ?? null,
      )
    const left = (held: Held, at: number, name: string) =>
      makeLine(at, name, held.shown, oldResult, oldResult === 'refused' ? held.reasons : [])
    const whole = [
      wanted(line, 1, [...line.reasons, ...more]),
      left(old, 2, enrolmentId.trim()),
      ...others.map((of, index) => wanted(of, index + 3, of.reasons)),
      ...replaced.map((held, index) => left(held, others.length + index + 3, String(held.section.id))),
    ]
    return { freed: [], receipt: await writeReceipt(db, 'swap', student, mark, whole) }
  }

  const { section } = line
  const lone =
    replaced.length === 0 ? [] : lonePlaces(plan, { rules: facts.rules, waiting: stillWaiting }, planWith)
  if (old.way !== 'drop')
    return answer('refused', [reason('swap_refused', sectionLabel(old.section))], 'refused')
  if (waitlist && lone.length > 0 && isOneOfEachKind(lone) && lone.every(({ id }) => lonely.has(id))) {
    // as if they had been asked for with it
    const whole = [...besides, ...lone.map(({ id }) => String(id))]
    return swap(db, studentId, { enrolmentId, sectionId, besides: whole, waitlist }, mark)
  }
  if (lone.length > 0) return answer('refused', [onlyWaits(lone.map((partner) => partner.label))], 'kept')
  const left = alone.filter((held) => !replaced.includes(held))
  if (left.length > 0 || section === null || plan.some(({ outcome }) => outcome === 'refuse')) {
    const labels = left.map((held) => sectionLabel(held.section)).join(', ')
    return answer('refused', left.length > 0 ? [reason('linked_left', labels)] : [], 'kept')
  }

  const taken = plan.flatMap((of) => (of.section === null ? [] : [{ ...of, section: of.section }]))
  if (waits.length > 0) {
    const fresh = taken.filter((of) => !adopted.has(of.section.id))
    const { missed, after } = await makeMoves(db, [
      ...fresh.map((of) => ({
        sectionId: of.section.id,
        kind: of.outcome === 'wait' ? ('list' as const) : ('list_passed' as const),
        reserveId: of.reserveId,
      })),
      ...[...adopted.values()].map(adoptMove),
    ])
    if (missed.size > 0) throw new Overtaken('a seat came free while the form was dealt with')
    const together = taken.length > 1 ? section.id : null
    const places = new Map<number, Joined>()
    const why = new Map(plan.map((of) => [of.section?.id, waitReasons(of, waits)[0]]))
    for (const { section: one } of taken.toSorted((a, b) => a.section.id - b.section.id)) {
      const entry = adopted.get(one.id)
      const place = { dropSectionId: old.section.id, together, passed: why.get(one.id) }
      places.set(
        one.id,
        entry === undefined ? await joinList(db, student, one.id, place) : await adoptPlace(db, entry, place),
      )
    }
    const { receipt } = await answer('waiting', [], 'kept', places)
    const events = [
      ...fresh.map((of) => ({
        sectionId: of.section.id,
        event: 'wait_listed' as const,
        ticket: places.get(of.section.id)?.ticket,
        reason: why.get(of.section.id),
      })),
      ...adoptEvents([...adopted.values()]),
    ]
    await writeEvents(db, { actor: 'student', studentId, receipt: receipt.number }, events, after)
    await clearCart(
      db,
      student,
      taken.map((of) => of.section.id),
    )
    await holdRevision(db, student.revision)
    return { receipt, freed: [...adopted.keys()] }
  }

  const reinstated = await reinstatePassed(db, studentId)
  const { missed, after } = await makeMoves(db, [
    ...taken.map((of) => ({ sectionId: of.section.id, kind: of.take, reserveId: of.reserveId })),
    ...given.map((held) => ({
      sectionId: held.section.id,
      kind: 'free' as const,
      reserveId: held.reserveId,
    })),
    ...reinstated.moves,
  ])
  // the rollback that follows gives the old seat back before anybody has seen it free
  if (missed.size > 0) throw new Overtaken('the seat went while the form was dealt with')
  for (const held of given) await deleteEnrolment(db, studentId, held.section.id)
  await insertEnrolments(
    db,
    student,
    taken.map((of) => of.section),
    new Map(taken.map((of) => [of.section.id, of])),
  )
  await clearPassed(db, studentId, reinstated)
  const { receipt } = await answer('enrolled', [], 'dropped')
  const events = [
    ...taken.map((of) => ({
      sectionId: of.section.id,
      event: 'swapped_in' as const,
      reason: permitted(of)[0],
    })),
    ...given.map((held) => ({ sectionId: held.section.id, event: 'swapped_out' as const })),
    ...reinstated.events,
  ]
  await writeEvents(db, { actor: 'student', studentId, receipt: receipt.number }, events, after)
  await clearCart(
    db,
    student,
    taken.map((of) => of.section.id),
  )
  await holdRevision(db, student.revision)
  return { receipt, freed: [...given.map((held) => held.section.id), ...reinstated.sectionIds] }
}
