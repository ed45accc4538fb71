/** The driver's errors as ours. */
import { MirrorError } from '../errors.ts'

const accessDenied = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
  'ER_HOST_NOT_PRIVILEGED',
])
const unknownDatabase = new Set(['ER_BAD_DB_ERROR', 'ER_DBACCESS_DENIED_ERROR'])
const tableDenied = new Set(['ER_TABLEACCESS_DENIED_ERROR', 'ER_COLUMNACCESS_DENIED_ERROR'])
const definitionMoved = new Set([
  'ER_TABLE_DEF_CHANGED',
  'ER_NO_SUCH_TABLE',
  'ER_BAD_FIELD_ERROR',
  'ER_KEY_DOES_NOT_EXITS',
])
const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOENT',
  'EACCES',
])
const limitReached = new Set([
  'ER_QUERY_TIMEOUT',
  'ER_STATEMENT_TIMEOUT',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_QUERY_INTERRUPTED',
])

/** The server ended one statement at its limit of time; the connection, and a view open on it, are still good. */
export const isStatementLimit = (error: unknown): boolean =>
  error instanceof MirrorError && endedAtLimit.has(Number(propertyOf(error.cause, 'errno')))

/** Somebody ended the statement, or, where MySQL counts rows with several threads, its limit did. */
export const isInterrupted = (error: unknown): boolean =>
  error instanceof MirrorError && Number(propertyOf(error.cause, 'errno')) === 1317

/** Nothing smaller can be asked for: it stops this table, and no other. */
export const tooSlow = ({ name }: { readonly name: string }, cause: unknown): MirrorError =>
  new MirrorError('MIRROR_2011', { table: name, cause })

/** MySQL's ER_QUERY_TIMEOUT, MariaDB's ER_STATEMENT_TIMEOUT */
const endedAtLimit = new Set([3024, 1969])

export const propertyOf = (error: unknown, name: 'code' | 'errno'): unknown =>
  typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined

export const toSourceError = (error: unknown, table?: string): MirrorError => {
  if (error instanceof MirrorError) return error
  const found = propertyOf(error, 'code')
  const code = typeof found === 'string' ? found : ''
  const inner = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error
  const detail = inner instanceof Error ? inner.message : String(inner)
  const options = { detail, cause: error, ...(table === undefined ? {} : { table }) }
  if (accessDenied.has(code)) return new MirrorError('MIRROR_1002', options)
  if (unknownDatabase.has(code)) return new MirrorError('MIRROR_1003', options)
  if (tableDenied.has(code)) return new MirrorError('MIRROR_1006', options)
  if (definitionMoved.has(code)) return new MirrorError('MIRROR_2004', options)
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return new MirrorError('MIRROR_1020', options)
  if (code === 'HANDSHAKE_SSL_ERROR') return new MirrorError('MIRROR_1021', options)
  if (unreachable.has(code)) return new MirrorError('MIRROR_1001', options)
  if (limitReached.has(code)) return new MirrorError('MIRROR_1004', options)
  // The server's own refusals carry a positive number; everything else is the connection.
  if (
    Number(propertyOf(error, 'errno') ?? 0) > 0 &&
    code.startsWith('ER_') &&
    code !== 'ER_SERVER_SHUTDOWN'
  ) {
    return new MirrorError('MIRROR_1008', options)
  }
  return new MirrorError('MIRROR_1004', options)
}
