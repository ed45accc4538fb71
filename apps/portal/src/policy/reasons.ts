/**
 * Why a section was not given, as data: a stable code and, where the words need it, a detail. Receipts keep
 * code and detail; the words are made here, so that they can be bettered or translated later.
 */
interface ReasonEntry {
  readonly words: (detail: string) => string
  readonly remedy: string
}

export const reasonTable = {
  unknown_section: {
    words: () => 'There is no such section.',
    remedy: 'Search the catalogue, and add the section from there.',
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
  },
  window_closed: {
    words: (detail: string) => `Registration for this term closed on ${detail}.`,
    remedy: 'Ask the registrar’s office if you need a late change.',
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
  /** what the words name: another section, a date, a limit; '' where they name nothing */
  readonly detail: string
  readonly words: string
  readonly remedy: string
}

/** The reason with its words. `detail` is a section's label, a date or a number, as the code requires. */
export const reason = (code: ReasonCode, detail = ''): Reason => {
  const entry: ReasonEntry = reasonTable[code]
  return { code, detail, words: entry.words(detail), remedy: entry.remedy }
}

export const isReasonCode = (text: string): text is ReasonCode => Object.hasOwn(reasonTable, text)
