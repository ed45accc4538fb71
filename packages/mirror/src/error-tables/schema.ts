/** Tables, columns and rows of the source that the mirror cannot follow as they are: MIRROR_2xxx. */
import type { ErrorEntry } from './entry.ts'

export const schemaErrors = {
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
} as const satisfies Record<string, ErrorEntry>
