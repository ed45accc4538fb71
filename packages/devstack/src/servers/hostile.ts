import type { SourceFamily } from '../binaries/source.ts'

/**
 * Server defaults that are legal, are found in the field, and break a client that relies on others. A client that
 * sets its own session is untouched by them; one that does not gets wrong values, cut results or errors at once.
 */
export function hostileSource(family: SourceFamily): readonly string[] {
  const modes = [
    'ANSI_QUOTES',
    'PIPES_AS_CONCAT',
    'NO_BACKSLASH_ESCAPES',
    'HIGH_NOT_PRECEDENCE',
    'IGNORE_SPACE',
  ]
  // CHAR comes back padded to its full length
  modes.push('PAD_CHAR_TO_FULL_LENGTH')
  // no STRICT_TRANS_TABLES: what does not fit is cut with a warning
  return [
    `--sql-mode=${modes.join(',')}`,
    // by offset, since the named zones are not loaded on a fresh server
    '--default-time-zone=+05:45',
    // under it, a consistent snapshot is not one (on MariaDB without a warning)
    '--transaction-isolation=READ-UNCOMMITTED',
    '--character-set-server=latin1',
    '--collation-server=latin1_german2_ci',
    '--lock-wait-timeout=3',
    '--group-concat-max-len=64',
    '--div-precision-increment=0',
    ...(family === 'mysql' ? ['--information-schema-stats-expiry=86400'] : ['--old-mode=UTF8_IS_UTF8MB3']),
    // runs for every account that is no administrator: results are cut at two rows, nothing commits by itself, and
    // a commit opens the next transaction
    '--init-connect=SET sql_select_limit=2, autocommit=0, completion_type=1',
  ]
}

/** The same for PostgreSQL: how values look as text depends on all of these. */
export const hostileTarget: readonly string[] = [
  'timezone=Asia/Kathmandu',
  'datestyle=SQL, DMY',
  'intervalstyle=sql_standard',
  'bytea_output=escape',
  'extra_float_digits=0',
  'default_transaction_isolation=repeatable read',
]
