/** Whoever is passed over on a list is told everything that stands in the way, and not the first of it alone. */
import type { Migration } from 'kysely'
import { addColumn, dropColumn } from './table.ts'

export const allReasons: Migration = {
  up: async (db) => {
    // those after the first, which has columns of its own: JSON of pairs of code and detail; NULL: there are none
    for (const table of ['notice', 'wait_entry']) await addColumn(db, table, 'more_reasons', 'TEXT NULL')
  },
  down: async (db) => {
    for (const table of ['notice', 'wait_entry']) await dropColumn(db, table, 'more_reasons')
  },
}
