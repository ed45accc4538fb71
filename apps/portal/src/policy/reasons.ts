/**
 * Why a section was not given, as data: a stable code and, where the words need it, a detail. Receipts keep
 * code and detail; the words are made here, so that they can be bettered or translated later.
 */
interface ReasonEntry {
  readonly words: (detail: string, second: string) => string
  readonly remedy: string | ((detail: string, second: string) => string)
  /** where the next step can be taken */
  readonly action?: { readonly words: string; readonly href: string }
}

const cart = { words: 'See your cart', href: '/cart' }
const schedule = { words: 'See your schedule', href: '/schedule' }
const catalogue = { words: 'Search the catalogue', href: '/catalogue' }

export const reasonTable = {
  unknown_section: {
    words: () => 'There is no such section.',
    remedy: 'Search the catalogue, and add the section from there.',
    action: catalogue,
  },
  duplicate: {
    words: () => 'The section stood twice in this submission.',
    remedy: 'Nothing: the first of the two was dealt with.',
  },
  already_enrolled: {
    words: () => 'You are already enrolled in this section.',
    remedy: 'Nothing: it is on your schedule.',
  },
  other_section: {
    words: (detail: string) => `You are enrolled in another section of this course, ${detail}.`,
    remedy: 'Drop that section first if you want this one instead.',
  },
  full: {
    words: () => 'The section is full.',
    remedy: 'Put yourself on its waiting list, or choose another section.',
  },
  already_waiting: {
    words: () => 'You are on the waiting list of this section already.',
    remedy: 'Nothing: your place is kept, and your schedule shows it.',
  },
  not_needed: {
    words: (detail: string) => `It was your fallback for ${detail}, and you have that one.`,
    remedy: 'Nothing: it stays in your cart until you remove it.',
  },
  all_or_nothing: {
    words: () => 'You asked for all or nothing, and not all could be had.',
    remedy: 'Change the sections that could not be had, or ask for as many as possible.',
  },
  swap_refused: {
    words: (detail: string) => `It was to take the place of ${detail}, which cannot be dropped.`,
    remedy: 'Nothing was changed: you keep what you had.',
  },
  overlaps: {
    words: (detail: string) => `It meets at the same time as ${detail}.`,
    remedy: 'Choose a section at another time, or drop the other one first.',
  },
  cancelled: {
    words: () => 'The section has been cancelled.',
    remedy: 'Choose another section of the course.',
  },
  window_before: {
    words: (detail: string) => `Registration for this term opens on ${detail}.`,
    remedy: 'Keep the section in your cart, and come back then.',
    action: cart,
  },
  window_yours: {
    words: (detail: string) => `Your own registration opens on ${detail}.`,
    remedy: 'Keep the section in your cart, and come back then. Others begin earlier or later than you.',
    action: cart,
  },
  window_closed: {
    words: (detail: string) => `Registration for this term closed on ${detail}.`,
    remedy: 'Ask the registrar’s office if you need a late change.',
  },
  add_closed: {
    words: (detail: string) => `The last moment to add a section was ${detail}.`,
    remedy: 'Ask the registrar’s office for a permission if you need a late change.',
  },
  drop_closed: {
    words: (detail: string) => `The last moment to leave a section was ${detail}.`,
    remedy: 'Ask the registrar’s office if something has kept you from it.',
  },
  drop_late: {
    words: (detail: string, second: string) =>
      `The last moment to drop without a trace was ${detail}. Until ${second} you can withdraw.`,
    remedy: 'Withdraw on your schedule: a W stays on your transcript, and counts for nothing else.',
    action: schedule,
  },
  hold: {
    words: (detail: string) => `A hold keeps you from registering: ${detail}.`,
    remedy: (_: string, second: string) =>
      `Ask ${second === '' ? 'the registrar’s office' : second}. You can register as soon as it is released.`,
  },
  requirement: {
    words: (detail: string, second: string) =>
      `You still need ${detail}.${second === '' ? ' Your record has none of it.' : ` Your record has ${second}.`}`,
    remedy: 'Take that first. If you have it from elsewhere, ask the registrar’s office for a permission.',
  },
  requirement_text: {
    words: (detail: string) => `The bulletin says: “${detail}” Nobody checks this for you.`,
    remedy: 'See for yourself that you meet it, or ask the instructor.',
  },
  repeat_passed: {
    words: (detail: string) => `You have completed this course with ${detail}, and it cannot be taken again.`,
    remedy: 'Choose another course. The registrar’s office can permit a repeat.',
  },
  repeat_attempts: {
    words: (detail: string) => `You have taken this course ${detail} times already.`,
    remedy: 'Ask the registrar’s office for a permission to take it once more.',
  },
  credit_limit: {
    words: (detail: string, second: string) =>
      `With it you would have ${detail} credits, and ${second} is your limit this term.`,
    remedy: 'Leave another section out, or ask the registrar’s office for a higher limit.',
    action: schedule,
  },
  linked: {
    words: (detail: string, second: string) => `It is taken together with a ${detail}: ${second}.`,
    remedy: 'Add one of them, and register for both in one form.',
    action: cart,
  },
  linked_left: {
    words: (detail: string) => `You would be left with ${detail}, which is taken together with it.`,
    remedy: 'Swap it for another one of the same kind, or drop both.',
    action: schedule,
  },
  reserved: {
    words: (detail: string, second: string) =>
      detail === '1'
        ? `The one seat left is kept for ${second}.`
        : `The ${detail} seats left are kept for ${second}.`,
    remedy: 'Put yourself on the waiting list, or choose another section.',
  },
  by_permission: {
    words: () =>
      'The seat is given by a permission of the registrar’s office, although none is free for others.',
    remedy: 'Nothing: it is a seat like any other.',
  },
  withdrawn: {
    words: () => 'You have withdrawn from this section.',
    remedy: 'Ask the registrar’s office if that was a mistake.',
  },
  student_inactive: {
    words: () => 'Your student record is not active.',
    remedy: 'Ask the registrar’s office.',
  },
  graded: {
    words: () => 'The section has been graded.',
    remedy: 'Ask the registrar’s office if the grade is wrong.',
  },
} as const satisfies Record<string, ReasonEntry>

export type ReasonCode = keyof typeof reasonTable

export interface Reason {
  readonly code: ReasonCode
  /** what the words name: another section, a moment, a limit; '' where they name nothing; two of them with | between */
  readonly detail: string
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

/**
 * The reason with its words. `detail` is a section's label, a moment, a number or a name, as the code requires; `second` what
 * some words name beside it. A detail that was kept already has both.
 */
export const reason = (code: ReasonCode, detail = '', second?: string): Reason => {
  const entry: ReasonEntry = reasonTable[code]
  const whole =
    second === undefined
      ? clip(detail, longest)
      : `${clip(detail.replaceAll('|', '/'), 120)}|${clip(second, longest - 121)}`
  const at = whole.indexOf('|')
  const [one, two] = at === -1 ? [whole, ''] : [whole.slice(0, at), whole.slice(at + 1)]
  return {
    code,
    detail: whole,
    words: entry.words(one, two),
    remedy: typeof entry.remedy === 'string' ? entry.remedy : entry.remedy(one, two),
    ...(entry.action === undefined ? {} : { action: entry.action }),
  }
}

export const isReasonCode = (text: string): text is ReasonCode => Object.hasOwn(reasonTable, text)
