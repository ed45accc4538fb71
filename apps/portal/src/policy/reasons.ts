/**
 * Why a section was not given, as data: a stable code and, where the words need it, a detail. Receipts keep
 * code and detail; the words stand under the code in the texts, so that they can be bettered and translated.
 */
import { z } from 'zod'
import type { Component } from '../catalogue/types.ts'
import { english, type Language } from '../texts/index.ts'

const cart = { words: english.t('reason.see_cart'), href: '/cart' }
const schedule = { words: english.t('words.see_schedule'), href: '/schedule' }
const catalogue = { words: english.t('words.search_catalogue'), href: '/catalogue' }

/** Each code with the page where the next step can be taken, if there is one. */
export const reasonTable = {
  unknown_section: catalogue,
  duplicate: null,
  already_enrolled: null,
  other_section: null,
  other_chosen: null,
  full: null,
  already_waiting: null,
  not_needed: null,
  all_or_nothing: null,
  swap_refused: null,
  overlaps: null,
  cancelled: null,
  window_before: cart,
  window_yours: cart,
  window_closed: null,
  add_closed: null,
  drop_closed: null,
  drop_late: schedule,
  hold: null,
  requirement: null,
  requirement_text: null,
  repeat_passed: null,
  repeat_attempts: null,
  credit_limit: schedule,
  linked: cart,
  linked_left: schedule,
  linked_waits: schedule,
  linked_place: schedule,
  half_waits: null,
  half_cancelled: null,
  along_more: schedule,
  along_less: schedule,
  reserved: null,
  by_permission: null,
  withdrawn: null,
  student_inactive: null,
  graded: null,
} as const satisfies Record<string, { readonly words: string; readonly href: string } | null>

export type ReasonCode = keyof typeof reasonTable

export interface Reason {
  readonly code: ReasonCode
  /** what the words name: another section, a moment, a limit; '' where they name nothing; two of them with | between */
  readonly detail: string
  /** in English, for those who read JSON; a page makes its own (views/words.ts) */
  readonly words: string
  readonly remedy: string
  /** where the next step can be taken, if on a page */
  readonly action?: { readonly words: string; readonly href: string }
}

/** What the columns of receipts and notices hold. */
const longest = 200
const clip = (text: string, most: number): string => {
  const signs = Array.from(text)
  return signs.length > most ? `${signs.slice(0, most - 1).join('')}…` : text
}

/** detail and second */
export const partsOf = (detail: string): readonly [string, string] => {
  const at = detail.indexOf('|')
  return at === -1 ? [detail, ''] : [detail.slice(0, at), detail.slice(at + 1)]
}

export const isComponent = (text: string): text is Component =>
  ['lecture', 'laboratory', 'seminar', 'discussion', 'studio'].includes(text)

/** @param parts of the detail, as the reader writes them */
export const reasonText = (
  kind: 'words' | 'remedy',
  code: ReasonCode,
  [detail, second]: readonly [string, string],
  { say, t }: Pick<Language, 'say' | 't'>,
): string => {
  const unsaid = code === 'hold' && second === '' ? t('reason.hold.office') : second
  const named = code === 'linked' && isComponent(detail) ? t(`component.a_${detail}`) : detail
  const args = { detail: named, second: unsaid, count: Number.parseInt(detail, 10) || 0 }
  if (kind === 'remedy') return say({ key: `reason.${code}.remedy`, args })
  const key =
    code === 'requirement' && second === ''
      ? 'reason.requirement.none'
      : code === 'full' && second !== ''
        ? 'reason.full_waiting'
        : (`reason.${code}` as const)
  return say({ key, args })
}

/**
 * The reason with its words. `detail` is a section's label, a moment, a number or a name, as the code requires; `second` what
 * some words name beside it. A detail that was kept already has both.
 */
export const reason = (code: ReasonCode, detail = '', second?: string): Reason => {
  const whole =
    second === undefined
      ? clip(detail, longest)
      : `${clip(detail.replaceAll('|', '/'), 120)}|${clip(second, longest - 121)}`
  const parts = partsOf(whole)
  const action = reasonTable[code]
  return {
    code,
    detail: whole,
    words: reasonText('words', code, parts, english),
    remedy: reasonText('remedy', code, parts, english),
    ...(action === null ? {} : { action }),
  }
}

/** With what is known of it: the seats, and how many wait. */
export const fullReason = ({
  capacity,
  waiting,
}: {
  readonly capacity: number
  readonly waiting: number
}): Reason => reason('full', String(capacity), waiting > 0 ? String(waiting) : undefined)

/** In one column: pairs of code and detail; null for none. */
export const keepReasons = (reasons: readonly Pick<Reason, 'code' | 'detail'>[]): string | null =>
  reasons.length === 0 ? null : JSON.stringify(reasons.map(({ code, detail }) => [code, detail]))

const kept = z.array(z.tuple([z.string(), z.string()]))

/** The way back; those of a newer portal are left out. */
export const keptReasons = (json: string | null): readonly Reason[] => {
  if (json === null) return []
  try {
    const pairs = kept.safeParse(JSON.parse(json)).data ?? []
    return pairs.flatMap(([code, detail]) => (isReasonCode(code) ? [reason(code, detail)] : []))
  } catch {
    return []
  }
}

export const isReasonCode = (text: string): text is ReasonCode => Object.hasOwn(reasonTable, text)
