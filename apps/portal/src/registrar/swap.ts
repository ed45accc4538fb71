/**
 * Take one section in the place of another: one transaction, so the old seat is given up in the moment in which the new
 * one is had, or not at all. Where the new one is full and its list is wanted, the old seat is kept, and the place on the
 * list remembers it: the transaction that makes a seat of the place (promote.ts) gives the old one up.
 */
import type { Transaction } from 'kysely'
import { readRegistrationFacts } from '../catalogue/facts.ts'
import type { LineResult, ReceiptLine } from '../catalogue/types.ts'
import type { Tables } from '../db/tables.ts'
import { planRegistration, sectionLabel } from '../policy/registration.ts'
import { reason } from '../policy/reasons.ts'
import { findHeld, findLeftAlone } from './held.ts'
import { writeEvents } from './ledger.ts'
import {
  earlierReceipt,
  lockStudent,
  makeLine,
  type Outcome,
  type RequestMark,
  writeReceipt,
} from './receipt.ts'
import {
  clearCart,
  clearPassed,
  deleteEnrolment,
  insertEnrolments,
  joinList,
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
  /** join its list where it is full */
  readonly waitlist: boolean
}

export const swap = async (
  db: Transaction<Tables>,
  studentId: number,
  { enrolmentId, sectionId, waitlist }: Swap,
  mark: RequestMark,
): Promise<Outcome> => {
  const student = await lockStudent(db, studentId, mark)
  const earlier = await earlierReceipt(db, student, mark)
  if (earlier !== null) return { receipt: earlier, freed: [] }

  const old = await findHeld(db, studentId, enrolmentId, student.now)
  const facts = await readRegistrationFacts(db, student, [sectionId], student.now)
  // the old one does not stand in the way; unless it is itself what is wanted
  const enrolled = facts.enrolled.filter(({ id }) => id !== old.section.id || String(id) === sectionId.trim())
  const [line] = planRegistration(
    [sectionId],
    { ...facts, enrolled },
    {
      mode: 'most',
      waitlist: new Set(waitlist ? facts.sections.keys() : []),
      insteadOf: new Map(),
    },
  )
  if (line === undefined) throw new Error('a plan has a line for each section')
  const answer = async (
    result: LineResult,
    reasons: ReceiptLine['reasons'],
    oldResult: 'dropped' | 'kept' | 'refused',
    position: number | null = null,
  ): Promise<Outcome> => ({
    freed: [],
    receipt: await writeReceipt(db, 'swap', student, mark, [
      makeLine(1, line.asked, line.section === null ? null : shown(line.section), result, reasons, position),
      makeLine(2, enrolmentId.trim(), old.shown, oldResult, oldResult === 'refused' ? old.reasons : []),
    ]),
  })

  const { section } = line
  if (old.way !== 'drop')
    return answer('refused', [...line.reasons, reason('swap_refused', sectionLabel(old.section))], 'refused')
  if (section === null || (line.outcome !== 'enrol' && line.outcome !== 'wait'))
    return answer('refused', line.reasons, 'kept')
  const alone = await findLeftAlone(db, studentId, old.section, student.now, section.id)
  if (alone.length > 0) {
    const labels = alone.map((held) => sectionLabel(held.section)).join(', ')
    return answer('refused', [...line.reasons, reason('linked_left', labels)], 'kept')
  }

  if (line.outcome === 'wait') {
    const { missed, after } = await makeMoves(db, [
      { sectionId: section.id, kind: 'list', reserveId: line.reserveId },
    ])
    if (missed.size > 0) throw new Overtaken('a seat came free while the form was dealt with')
    const { ticket, position } = await joinList(db, student, section.id, old.section.id)
    const { receipt } = await answer('waiting', [], 'kept', position)
    const event = { sectionId: section.id, event: 'wait_listed', ticket } as const
    await writeEvents(db, { actor: 'student', studentId, receipt: receipt.number }, [event], after)
    await clearCart(db, student, [section.id])
    return { receipt, freed: [] }
  }

  const reinstated = await reinstatePassed(db, studentId)
  const { missed, after } = await makeMoves(db, [
    { sectionId: section.id, kind: line.take, reserveId: line.reserveId },
    { sectionId: old.section.id, kind: 'free', reserveId: old.reserveId },
    ...reinstated.moves,
  ])
  // the rollback that follows gives the old seat back before anybody has seen it free
  if (missed.size > 0) throw new Overtaken('the seat went while the form was dealt with')
  await deleteEnrolment(db, studentId, old.section.id)
  await insertEnrolments(db, student, [section], new Map([[section.id, line]]))
  await clearPassed(db, studentId, reinstated)
  const { receipt } = await answer('enrolled', permitted(line), 'dropped')
  const events = [
    { sectionId: section.id, event: 'swapped_in' as const, reason: permitted(line)[0] },
    { sectionId: old.section.id, event: 'swapped_out' as const },
    ...reinstated.events,
  ]
  await writeEvents(db, { actor: 'student', studentId, receipt: receipt.number }, events, after)
  await clearCart(db, student, [section.id])
  return { receipt, freed: [old.section.id, ...reinstated.sectionIds] }
}
