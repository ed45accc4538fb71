/** A hold stops every registration; each one is named, with the office that can release it. */
import { type Reason, reason } from './reasons.ts'
import type { RuleFacts } from './rules.ts'

export const holdReasons = ({ holds }: Pick<RuleFacts, 'holds'>): readonly Reason[] =>
  holds.map((hold) => reason('hold', hold.reason, hold.office))
