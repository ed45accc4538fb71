/**
 * Register for several sections: one transaction, in this order.
 *
 *   0. prepare the facts          before the transaction, for all who are let in together (catalogue/facts.ts)
 *   1. lock the student's row     a student's submissions follow each other: no double booking, no overlap
 *   2. look for the request key   the same form again gets the same receipt, and nothing else happens
 *   3. plan                       policy/registration.ts, in the order of the form, with its wishes; if what the student has is
 *                                 not what it was at 0, all begins anew; so if the catalogue or its rules are not (revision.ts)
 *   4. change the counters        seats.ts: under locks by ascending section id, on conditions, before any row
 *   5. insert the rows            enrolments and places on lists, receipt, ledger; empty the cart of what was got
 *   6. hold the revision          what it was decided on is still true at the commit; the ledger's statement asks, where it can
 *
 * Where nothing but ordinary seats is wanted, the receipt of 5 comes before 4, since it refers to no section (`takePlainly`).
 * A section that many want is locked for five statements then and not for nine; between two of them the process may have
 * pages to make. If a seat is gone, all of it is undone and decided again, the second time in the order above.
 *
 * A seat, or a place on a list, is given by step 4 alone. Where a move does not hold, somebody was faster than step 3 had
 * seen. If nothing else hung on it, the line becomes "full"; else all is decided again from fresh facts: when the section
 * had stood in another one's way, when its list is wanted instead, or when all or nothing was asked for; and so when it is for another
 * reason that it cannot be had: cancelled meanwhile, or its last seats kept for a group.
 */
import type { Transaction } from 'kysely'
import { completeFacts, type Prepared } from '../catalogue/facts.ts'
import type { Receipt, SectionRow } from '../catalogue/types.ts'
import type { Tables } from '../db/tables.ts'
import { type PlannedLine, planRegistration, type Wishes } from '../policy/registration.ts'
import { fullReason, type Reason, reason } from '../policy/reasons.ts'
import { joinsOf, writeJoins } from './adopt.ts'
import { writeEvents, writeTaken } from './ledger.ts'
import {
  earlierReceipt,
  lockStudent,
  type LockedStudent,
  makeLine,
  type RequestMark,
  sectionsMark,
  writeReceipt,
} from './receipt.ts'
import { holdRevision, sameRevision } from './revision.ts'
import { clearCart, insertEnrolments, joinList, type Joined, permitted, shown } from './rows.ts'
import { type Counters, makeMoves, takeAll } from './seats.ts'
import { Overtaken } from './transaction.ts'

type Wanted = PlannedLine & { readonly section: SectionRow; readonly outcome: 'enrol' | 'wait' }

const isWanted = (line: PlannedLine): line is Wanted =>
  line.section !== null && (line.outcome === 'enrol' || line.outcome === 'wait')

const results = { enrol: 'enrolled', wait: 'waiting', spare: 'spare', refuse: 'refused' } as const

/** A seat that somebody else was faster for: of the section as it was found under its lock. */
const fullAt = (found: Counters | undefined): Reason =>
  found === undefined ? reason('full') : fullReason(found)

/** Of a place that is passed over from the start, since another half of the choice has no seat: why. */
const passedOf = (line: PlannedLine | undefined): Reason | undefined =>
  line?.half === true && line.seat !== null ? line.seat : undefined

const reasonsOf = (line: PlannedLine): readonly Reason[] => {
  if (line.outcome === 'enrol') return permitted(line)
  const passed = passedOf(line)
  return passed === undefined ? line.reasons : [passed]
}

const isPlain = ({ outcome, take, reserveId, overrideId }: Wanted): boolean =>
  outcome === 'enrol' && take === 'take' && reserveId === null && overrideId === null

const takePlainly = async (
  db: Transaction<Tables>,
  student: LockedStudent,
  mark: RequestMark,
  plan: readonly PlannedLine[],
  wanted: readonly Wanted[],
): Promise<Receipt> => {
  const sections = wanted.map(({ section }) => section)
  const ids = sections.map(({ id }) => id)
  const lines = plan.map(({ position, asked, section, outcome, reasons }) =>
    makeLine(position, asked, section === null ? null : shown(section), results[outcome], reasons),
  )
  const receipt = await writeReceipt(db, 'register', student, mark, lines)
  if (!(await takeAll(db, ids))) throw new Overtaken('a seat went while the form was dealt with')
  await insertEnrolments(db, student, sections)
  if (!(await writeTaken(db, { studentId: student.id, receipt: receipt.number }, ids, student.revision)))
    throw new Overtaken('the catalogue or its rules were changed while the form was dealt with')
  // not before the sections: who fills a cart locks its gaps and then sections, and each would wait for the other
  await clearCart(db, student, ids)
  return receipt
}

/** @param again it was tried before, and a seat was gone */
export const register = async (
  db: Transaction<Tables>,
  studentId: number,
  asked: readonly string[],
  wishes: Wishes,
  mark: RequestMark,
  prepared: Prepared,
  again = false,
): Promise<Receipt> => {
  const student = await lockStudent(db, studentId, mark)
  const earlier = await earlierReceipt(db, student, mark)
  if (earlier !== null) return earlier

  if (student.sections !== sectionsMark(prepared.own))
    throw new Overtaken('another form of the student came first')
  sameRevision(prepared.revision, student.revision)
  const facts = await completeFacts(db, student, asked, student.now, prepared)
  const plan = planRegistration(asked, facts, wishes)
  const wanted = plan.filter(isWanted)
  if (!again && wanted.every(isPlain)) return takePlainly(db, student, mark, plan, wanted)
  const joins = await joinsOf(db, studentId, plan, facts)
  const { missed, full, after } = await makeMoves(db, [
    ...wanted.map(({ section, outcome, half, take, reserveId }) => ({
      sectionId: section.id,
      kind: outcome === 'enrol' ? take : half ? ('list_passed' as const) : ('list' as const),
      reserveId,
    })),
    ...joins.moves,
  ])
  const hangsOnIt = (id: number): boolean =>
    wishes.mode === 'all' ||
    wishes.waitlist.has(id) ||
    [...wishes.insteadOf.values()].includes(id) ||
    plan.some(
      (line) =>
        line.blockedBy.includes(id) ||
        line.needs.includes(id) ||
        line.dropOnArrival === id ||
        // what arrives in one moment waits for all of it
        (line.together !== null && line.section?.id === id) ||
        // a permission gives a seat: the one that came free meanwhile, or the one beyond
        (line.section?.id === id && line.overrideId !== null),
    )
  if ([...missed].some((id) => !full.has(id) || hangsOnIt(id)))
    throw new Overtaken('a seat went while the form was dealt with')

  const got = wanted.filter(({ section }) => !missed.has(section.id))
  const ordered = got.toSorted((a, b) => a.section.id - b.section.id)
  const enrolled = ordered.filter(({ outcome }) => outcome === 'enrol').map(({ section }) => section)
  const origins = new Map(ordered.map((line) => [line.section.id, line]))
  await insertEnrolments(db, student, enrolled, origins)
  const places = new Map<number, Joined>()
  for (const line of ordered.filter(({ outcome }) => outcome === 'wait')) {
    const { dropOnArrival: dropSectionId } = line
    const together = line.together ?? joins.together.get(line.section.id)
    places.set(
      line.section.id,
      await joinList(db, student, line.section.id, { dropSectionId, together, passed: passedOf(line) }),
    )
  }
  await writeJoins(db, joins)

  const lines = plan.map((line) => {
    const { section } = line
    const late = section !== null && isWanted(line) && missed.has(section.id)
    return makeLine(
      line.position,
      line.asked,
      section === null ? null : shown(section),
      late ? 'refused' : results[line.outcome],
      late ? [fullAt(after.get(section.id))] : reasonsOf(line),
      section !== null && line.outcome === 'wait' ? (places.get(section.id)?.position ?? null) : null,
    )
  })
  const receipt = await writeReceipt(db, 'register', student, mark, lines)
  const events = [
    ...enrolled.map(({ id }) => ({
      sectionId: id,
      event: 'enrolled' as const,
      reason: permitted({ overrideId: origins.get(id)?.overrideId ?? null })[0],
    })),
    ...[...places].map(([id, { ticket }]) => ({
      sectionId: id,
      event: 'wait_listed' as const,
      ticket,
      reason: passedOf(origins.get(id)),
    })),
    ...joins.events,
  ]
  await writeEvents(db, { actor: 'student', studentId, receipt: receipt.number }, events, after)
  await clearCart(
    db,
    student,
    got.map(({ section }) => section.id),
  )
  if (got.length > 0) await holdRevision(db, student.revision)
  return receipt
}
