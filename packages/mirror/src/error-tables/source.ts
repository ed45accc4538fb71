/** The source (MySQL, MariaDB) and the way to it: MIRROR_10xx. */
import type { ErrorEntry } from './entry.ts'

export const sourceErrors = {
  MIRROR_1001: {
    cause: 'The source server cannot be reached.',
    remedy: 'Check host and port in --source, and that the server is running.',
    retried: true,
  },
  MIRROR_1002: {
    cause: 'The source server refused the account.',
    remedy: 'Check user and password in --source, and that the account may connect from this host.',
    retried: true,
  },
  MIRROR_1003: {
    cause: 'The source database does not exist, or the account may not see it.',
    remedy: 'Check the database name in --source; GRANT SELECT ON `name`.* to the account.',
    retried: true,
  },
  MIRROR_1004: {
    cause: 'The connection to the source was lost, or a statement on it exceeded its deadline.',
    remedy: 'Nothing, when it passes; else check the network, the load of the source and --statement-limit.',
    retried: true,
  },
  MIRROR_1005: {
    cause: 'A session setting could not be put in place on the source.',
    remedy:
      'Check what stands between the mirror and the server: a proxy that rewrites or shares sessions cannot be used.',
    retried: true,
  },
  MIRROR_1006: {
    cause: 'The account may not read a table of the source.',
    remedy: 'GRANT SELECT on the table to the account, or leave it out with --exclude.',
    retried: true,
  },
  MIRROR_1007: {
    cause: 'The source server is of a version or kind that is not supported.',
    remedy: 'Use MySQL 8.0 or later, or MariaDB 10.6 or later.',
    retried: false,
  },
  MIRROR_1008: {
    cause: 'The source refused a statement of the mirror.',
    remedy: 'See the server’s own words in the message; report it if they do not name a cause on the source.',
    retried: true,
  },
  MIRROR_1009: {
    cause: 'The account may do more than read.',
    remedy: 'Nothing needs it: use an account with GRANT SELECT on the one database and nothing else.',
    retried: false,
  },
  MIRROR_1020: {
    cause: 'The source offers no encryption, and its address asks for it.',
    remedy:
      'Set the server up for TLS; or, where nobody can listen in between, write ssl-mode=PREFERRED in --source.',
    retried: true,
  },
  MIRROR_1021: {
    cause: 'The encrypted connection to the source could not be made, or its certificate was not accepted.',
    remedy:
      'Check ssl-ca in --source: it is the certificate that signed the server’s; with VERIFY_IDENTITY the server’s must name the host of the address.',
    retried: true,
  },
  MIRROR_1022: {
    cause: 'The connection to the source is not encrypted.',
    remedy:
      'Set the server up for TLS and write ssl-mode=VERIFY_IDENTITY&ssl-ca=FILE in --source, or keep it within a private network.',
    retried: false,
  },
  MIRROR_1023: {
    cause: 'The source is a replica that is behind its own source.',
    remedy:
      'Nothing, when that is known: the copy is as old as the replica at least. Else mend the replication.',
    retried: true,
  },
  MIRROR_1024: {
    cause: 'The clocks of source and target differ.',
    remedy: 'Set both by NTP: until then every stated lag and age is wrong by as much.',
    retried: false,
  },
  MIRROR_1025: {
    cause: 'The source is busy: more threads run on it than the mirror may read beside.',
    remedy:
      'Nothing, when it passes: little is read meanwhile, and the mirror goes on by itself. When it lasts, look at what runs on the source, or raise --max-threads-running.',
    retried: true,
  },
  MIRROR_1026: {
    cause: 'A snapshot of the source was as old as it may become before all was read.',
    remedy:
      'Nothing: it was ended and is taken anew; a table that is too large for one is followed by itself from then on (consistency table). Else raise --snapshot-age or --max-share.',
    retried: true,
  },
  MIRROR_1027: {
    cause:
      'The source keeps fewer tables open than the mirror reads, so that reading alone moves its redo log.',
    remedy: 'Raise table_open_cache to tables × table_open_cache_instances, or switch log and GTIDs on.',
    retried: false,
  },
} as const satisfies Record<string, ErrorEntry>
