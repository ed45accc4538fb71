/** What a database error means for whoever asked, as data. */
import { PortalError } from '../errors.ts'
import { said } from '../texts/index.ts'

/**
 * - clash: the server chose this transaction to give way (deadlock, lock wait, a row changed under a snapshot); it did
 *   nothing, or does nothing after ROLLBACK, and may be tried again
 * - lost: the connection broke; whether a COMMIT in flight took effect is not known
 * - crowded: all connections of this process were taken for too long; nothing was begun
 * - away: there is no server to talk to, it refuses for now, or it did not answer in time
 */
export type FailureKind = 'clash' | 'lost' | 'crowded' | 'away' | 'other'

const kinds: Readonly<Record<string, FailureKind>> = {
  ER_LOCK_DEADLOCK: 'clash',
  ER_LOCK_WAIT_TIMEOUT: 'clash',
  ER_CHECKREAD: 'clash',
  ER_XA_RBDEADLOCK: 'clash',
  PROTOCOL_CONNECTION_LOST: 'lost',
  PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR: 'lost',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  ER_SERVER_SHUTDOWN: 'lost',
  ER_QUERY_INTERRUPTED: 'lost',
  ER_CONNECTION_KILLED: 'lost',
  ER_CLIENT_INTERACTION_TIMEOUT: 'lost',
  PORTAL_NO_CONNECTION: 'crowded',
  PORTAL_DEADLINE: 'away',
  ECONNREFUSED: 'away',
  ENOTFOUND: 'away',
  EAI_AGAIN: 'away',
  EHOSTUNREACH: 'away',
  ENETUNREACH: 'away',
  ETIMEDOUT: 'away',
  ENOENT: 'away',
  ER_CON_COUNT_ERROR: 'away',
  ER_USER_LIMIT_REACHED: 'away',
  ER_OPTION_PREVENTS_STATEMENT: 'away',
}

/** mysql2's name of the error, or Node's of the network's. */
export const errorCode = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''

export const failureKind = (error: unknown): FailureKind => {
  const known = kinds[errorCode(error)]
  if (known !== undefined) return known
  // mysql2 says these two in words alone
  const text = error instanceof Error ? error.message : ''
  if (/connection is in closed state|closed the connection/i.test(text)) return 'lost'
  return /queue limit reached/i.test(text) ? 'crowded' : 'other'
}

/** The same error for people, when the database cannot be reached or is too busy; any other is passed on. */
export const forPeople = (error: unknown): unknown => {
  const kind = failureKind(error)
  if (kind === 'crowded')
    return new PortalError('busy', {
      detail: said('error.busy.system'),
      retryAfter: 2 + Math.floor(Math.random() * 4),
      cause: error,
    })
  if (kind === 'clash') return new PortalError('contention', { retryAfter: 1, cause: error })
  return kind === 'other' ? error : new PortalError('database_away', { retryAfter: 30, cause: error })
}

/**
 * Work that only reads, or does the same when it is done twice: again, twice at most, when a pooled connection turns out to
 * be broken, as all are after the server was restarted. @throws the error as it is for people
 */
export const readAgain = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (failureKind(error) !== 'lost' || attempt === 3) throw forPeople(error)
    }
  }
}
