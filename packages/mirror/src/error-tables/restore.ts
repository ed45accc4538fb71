/** The server to restore to: MIRROR_11xx. */
import type { ErrorEntry } from './entry.ts'

export const restoreErrors = {
  MIRROR_1101: {
    cause: 'The server to restore to cannot be reached, or refused the account or the database.',
    remedy: 'Check the address in --to; the account needs all rights on that one database, which must exist.',
    retried: false,
  },
  MIRROR_1102: {
    cause: 'The connection to the server to restore to was lost.',
    remedy: 'Run the same command again: it goes on with what is missing.',
    retried: false,
  },
  MIRROR_1103: {
    cause: 'The server to restore to refused a statement.',
    remedy:
      'See the server’s own words in the message; when the cause is gone, run the same command again: it goes on.',
    retried: false,
  },
  MIRROR_1104: {
    cause: 'The database to restore to is not empty.',
    remedy: 'Name an empty database in --to. Nothing in this one was touched.',
    retried: false,
  },
  MIRROR_1105: {
    cause: 'The database to restore to is the source itself.',
    remedy: 'Name another database in --to; on the same server it must have another name.',
    retried: false,
  },
  MIRROR_1106: {
    cause:
      'The server to restore to is of another kind than the source, or older, so that equality cannot be promised.',
    remedy:
      'Restore to the same kind of server, of the same version or newer; or add --force: the result is then labelled.',
    retried: false,
  },
  MIRROR_1107: {
    cause: 'The server to restore to cannot tell apart, or cannot keep, the names of the source’s tables.',
    remedy: 'Restore to a server with the source’s lower_case_table_names.',
    retried: false,
  },
  MIRROR_1108: {
    cause: 'A row is larger than the server to restore to takes in one statement.',
    remedy:
      'Raise max_allowed_packet there to what the message says (SET GLOBAL), and run the same command again: it goes on.',
    retried: false,
  },
  MIRROR_1109: {
    cause: 'Another restore is at work on that database.',
    remedy: 'Let it finish, or stop it and run the same command again.',
    retried: false,
  },
} as const satisfies Record<string, ErrorEntry>
