/**
 * The days to add are over, and are moved: whoever was passed over for that alone is in force again before they are. Else, until the next
 * look at the list, whoever comes by would take the seat that they wait for.
 *
 * Each student has a transaction of their own, student first as everywhere. Cut off before the days are moved it does no harm: the next
 * seat goes past them again.
 */
import { isServed } from '../../policy/window.ts'
import { termRules, toTerms } from '../../catalogue/terms.ts'
import type { Db } from '../../db/connect.ts'
import { writeEvents } from '../ledger.ts'
import { lockStudent } from '../receipt.ts'
import { clearPassed, overCodes } from '../rows.ts'
import { makeSureMoves } from '../seats.ts'
import type { Transact } from '../transaction.ts'

/** What is about to be set; what is not named stays. */
export interface NewDays {
  /** ISO moments */
  readonly addUntil?: string | null
  readonly closesAt?: string
}

/** Whether nobody is added now, and somebody can be once this is set. */
const reopens = async (db: Db, termId: number, { addUntil, closesAt }: NewDays): Promise<boolean> => {
  const now = new Date()
  const rows = await db.selectFrom('term').selectAll().where('id', '=', termId).execute()
  const [row] = rows
  const [term] = toTerms(rows, now)
  if (row === undefined || term === undefined) return false
  const rules = termRules(row, [])
  const at = now.toISOString()
  const wanted = { ...term, registrationClosesAt: closesAt ?? term.registrationClosesAt }
  const days = { addUntil: addUntil === undefined ? rules.addUntil : addUntil }
  return !isServed(at, term, rules) && isServed(at, wanted, days)
}

const places = (db: Db, termId: number) =>
  db
    .selectFrom('wait_entry')
    .innerJoin('section', 'section.id', 'wait_entry.section_id')
    .where('section.term_id', '=', termId)
    .where('wait_entry.passed_code', 'in', overCodes)

export const reopenLists = async (
  db: Db,
  transact: Transact,
  staffId: number,
  termId: number,
  days: NewDays,
): Promise<void> => {
  if (!(await reopens(db, termId, days))) return
  const students = await places(db, termId)
    .select('wait_entry.student_id')
    .distinct()
    .orderBy('wait_entry.student_id')
    .execute()
  for (const { student_id: studentId } of students)
    await transact(async (transaction) => {
      await lockStudent(transaction, studentId)
      const own = await places(transaction, termId)
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
