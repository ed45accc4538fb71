/** A permission of the office lifts the rule that it names, for what it names; everything else still holds. */
import type { SectionRow } from '../catalogue/types.ts'
import type { Reason, ReasonCode } from './reasons.ts'
import type { Override, OverrideRule } from './rules.ts'

const liftedBy: Readonly<Partial<Record<ReasonCode, OverrideRule>>> = {
  requirement: 'requirement',
  repeat_passed: 'repeat',
  repeat_attempts: 'repeat',
  credit_limit: 'credits',
  overlaps: 'conflict',
  window_before: 'window',
  window_yours: 'window',
  window_closed: 'deadline',
  add_closed: 'deadline',
  linked: 'linked',
}

type Wanted = Pick<SectionRow, 'id' | 'courseId' | 'term'>

const applies = (override: Override, section: Wanted): boolean =>
  (override.sectionId === null || override.sectionId === section.id) &&
  (override.courseId === null || override.courseId === section.courseId) &&
  (override.termId === null || override.termId === section.term.id)

/** The permission that lifts the rule for this section, the oldest one; null: none does. */
export const findLifting = (
  overrides: readonly Override[],
  rule: OverrideRule,
  section: Wanted,
): number | null => overrides.find((one) => one.rule === rule && applies(one, section))?.id ?? null

/** With a raised credit limit the rule holds on, with that limit. */
export const isLifted = (overrides: readonly Override[], rule: OverrideRule, section: Wanted): boolean =>
  overrides.some((one) => one.rule === rule && one.credits === null && applies(one, section))

/** The highest limit that the office has given; null: none. */
export const raisedLimit = (overrides: readonly Override[], section: Wanted): number | null => {
  const limits = overrides
    .filter((one) => one.rule === 'credits' && applies(one, section))
    .flatMap(({ credits }) => (credits === null ? [] : [credits]))
  return limits.length === 0 ? null : Math.max(...limits)
}

export const notLifted = (
  reasons: readonly Reason[],
  overrides: readonly Override[],
  section: Wanted,
): readonly Reason[] =>
  reasons.filter(({ code }) => {
    const rule = liftedBy[code]
    return rule === undefined || !isLifted(overrides, rule, section)
  })
