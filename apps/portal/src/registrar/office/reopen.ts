/**
 * A rule of a term is about to be lifted, such as the last moment to add: whoever was passed over for it is in force again before it is.
 * Else, until the next look at the list, whoever comes by would take the seat that they wait for.
 *
 * Each student has a transaction of their own, student first as everywhere. Cut off before the rule is lifted it does no harm: the next
 * seat goes past them again.
 */
import { termRules, toTerms } from '../../catalogue/terms.ts'
import type { Db } from '../../db/connect.ts'
import type { ReasonCode } from '../../policy/reasons.ts'
import { isServed } from '../../policy/window.ts'
import { writeEvents } from '../ledger.ts'
import { lockStudent } from '../receipt.ts'
import { clearPassed, overCodes } from '../rows.ts'
import { makeSureMoves } from '../seats.ts'
import type { Transact } from '../transaction.ts'
import type { TermSettings } from './index.ts'

/** What is about to be set; what is not named stays. `closesAt`: ISO moment */
export type NewRules = Partial<TermSettings> & { readonly closesAt?: string }

const isMore = (was: number | null, wanted: number | null | undefined): boolean =>
  was !== null && wanted !== undefined && (wanted === null || wanted > was)

/** For what nobody is refused any more, or fewer are. */
const liftedBy = async (db: Db, termId: number, wanted: NewRules): Promise<readonly ReasonCode[]> => {
  const now = new Date()
  const rows = await db.selectFrom('term').selectAll().where('id', '=', termId).execute()
  const [row] = rows
  const [term] = toTerms(rows, now)
  if (row === undefined || term === undefined) return []
  const rules = termRules(row, [])
  const at = now.toISOString()
  const { addUntil = rules.addUntil, closesAt = term.registrationClosesAt } = wanted
  const isOpened =
    !isServed(at, term, rules) && isServed(at, { ...term, registrationClosesAt: closesAt }, { addUntil })
  const isCredits =
    isMore(rules.credits.undergraduate, wanted.creditsUndergraduate) ||
    isMore(rules.credits.graduate, wanted.creditsGraduate)
  const isRepeats =
    isMore(rules.mostAttempts, wanted.mostAttempts) ||
    (wanted.repeatFrom !== undefined && wanted.repeatFrom !== rules.repeatFrom)
  return [
    ...(isOpened ? overCodes : []),
    ...(isCredits ? (['credit_limit'] as const) : []),
    ...(isRepeats ? (['repeat_passed', 'repeat_attempts'] as const) : []),
    ...(rules.requirements === 'enforce' && wanted.requirements === 'advise'
      ? (['requirement'] as const)
      : []),
  ]
}

const places = (db: Db, termId: number, codes: readonly ReasonCode[]) =>
  db
    .selectFrom('wait_entry')
    .innerJoin('section', 'section.id', 'wait_entry.section_id')
    .where('section.term_id', '=', termId)
    .where('wait_entry.passed_code', 'in', codes)

export const reopenLists = async (
  db: Db,
  transact: Transact,
  staffId: number,
  termId: number,
  wanted: NewRules,
): Promise<void> => {
  const codes = await liftedBy(db, termId, wanted)
  if (codes.length === 0) return
  const students = await places(db, termId, codes)
    .select('wait_entry.student_id')
    .distinct()
    .orderBy('wait_entry.student_id')
    .execute()
  for (const { student_id: studentId } of students)
    await transact(async (transaction) => {
      await lockStudent(transaction, studentId)
      const own = await places(transaction, termId, codes)
        .select(['wait_entry.section_id', 'wait_entry.ticket'])
        .where('wait_entry.student_id', '=', studentId)
        .orderBy('wait_entry.section_id')
        .execute()
      if (own.length === 0) return
      const sectionIds = own.map(({ section_id }) => section_id)
      await makeSureMoves(
        transaction,
        sectionIds.map((sectionId) => ({ sectionId, kind: 'reinstate' })),
      )
      const events = own.map(({ section_id, ticket }) => ({
        sectionId: section_id,
        event: 'reinstated' as const,
        ticket,
      }))
      await clearPassed(transaction, studentId, { moves: [], events, sectionIds })
      await writeEvents(transaction, { actor: 'staff', staffId, studentId }, events)
    })
}
