/** An error of the mirror; what each code means stands in error-table.ts. */
import { type ErrorCode, errorTable } from './error-table.ts'

export { type ErrorCode, type ErrorEntry, errorTable, isErrorCode } from './error-table.ts'

/** One table cannot be read, or not carried: it is refused, and the others go on. */
export const isOfOneTable = (error: unknown): boolean =>
  error instanceof MirrorError && (error.code === 'MIRROR_2010' || error.code === 'MIRROR_2011')

/** An error with a stable code. `detail` adds what the table's sentence cannot know; it never holds a password. */
export class MirrorError extends Error {
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly table: string | undefined

  constructor(code: ErrorCode, options: { detail?: string; table?: string; cause?: unknown } = {}) {
    const entry = errorTable[code]
    const subject = options.table === undefined ? '' : `${options.table}: `
    super(`${subject}${entry.cause}${options.detail === undefined ? '' : ` (${options.detail})`}`, {
      cause: options.cause,
    })
    this.name = 'MirrorError'
    this.code = code
    this.detail = options.detail
    this.table = options.table
  }

  get remedy(): string {
    return errorTable[this.code].remedy
  }

  get retried(): boolean {
    return errorTable[this.code].retried
  }
}
