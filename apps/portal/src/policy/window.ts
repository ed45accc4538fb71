/**
 * When a student may begin to register: not before the term's registration opens, nor before the student's own window
 * does, which is the earliest of those that fit. It ends with the term's registration, and for additions with the day to add.
 */
import { belongs } from './group.ts'
import { type Reason, reason } from './reasons.ts'
import type { StudentFacts, TermRules } from './rules.ts'

export interface TermWindow {
  /** ISO moments */
  readonly registrationOpensAt: string
  readonly registrationClosesAt: string
}

/** The moment at which this student's registration opens. */
export const ownOpening = (
  window: TermWindow,
  rules: Pick<TermRules, 'windows'> | undefined,
  student: StudentFacts,
): string => {
  const [first = window.registrationOpensAt] = (rules?.windows ?? [])
    .filter((cohort) => belongs(student, cohort))
    .map(({ opensAt }) => opensAt)
    .toSorted()
  return first > window.registrationOpensAt ? first : window.registrationOpensAt
}

export const windowReasons = (
  now: string,
  window: TermWindow | undefined,
  rules: TermRules | undefined,
  student: StudentFacts,
): readonly Reason[] => {
  if (window === undefined) return []
  if (now >= window.registrationClosesAt) return [reason('window_closed', window.registrationClosesAt)]
  if (now < window.registrationOpensAt && (rules?.windows.length ?? 0) === 0)
    return [reason('window_before', window.registrationOpensAt)]
  const opens = ownOpening(window, rules, student)
  if (now < opens)
    return [reason(opens === window.registrationOpensAt ? 'window_before' : 'window_yours', opens)]
  const addUntil = rules?.addUntil ?? null
  return addUntil !== null && now >= addUntil ? [reason('add_closed', addUntil)] : []
}

/** Reasons that go by themselves, when the day comes. */
export const isEarly = ({ code }: Pick<Reason, 'code'>): boolean =>
  code === 'window_before' || code === 'window_yours'

/** Whether seats that come free are still given to the waiting list: as long as anybody may be added. */
export const isServed = (
  now: string,
  window: TermWindow | undefined,
  rules: Pick<TermRules, 'addUntil'> | undefined,
): boolean =>
  window !== undefined &&
  now >= window.registrationOpensAt &&
  now < window.registrationClosesAt &&
  now < (rules?.addUntil ?? window.registrationClosesAt)
