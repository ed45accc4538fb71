/** The target (PostgreSQL) and the way to it: MIRROR_3xxx. */
import type { ErrorEntry } from './entry.ts'

export const targetErrors = {
  MIRROR_3001: {
    cause: 'The target server cannot be reached.',
    remedy: 'Check host and port in --target, and that the server is running.',
    retried: true,
  },
  MIRROR_3002: {
    cause: 'The target server refused the account or the database.',
    remedy: 'Check user, password and database in --target.',
    retried: true,
  },
  MIRROR_3003: {
    cause: 'A schema of the target holds something that this mirror did not make.',
    remedy: 'Name another database as --target, or rename that schema. Nothing in it was touched.',
    retried: false,
  },
  MIRROR_3004: {
    cause: 'The account lacks a right on the target.',
    remedy:
      'GRANT CREATE ON DATABASE to the account, or use one that owns the database. Where the message names schema mirror or the copy’s, it belongs to another role: use that one, or ALTER SCHEMA … OWNER TO the account.',
    retried: false,
  },
  MIRROR_3005: {
    cause: 'The connection to the target was lost, or a statement on it exceeded its deadline.',
    remedy: 'Nothing, when it passes; else check the network and the load of the target.',
    retried: true,
  },
  MIRROR_3006: {
    cause: 'The target refused a statement of the mirror.',
    remedy: 'See the server’s own words in the message; limits of the server are the usual cause.',
    retried: true,
  },
  MIRROR_3007: {
    cause: 'The target server is of a version that is not supported.',
    remedy: 'Use PostgreSQL 14 or later.',
    retried: false,
  },
  MIRROR_3008: {
    cause: 'The target database has an encoding that cannot hold every character.',
    remedy: "Make another one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
    retried: false,
  },
  MIRROR_3009: {
    cause: 'The target takes no writes.',
    remedy: 'Name the primary in --target: this server is a standby, or was set to read only.',
    retried: true,
  },
  MIRROR_3020: {
    cause: 'The target offers no encryption, and its address asks for it.',
    remedy:
      'Set the server up for TLS (ssl = on); or, where nobody can listen in between, write sslmode=prefer in --target.',
    retried: true,
  },
  MIRROR_3021: {
    cause: 'The encrypted connection to the target could not be made, or its certificate was not accepted.',
    remedy:
      'Check sslrootcert in --target: it is the certificate that signed the server’s; with verify-full the server’s must name the host of the address.',
    retried: true,
  },
  MIRROR_3022: {
    cause: 'The source’s name in the target cannot be used.',
    remedy: 'Give it another with --source-id NAME.',
    retried: false,
  },
  MIRROR_3023: {
    cause: 'The connection to the target is not encrypted.',
    remedy:
      'Set the server up for TLS and write sslmode=verify-full&sslrootcert=FILE in --target, or keep it within a private network.',
    retried: false,
  },
  MIRROR_3024: {
    cause: 'The target has few places for connections left, or none.',
    remedy:
      'The mirror takes one, a command beside it one more: raise max_connections, or the account’s limit.',
    retried: true,
  },
  MIRROR_3025: {
    cause: 'The target is out of disk space.',
    remedy:
      'Free some, or give it more: nothing of an unfinished cycle was kept, the last proved state stands, and the mirror goes on by itself.',
    retried: true,
  },
  MIRROR_3026: {
    cause:
      'A table of the copy cannot be written: somebody made it over or dropped it, or something that they made holds it.',
    remedy:
      'Drop or move away what the message names: a constraint upon the table, a view or a table in its place, what inherits from it or is built upon it. Then mirror verify --repair; the other tables go on meanwhile.',
    retried: false,
  },
} as const satisfies Record<string, ErrorEntry>
