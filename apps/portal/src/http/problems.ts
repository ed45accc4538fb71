/**
 * Every failure, as an answer: a status, a stable code, what happened, what to do next. Expected failures of the portal
 * bring their own (errors.ts); this table adds those of HTTP itself. What is neither is a fault of ours: it is logged
 * and told as one, without its message, which may hold anything.
 */
import { PortalError, errorTable } from '../errors.ts'

interface Entry {
  readonly status: number
  readonly words: string
  readonly remedy: string
}

export const httpErrorTable = {
  bad_request: {
    status: 400,
    words: 'The request could not be understood.',
    remedy: 'Go back, open the page again and resend the form.',
  },
  bad_address: {
    status: 400,
    words: 'This address cannot be read.',
    remedy: 'Check the address, or start from the catalogue.',
  },
  forged_form: {
    status: 403,
    words: 'This form was not sent from a page of the portal, so nothing was done.',
    remedy: 'Open the portal in this browser yourself, and send the form from there.',
  },
  students_only: {
    status: 403,
    words: 'Only students have a cart, a schedule and receipts.',
    remedy: 'Sign in with a student number, or go on in the catalogue.',
  },
  staff_only: {
    status: 403,
    words: 'This page is for the registrar’s office.',
    remedy: 'Sign in with a staff number, or go on in the catalogue.',
  },
  instructors_only: {
    status: 403,
    words: 'This page is for instructors.',
    remedy: 'Sign in with an instructor’s number, or go on in the catalogue.',
  },
  not_your_section: {
    status: 403,
    words: 'You do not teach this section, so its roster is not shown to you.',
    remedy: 'Open “Teaching”, which lists yours. Ask the registrar’s office if one is missing.',
  },
  no_such_page: {
    status: 404,
    words: 'There is no page at this address.',
    remedy: 'Check the address, or start from the catalogue.',
  },
  too_large: {
    status: 413,
    words: 'What was sent is far larger than any form of the portal. It was not read.',
    remedy: 'Go back, shorten what was typed and send the form again.',
  },
  unsupported_type: {
    status: 415,
    words: 'The portal reads forms and JSON only.',
    remedy: 'Send application/x-www-form-urlencoded or application/json.',
  },
  slow_down: {
    status: 429,
    words: 'Too many requests came from you within a minute.',
    remedy: 'Wait a little and try again. Nothing was lost.',
  },
  overloaded: {
    status: 503,
    words: 'Very many people use the portal at this moment.',
    remedy: 'Wait a few seconds and try again. Nothing was changed.',
  },
  broken: {
    status: 500,
    words: 'Something went wrong on our side.',
    remedy: 'Try again. If it stays, tell the registrar’s office the request number below.',
  },
} as const satisfies Record<string, Entry>

export type HttpErrorCode = keyof typeof httpErrorTable

export class HttpError extends Error {
  readonly code: HttpErrorCode
  constructor(code: HttpErrorCode) {
    super(httpErrorTable[code].words)
    this.name = 'HttpError'
    this.code = code
  }
}

export interface Problem {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly remedy: string
  /** seconds */
  readonly retryAfter?: number | undefined
  readonly field?: string | undefined
}

const ofTable = (code: HttpErrorCode, retryAfter?: number): Problem => {
  const { status, words, remedy } = httpErrorTable[code]
  return { status, code, message: words, remedy, retryAfter }
}

/** What drivers and the network call a database that is away; each may be tried again. */
const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
  'ER_NORMAL_SHUTDOWN',
])

const byStatus: Readonly<Record<number, HttpErrorCode>> = {
  400: 'bad_request',
  404: 'no_such_page',
  413: 'too_large',
  415: 'unsupported_type',
  429: 'slow_down',
  503: 'overloaded',
}

const textOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && key in value
    ? (value as Record<string, unknown>)[key]
    : undefined

export const problemOf = (error: unknown): Problem => {
  if (error instanceof PortalError) {
    const { status, code, message, remedy, retryAfter, field } = error
    return { status, code, message, remedy, retryAfter, field }
  }
  if (error instanceof HttpError) return ofTable(error.code, error.code === 'overloaded' ? 5 : undefined)
  const code = textOf(error, 'code')
  if (typeof code === 'string' && awayCodes.has(code)) {
    const { status, words, remedy } = errorTable.database_away
    return { status, code: 'database_away', message: words, remedy, retryAfter: 5 }
  }
  const status = textOf(error, 'statusCode')
  const known = typeof status === 'number' ? byStatus[status] : undefined
  if (known !== undefined) return ofTable(known, status === 503 || status === 429 ? 5 : undefined)
  // whatever else a plugin refuses as the client's fault is told as such, without its words
  if (typeof status === 'number' && status >= 400 && status < 500)
    return { ...ofTable('bad_request'), status }
  return ofTable('broken')
}

/**
 * What may be logged of a fault. A driver's message can quote a value ("Duplicate entry '20240017'") and its error
 * carries the statement: of those only code and frames are kept.
 */
export const loggable = (error: unknown): Record<string, unknown> => {
  if (!(error instanceof Error)) return { type: typeof error }
  const ofDriver = textOf(error, 'errno') !== undefined || textOf(error, 'sqlState') !== undefined
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    code: textOf(error, 'code'),
    errno: textOf(error, 'errno'),
    message: ofDriver ? undefined : error.message,
    frames: frames.slice(0, 12),
    cause: error.cause === undefined ? undefined : loggable(error.cause),
  }
}
