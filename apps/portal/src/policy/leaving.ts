/**
 * How a student may leave a section now: drop it without a trace, withdraw with a W, or not at all. The days to drop and to
 * withdraw are the term's; without them a section can be dropped as long as registration is open.
 */
import { type Reason, reason } from './reasons.ts'
import type { TermRules } from './rules.ts'
import type { TermWindow } from './window.ts'

export interface Leaving {
  readonly way: 'drop' | 'withdraw' | 'none'
  /** why it cannot be dropped; also told to who withdraws */
  readonly reasons: readonly Reason[]
}

/** @param lifted the office has allowed it in spite of the days, or has cancelled the section */
export const leaving = (
  now: string,
  window: TermWindow | undefined,
  rules: Pick<TermRules, 'dropUntil' | 'withdrawUntil'> | undefined,
  grade: string | null,
  lifted = false,
): Leaving => {
  const graded = grade === null ? [] : [reason('graded')]
  if (window === undefined) return { way: grade === null ? 'drop' : 'none', reasons: graded }
  const until = rules?.dropUntil ?? window.registrationClosesAt
  const withdrawUntil = rules?.withdrawUntil ?? null
  const none = (...reasons: readonly Reason[]): Leaving => ({ way: 'none', reasons: [...reasons, ...graded] })
  if (lifted) return grade === null ? { way: 'drop', reasons: [] } : none()
  if (now < window.registrationOpensAt) return none(reason('window_before', window.registrationOpensAt))
  if (now < until) return grade === null ? { way: 'drop', reasons: [] } : none()
  if (withdrawUntil !== null && now < withdrawUntil && grade === null)
    return { way: 'withdraw', reasons: [reason('drop_late', until, withdrawUntil)] }
  if (rules === undefined || rules.dropUntil === null) return none(reason('window_closed', until))
  return none(reason('drop_closed', withdrawUntil ?? until))
}
