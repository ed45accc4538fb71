/**
 * What can go wrong at the front door, in one table: the answer's HTTP status, what happened, what to do next.
 * What concerns a single section of a submission is no error but a reason on the receipt (policy/reasons.ts).
 */
interface ErrorEntry {
  readonly status: number
  readonly words: string
  readonly remedy: string
}

export const errorTable = {
  /** the same for a wrong password, an unknown number and an account that was never activated */
  sign_in_refused: {
    status: 401,
    words: 'Number and password do not match.',
    remedy:
      'Check both and try again. If this is your first visit, activate your account with the code you were given.',
  },
  /** the same for a wrong, used or expired code, and for an unknown number */
  code_refused: {
    status: 401,
    words: 'Number and code do not match, or the code is used or expired.',
    remedy: 'Check both and try again, or ask the registrar’s office for a new code.',
  },
  too_many_attempts: {
    status: 429,
    words: 'There were too many failed attempts.',
    remedy: 'Wait a little and try again.',
  },
  password_unfit: {
    status: 422,
    words: 'This password cannot be used.',
    remedy: 'Choose another one.',
  },
  busy: {
    status: 503,
    words: 'Very many people are signing in at this moment.',
    remedy: 'Wait a few seconds and try again. Nothing was lost.',
  },
  sign_in_needed: {
    status: 401,
    words: 'This needs a signed-in student.',
    remedy: 'Sign in and try again.',
  },
  students_only: {
    status: 403,
    words: 'This page is for students.',
    remedy: 'Sign in with a student number.',
  },
  not_found: {
    status: 404,
    words: 'There is nothing here.',
    remedy: 'Check the address, or start from the catalogue.',
  },
  number_taken: {
    status: 409,
    words: 'The number is somebody’s already.',
    remedy: 'Choose another number, or give that person a new code: portal code NUMBER',
  },
  foreign_database: {
    status: 409,
    words: 'The database belongs to another program.',
    remedy: 'Create an empty database for the portal, and name that one.',
  },
  nothing_chosen: {
    status: 422,
    words: 'No section was chosen.',
    remedy: 'Tick at least one section.',
  },
  too_many_sections: {
    status: 422,
    words: 'Too many sections were chosen at once.',
    remedy: 'Choose at most 20 sections in one submission.',
  },
  request_malformed: {
    status: 422,
    words: 'The form was not complete.',
    remedy: 'Open the page again and resend the form.',
  },
  request_reused: {
    status: 409,
    words: 'This form was already sent, with another choice in it.',
    remedy: 'Open the cart again: it shows what was done and what is left.',
  },
  contention: {
    status: 503,
    words: 'The registration could not be finished, as too many changes met at once. Nothing was changed.',
    remedy: 'Send the form again.',
  },
  database_away: {
    status: 503,
    words: 'The registration system cannot be reached at the moment.',
    // not "nothing was changed": a COMMIT may have been under way
    remedy: 'Try again in a minute. A form that is sent again does nothing twice.',
  },
} as const satisfies Record<string, ErrorEntry>

export type PortalErrorCode = keyof typeof errorTable

/** An expected failure with words for people. `detail` adds what the table cannot know; it never holds a secret. */
export class PortalError extends Error {
  readonly code: PortalErrorCode
  readonly status: number
  readonly remedy: string
  /** seconds after which another try makes sense, for Retry-After */
  readonly retryAfter: number | undefined
  /** the form field that it concerns, when it is one */
  readonly field: string | undefined

  constructor(
    code: PortalErrorCode,
    options: {
      detail?: string
      remedy?: string
      retryAfter?: number
      field?: string | undefined
      cause?: unknown
    } = {},
  ) {
    const entry: ErrorEntry = errorTable[code]
    super(options.detail ?? entry.words, { cause: options.cause })
    this.name = 'PortalError'
    this.code = code
    this.status = entry.status
    this.remedy = options.remedy ?? entry.remedy
    this.retryAfter = options.retryAfter
    this.field = options.field
  }
}
