/** When a term's registration may open and close, and its days, as the registrar's office moves them: in order, and not opened or closed in the past. */
import { type Said, said } from '../texts/index.ts'
import type { TermRules } from './rules.ts'
import type { TermWindow } from './window.ts'

export interface DateFault {
  readonly field: 'registration_opens' | 'registration_closes'
  readonly words: Said
}

/** Who wants it open, or closed, at once writes the time of now; the form takes a while to be filled in. */
const graceMs = 3_600_000

/**
 * @param wanted moments that are those of `term` are not judged by themselves: a term that opened last month may be closed later
 * @param windows of groups, of which none may open when all is over
 * @returns everything that is wrong, at most one for each field
 */
export const registrationFaults = (
  wanted: TermWindow,
  term: TermWindow,
  rules: Pick<TermRules, 'addUntil' | 'dropUntil' | 'withdrawUntil'>,
  windows: readonly { readonly label: string; readonly opensAt: string }[],
  now: Date,
): readonly DateFault[] => {
  const { registrationOpensAt: opens, registrationClosesAt: closes } = wanted
  const earliest = new Date(now.getTime() - graceMs).toISOString()
  const openingFault = (): Said | null => {
    if (opens === term.registrationOpensAt) return null
    if (opens < earliest) return said('form.opens_past')
    if (rules.addUntil !== null && rules.addUntil <= opens) return said('form.opens_after_add')
    return rules.dropUntil !== null && rules.dropUntil <= opens ? said('form.opens_after_drop') : null
  }
  const closeFault = (): Said | null => {
    if (closes <= opens) return said('form.closes_early')
    if (closes === term.registrationClosesAt) return null
    if (closes < earliest) return said('form.closes_past')
    const late = windows.find(({ opensAt }) => opensAt >= closes)
    if (late !== undefined) return said('form.closes_before_window', { window: late.label })
    // where no day to drop is set, it is the close; a W follows it and does not come before
    const { dropUntil, withdrawUntil } = rules
    return withdrawUntil !== null && dropUntil === null && withdrawUntil < closes
      ? said('form.closes_after_withdraw')
      : null
  }
  const [early, late] = [openingFault(), closeFault()]
  return [
    ...(early === null ? [] : [{ field: 'registration_opens' as const, words: early }]),
    ...(late === null ? [] : [{ field: 'registration_closes' as const, words: late }]),
  ]
}

/**
 * The days of a term: to add not after the close, to withdraw not before the last day to drop.
 * @param wanted days that are those of `rules` keep nobody from changing another one: the close may have been moved before them
 */
export const dayFaults = (
  wanted: Pick<TermRules, 'addUntil' | 'dropUntil' | 'withdrawUntil'>,
  rules: Pick<TermRules, 'addUntil' | 'dropUntil' | 'withdrawUntil'>,
  { registrationClosesAt }: Pick<TermWindow, 'registrationClosesAt'>,
): readonly { readonly field: 'add_until' | 'withdraw_until'; readonly words: Said }[] => {
  const { addUntil, dropUntil, withdrawUntil } = wanted
  const late = addUntil !== null && addUntil !== rules.addUntil && addUntil > registrationClosesAt
  const moved = dropUntil !== rules.dropUntil || withdrawUntil !== rules.withdrawUntil
  const early = withdrawUntil !== null && moved && withdrawUntil < (dropUntil ?? registrationClosesAt)
  return [
    ...(late ? [{ field: 'add_until' as const, words: said('form.window_late') }] : []),
    ...(early ? [{ field: 'withdraw_until' as const, words: said('form.withdraw_early') }] : []),
  ]
}
