/**
 * Every failure, as an answer: a status, a stable code, what happened, what to do next. Expected failures of the portal
 * bring their own (errors.ts); this table adds those of HTTP itself, with their status; their words stand under the code in the texts. What is neither is a fault of ours: it is logged
 * and told as one, without its message, which may hold anything.
 */
import { PortalError } from '../errors.ts'
import { english, type Said, said } from '../texts/index.ts'

const httpErrorTable = {
  bad_request: 400,
  bad_address: 400,
  address_long: 431,
  forged_form: 403,
  students_only: 403,
  staff_only: 403,
  instructors_only: 403,
  not_your_section: 403,
  no_such_page: 404,
  too_large: 413,
  unsupported_type: 415,
  slow_down: 429,
  overloaded: 503,
  broken: 500,
} as const satisfies Record<string, number>

export type HttpErrorCode = keyof typeof httpErrorTable

export class HttpError extends Error {
  readonly code: HttpErrorCode
  constructor(code: HttpErrorCode) {
    super(english.t(`http.${code}`))
    this.name = 'HttpError'
    this.code = code
  }
}

export interface Problem {
  readonly status: number
  readonly code: string
  readonly words: Said | string
  readonly remedy: Said | string
  /** seconds */
  readonly retryAfter?: number | undefined
  readonly field?: string | undefined
}

const ofTable = (code: HttpErrorCode, retryAfter?: number): Problem => ({
  status: httpErrorTable[code],
  code,
  words: said(`http.${code}`),
  remedy: said(`http.${code}.remedy`),
  retryAfter,
})

const ofPortal = ({ status, code, words, next, retryAfter, field }: PortalError): Problem => ({
  status,
  code,
  words,
  remedy: next,
  retryAfter,
  field,
})

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
  if (error instanceof PortalError) return ofPortal(error)
  if (error instanceof HttpError) return ofTable(error.code, error.code === 'overloaded' ? 5 : undefined)
  const code = textOf(error, 'code')
  if (typeof code === 'string' && awayCodes.has(code))
    return ofPortal(new PortalError('database_away', { retryAfter: 5 }))
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
