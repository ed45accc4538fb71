import { english, type Said, said } from './texts/index.ts'

/**
 * What can go wrong at the front door, in one table: the answer's HTTP status. What happened and what to do next stand
 * under the code in the texts (texts/en/errors.ts). What concerns a single section of a submission is no error but a reason on the receipt (policy/reasons.ts).
 */
const errorTable = {
  /** the same for a wrong password, an unknown number and an account that was never activated */
  sign_in_refused: 401,
  /** the same for a wrong, used or expired code, and for an unknown number */
  code_refused: 401,
  too_many_attempts: 429,
  password_unfit: 422,
  /** of who changes it; no 401, as the session holds */
  current_refused: 403,
  busy: 503,
  sign_in_needed: 401,
  students_only: 403,
  not_found: 404,
  number_taken: 409,
  foreign_database: 409,
  nothing_chosen: 422,
  too_many_sections: 422,
  request_malformed: 422,
  request_reused: 409,
  preview_moved: 409,
  contention: 503,
  database_away: 503,
} as const satisfies Record<string, number>

export type PortalErrorCode = keyof typeof errorTable

/**
 * An expected failure with words for people. `detail` adds what the table cannot know; it never holds a secret. `message` is
 * English, for logs and the command line; a page says `words` and `next` in its reader's language.
 */
export class PortalError extends Error {
  readonly code: PortalErrorCode
  readonly status: number
  readonly words: Said | string
  readonly next: Said | string
  /** seconds after which another try makes sense, for Retry-After */
  readonly retryAfter: number | undefined
  /** the form field that it concerns, when it is one */
  readonly field: string | undefined

  constructor(
    code: PortalErrorCode,
    options: {
      /** a text of the catalogue; a string only where no page shows it */
      detail?: Said | string
      remedy?: Said | string
      retryAfter?: number
      field?: string | undefined
      cause?: unknown
    } = {},
  ) {
    const words: Said | string = options.detail ?? said(`error.${code}`)
    super(english.say(words), { cause: options.cause })
    this.name = 'PortalError'
    this.code = code
    this.status = errorTable[code]
    this.words = words
    this.next = options.remedy ?? said(`error.${code}.remedy`)
    this.retryAfter = options.retryAfter
    this.field = options.field
  }

  /** in English */
  get remedy(): string {
    return english.say(this.next)
  }
}
