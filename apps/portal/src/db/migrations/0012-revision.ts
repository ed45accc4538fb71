/** A number that every change of the catalogue and its rules raises; and forms of staff are found by their age. */
import { sql, type Migration } from 'kysely'
import { addIndex, createTable, dropTables } from './table.ts'

export const revision: Migration = {
  up: async (db) => {
    // One row. What registration is decided on is read a moment before its transaction: this tells whether it is still that
    // (decision 0058). Raised as the last statement of a change, so that nobody waits for it longer than for a commit.
    await createTable(
      db,
      'catalogue_revision',
      `id TINYINT UNSIGNED NOT NULL,
       revision BIGINT UNSIGNED NOT NULL,
       PRIMARY KEY (id)`,
    )
    await sql`INSERT IGNORE INTO catalogue_revision (id, revision) VALUES (1, 0)`.execute(db)
    await addIndex(db, 'staff_request', 'staff_request_at', '(at)')
  },
  down: async (db) => {
    await dropTables(db, ['catalogue_revision'])
    await sql`ALTER TABLE staff_request DROP KEY staff_request_at`.execute(db)
  },
}
