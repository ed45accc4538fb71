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

/** A moment that could not be read: nothing is said of what would be compared with it. */
export const unread: unique symbol = Symbol('unread')
type Read<Value> = Value | typeof unread

/**
 * @param wanted moments that are those of `term` are not judged by themselves: a term that opened last month may be closed later
 * @param windows of groups, of which none may open when all is over
 * @returns everything that is wrong, at most one for each field
 */
export const registrationFaults = (
  wanted: { readonly [Name in keyof TermWindow]: Read<TermWindow[Name]> },
  term: TermWindow,
  rules: Pick<TermRules, 'addUntil' | 'dropUntil' | 'withdrawUntil'>,
  windows: readonly { readonly label: string; readonly opensAt: string }[],
  now: Date,
): readonly DateFault[] => {
  const { registrationOpensAt: opens, registrationClosesAt: closes } = wanted
  const earliest = new Date(now.getTime() - graceMs).toISOString()
  const openingFault = (): Said | null => {
    if (opens === unread || opens === term.registrationOpensAt) return null
    if (opens < earliest) return said('form.opens_past')
    if (rules.addUntil !== null && rules.addUntil <= opens) return said('form.opens_after_add')
    return rules.dropUntil !== null && rules.dropUntil <= opens ? said('form.opens_after_drop') : null
  }
  const closeFault = (): Said | null => {
    if (closes === unread) return null
    if (opens !== unread && closes <= opens) return said('form.closes_early')
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

/** Of many the first few, and how many more. */
const someOf = (labels: readonly string[]) => ({
  sections: labels.slice(0, 4).join(', '),
  more: Math.max(0, labels.length - 4),
})

/**
 * The first and the last day of a term, 'YYYY-MM-DD'.
 * @param outside labels of sections that would meet outside; a day that stays is not judged by them
 */
export const termDateFaults = (
  wanted: { readonly startsOn: Read<string>; readonly endsOn: Read<string> },
  term: { readonly startsOn: string; readonly endsOn: string },
  outside: { readonly before: readonly string[]; readonly after: readonly string[] },
): readonly { readonly field: 'starts_on' | 'ends_on'; readonly words: Said }[] => {
  const { startsOn, endsOn } = wanted
  const { before, after } = outside
  const early = startsOn !== unread && startsOn !== term.startsOn && before.length > 0
  const reversed = startsOn !== unread && endsOn !== unread && endsOn < startsOn
  const late = endsOn !== unread && endsOn !== term.endsOn && after.length > 0
  return [
    ...(early ? [{ field: 'starts_on' as const, words: said('form.meets_before', someOf(before)) }] : []),
    ...(reversed
      ? [{ field: 'ends_on' as const, words: said('form.before_first') }]
      : late
        ? [{ field: 'ends_on' as const, words: said('form.meets_after', someOf(after)) }]
        : []),
  ]
}

/**
 * The days of a term: to add not after the close, to withdraw not before the last day to drop.
 * @param wanted days that are those of `rules` keep nobody from changing another one: the close may have been moved before them
 */
export const dayFaults = (
  wanted: { readonly [Name in 'addUntil' | 'dropUntil' | 'withdrawUntil']: Read<TermRules[Name]> },
  rules: Pick<TermRules, 'addUntil' | 'dropUntil' | 'withdrawUntil'>,
  { registrationClosesAt }: Pick<TermWindow, 'registrationClosesAt'>,
): readonly { readonly field: 'add_until' | 'withdraw_until'; readonly words: Said }[] => {
  const { addUntil, dropUntil, withdrawUntil } = wanted
  const late =
    addUntil !== unread && addUntil !== null && addUntil !== rules.addUntil && addUntil > registrationClosesAt
  const moved = dropUntil !== rules.dropUntil || withdrawUntil !== rules.withdrawUntil
  const early =
    withdrawUntil !== unread &&
    dropUntil !== unread &&
    withdrawUntil !== null &&
    moved &&
    withdrawUntil < (dropUntil ?? registrationClosesAt)
  return [
    ...(late ? [{ field: 'add_until' as const, words: said('form.window_late') }] : []),
    ...(early ? [{ field: 'withdraw_until' as const, words: said('form.withdraw_early') }] : []),
  ]
}
