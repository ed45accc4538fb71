/** Places on several lists that become seats in one moment, or not at all. */
import type { Migration } from 'kysely'
import { addColumn, dropColumn } from './table.ts'

export const together: Migration = {
  up: async (db) => {
    // The same number (a section's id) for places of one student that are one choice, such as a lecture with its laboratory, for
    // which something is kept until all of it arrives. NULL: the place becomes a seat by itself.
    await addColumn(db, 'wait_entry', 'together', 'INT UNSIGNED NULL')
  },
  down: async (db) => {
    await dropColumn(db, 'wait_entry', 'together')
  },
}
