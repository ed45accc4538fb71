/**
 * Every error that the mirror reports, in one table: what happened, what to do, and whether the loop tries again. A test holds docs/errors.md.
 *
 * 1xxx the source (MySQL, MariaDB) · 2xxx its schema · 3xxx the target (PostgreSQL) · 4xxx the mirror's own state
 */
export interface ErrorEntry {
  /** One sentence: what is wrong. */
  readonly cause: string
  /** One sentence: what a person can do about it. */
  readonly remedy: string
  /** True when `mirror run` tries again by itself. */
  readonly retried: boolean
}

export const errorTable = {
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
  MIRROR_2001: {
    cause: 'The table has no primary key, and no unique index over columns that are never NULL.',
    remedy:
      'Nothing, while it is small: it is read whole when something in it changed, more than once. Add a primary key, else.',
    retried: false,
  },
  MIRROR_2002: {
    cause: 'A column is of a type that the mirror does not know yet.',
    remedy: 'Leave the table out with --exclude until the type is supported.',
    retried: false,
  },
  MIRROR_2003: {
    cause: 'A key column is of a type by which the mirror cannot divide the table into ranges.',
    remedy: 'Leave the table out with --exclude.',
    retried: false,
  },
  MIRROR_2004: {
    cause: 'The table’s definition changed while it was read.',
    remedy: 'Nothing: the scan was thrown away and is made again.',
    retried: true,
  },
  MIRROR_2005: {
    cause: 'A table or view cannot be mirrored as it is no base table.',
    remedy: 'Nothing, when the tables beneath it are mirrored.',
    retried: false,
  },
  MIRROR_2006: {
    cause:
      'The table is kept by an engine without transactions, so that it has no part in the common snapshot.',
    remedy:
      'Nothing, when that is known: its copy follows piece by piece, and status says consistency table. Else ALTER TABLE … ENGINE=InnoDB.',
    retried: false,
  },
  MIRROR_2007: {
    cause: 'The table is kept by an engine that holds no rows of its own, or that the mirror does not know.',
    remedy: 'Mirror it where its rows are, or leave it out with --exclude.',
    retried: false,
  },
  MIRROR_2008: {
    cause: 'The account may not read the table’s definition, so that mirror restore cannot make it anew.',
    remedy:
      'GRANT SELECT on the whole table; for its single columns the server does not give the definition.',
    retried: false,
  },
  MIRROR_2009: {
    cause: 'A name in --tables, --exclude or --redact fits nothing in the source.',
    remedy:
      'Check its spelling: tables are named as SHOW TABLES does. Nothing, when the table is yet to be made.',
    retried: false,
  },
  MIRROR_2010: {
    cause: 'A row of the table is larger than the mirror can carry.',
    remedy:
      'Where the message names max_allowed_packet, raise it on the source (SET GLOBAL); else leave the table out with --exclude.',
    retried: false,
  },
  MIRROR_2011: {
    cause: 'The table cannot be read: the source ends the smallest statement on it at its limit of time.',
    remedy:
      'Give a table without a key a primary key: it can only be read whole. Else raise --statement-limit, or leave the table out with --exclude. It is tried again with each deep scan, and by mirror sync.',
    retried: false,
  },
  MIRROR_2012: {
    cause: 'The table is never the same when it is read twice: it has no part in the cycles of the others.',
    remedy:
      'Nothing, when its definition is being changed all the time: it is tried again by itself, ever more seldom. A generated column that gives another value each time (RAND(), NOW(6)) cannot be mirrored: leave the table out with --exclude, or store the column.',
    retried: false,
  },
  MIRROR_2013: {
    cause: 'The table, or a row of it, is wider than PostgreSQL’s may be.',
    remedy: 'Divide the table, or leave it out with --exclude: “What it cannot see” has what counts.',
    retried: false,
  },
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
  MIRROR_4001: {
    cause: 'Another mirror holds the target.',
    remedy: 'Stop the other one, or let it do the work: mirror status shows who leads.',
    retried: true,
  },
  MIRROR_4002: {
    cause: 'Another mirror has taken over while this one was working; what it had prepared was thrown away.',
    remedy: 'Nothing: the one with the newer epoch goes on.',
    retried: true,
  },
  MIRROR_4003: {
    cause: 'The mirror is paused.',
    remedy: 'mirror resume',
    retried: true,
  },
  MIRROR_4004: {
    cause: 'The target was written by a newer version of the mirror.',
    remedy: 'Use that version, or a newer one.',
    retried: false,
  },
  MIRROR_4005: {
    cause: 'There is no mirror of this source in the target yet.',
    remedy: 'mirror sync, or mirror run',
    retried: false,
  },
  MIRROR_4006: {
    cause: 'A command changed the mirror’s record while a cycle was under way.',
    remedy: 'Nothing: the cycle begins again at once.',
    retried: true,
  },
  MIRROR_4007: {
    cause: 'The mirror holds no definitions of the source’s tables, without which none can be made anew.',
    remedy: 'mirror sync, once, while the source is there: a mirror of an older version did not keep them.',
    retried: false,
  },
  MIRROR_4008: {
    cause: 'The mirror knows no table of this name, and never did.',
    remedy: 'mirror status lists the tables that it knows; they are named as the source names them.',
    retried: false,
  },
  MIRROR_4010: {
    cause: 'The target was written by an older version of the mirror.',
    remedy: 'mirror sync, or mirror run: the one that writes brings the record up to date.',
    retried: false,
  },
  MIRROR_4101: {
    cause: 'A brake: a cycle would delete a large part of a table.',
    remedy: 'Look at the source; when the deletes are meant, mirror resume --accept TABLE.',
    retried: true,
  },
  MIRROR_4102: {
    cause: 'A brake: a table vanished from the source.',
    remedy:
      'When it is meant to be gone, mirror resume --accept TABLE: the copy stays as it is, no longer followed.',
    retried: true,
  },
  MIRROR_4103: {
    cause: 'A brake: a column vanished from a table of the source.',
    remedy: 'When it is meant to be gone, mirror resume --accept TABLE: the table is loaded anew without it.',
    retried: true,
  },
  MIRROR_4104: {
    cause: 'A brake: the source is another server than before, or its data were replaced.',
    remedy: 'Check --source; when the change is meant, mirror resume --accept source.',
    retried: true,
  },
  MIRROR_4105: {
    cause: 'A brake: the source’s history lost ground, as after a restore from an older backup.',
    remedy: 'Check the source; when the change is meant, mirror resume --accept source.',
    retried: true,
  },
  MIRROR_4106: {
    cause: 'A brake: rows of the copy are not what the mirror wrote; somebody else changed them.',
    remedy:
      'Look at mirror history --table TABLE: it has both versions. mirror resume --accept TABLE puts the source’s in their place.',
    retried: true,
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable

export const isErrorCode = (code: string): code is ErrorCode => code in errorTable
