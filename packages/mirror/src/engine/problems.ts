/** What `check` finds wrong, in the words of the table of errors. */
import { type ErrorCode, errorTable, MirrorError } from '../errors.ts'
import type { Problem } from '../types.ts'

export type Capabilities = Record<string, string | number | boolean | null>

export const problem = (
  code: ErrorCode,
  severity: Problem['severity'],
  detail: string,
  table: string | null = null,
): Problem => ({
  code,
  table,
  severity,
  cause: `${errorTable[code].cause} (${detail})`,
  remedy: errorTable[code].remedy,
})

/** An error that ended the questions to one side. Throws what is none of ours. */
export const problemOf = (error: unknown): Problem => {
  if (!(error instanceof MirrorError)) throw error
  return {
    code: error.code,
    table: error.table ?? null,
    severity: 'block',
    cause: error.message,
    remedy: error.remedy,
  }
}
