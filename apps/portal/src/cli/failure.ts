/** Any error → one message for a terminal and an exit status: 2 for usage and configuration, 1 for the rest. */
import { CommanderError } from 'commander'
import { AddressError, describeAddress, parseAddress } from '../db/address.ts'
import { errorCode, failureKind } from '../db/failures.ts'
import { PortalError } from '../errors.ts'
import { ImportError } from '../intake/import/failure.ts'
import { NotEmptyError } from '../intake/sample.ts'

export interface Failure {
  readonly message: string
  readonly status: 1 | 2
}

/** A wrong option or a missing one; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** commander repeats what was typed; a mistyped flag may hold an address, up to the last @ before a blank. */
export const withoutPasswords = (text: string): string =>
  text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/[^\s:@"'`]*):[^\s"'`]*@/gi, '$1:***@')

const databaseWords: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: 'refused the account. Check user and password in PORTAL_DATABASE.',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'refused the account. Check user and password in PORTAL_DATABASE.',
  ER_BAD_DB_ERROR: 'has no such database. Create it first, or correct the name in PORTAL_DATABASE.',
  ER_DBACCESS_DENIED_ERROR: 'does not let the account into this database. Grant it all rights there.',
  ER_TABLEACCESS_DENIED_ERROR: 'does not let the account do this. Grant it all rights in its database.',
  ER_NO_SUCH_TABLE: 'has not been set up. Run: portal migrate',
  ER_BAD_FIELD_ERROR: 'has an older schema than this program. Run: portal migrate',
}

/** By name: the web application is loaded by `serve` alone. */
const listenWords: Readonly<Record<string, string>> = {
  EADDRINUSE: 'The port is in use. Choose another one with --port, or 0 for any free one.',
  EACCES: 'This user may not use that port. Choose one above 1023 with --port.',
  EADDRNOTAVAIL: 'This machine has no such address. Check --host; 0.0.0.0 is all of them.',
  ENOTFOUND: 'There is no host of this name. Check --host; 0.0.0.0 is every address of this machine.',
}

/** Where the database is, for a message; never with the password. */
const whereIs = (database: string | undefined): string => {
  if (database === undefined) return 'The database'
  try {
    return `The database at ${describeAddress(parseAddress(database, 'PORTAL_DATABASE', 'mysql'))}`
  } catch {
    return 'The database'
  }
}

export const describeFailure = (error: unknown, database: string | undefined): Failure => {
  if (error instanceof UsageError || error instanceof AddressError)
    return { message: error.message, status: 2 }
  if (error instanceof ImportError) return { message: error.message, status: error.status }
  if (error instanceof CommanderError) return { message: '', status: error.exitCode === 0 ? 1 : 2 }
  if (error instanceof NotEmptyError)
    return {
      message: `${error.message} Nothing was changed. The sample is only made in an empty database.`,
      status: 1,
    }
  if (error instanceof PortalError && error.cause === undefined)
    return { message: `${error.message} ${error.remedy}`, status: 1 }
  const cause = error instanceof PortalError ? error.cause : error
  if (cause instanceof Error && cause.name === 'ListenError')
    return {
      message: `${cause.message} ${listenWords[errorCode(cause)] ?? 'Check --host and --port.'}`,
      status: 1,
    }
  const words = databaseWords[errorCode(cause)]
  if (words !== undefined) return { message: `${whereIs(database)} ${words}`, status: 1 }
  if (['away', 'lost'].includes(failureKind(cause)))
    return {
      message: `${whereIs(database)} cannot be reached (${errorCode(cause)}). Check host and port in PORTAL_DATABASE, and that the server is running.`,
      status: 1,
    }
  return { message: cause instanceof Error ? cause.message : String(cause), status: 1 }
}
