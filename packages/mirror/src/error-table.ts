/**
 * Every error that the mirror reports, in one table: what happened, what to do, and whether the loop tries again. A test holds docs/errors.md.
 *
 * 1xxx the source (MySQL, MariaDB), 11xx the server to restore to · 2xxx its schema · 3xxx the target (PostgreSQL) · 4xxx the mirror's own state,
 * 41xx its brakes
 */
import { brakeErrors } from './error-tables/brakes.ts'
import { restoreErrors } from './error-tables/restore.ts'
import { schemaErrors } from './error-tables/schema.ts'
import { sourceErrors } from './error-tables/source.ts'
import { stateErrors } from './error-tables/state.ts'
import { targetErrors } from './error-tables/target.ts'

export type { ErrorEntry } from './error-tables/entry.ts'

export const errorTable = {
  ...sourceErrors,
  ...restoreErrors,
  ...schemaErrors,
  ...targetErrors,
  ...stateErrors,
  ...brakeErrors,
} as const

export type ErrorCode = keyof typeof errorTable

export const isErrorCode = (code: string): code is ErrorCode => code in errorTable
