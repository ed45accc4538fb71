/** Forms of the registrar's office that were dealt with. */
import type { Migration } from 'kysely'
import { createTable, dropTables, exact } from './table.ts'

export const requests: Migration = {
  up: async (db) => {
    // As receipt.request_key of students' forms: one effect for one form, however often it is sent; the digest tells another
    // choice from a repeat. Written first of all in the transaction that does it, so that two of the same follow each other.
    await createTable(
      db,
      'staff_request',
      `staff_id INT UNSIGNED NOT NULL,
       request_key VARCHAR(64) ${exact} NOT NULL,
       request_digest BINARY(32) NOT NULL,
       at DATETIME(3) NOT NULL,
       outcome VARCHAR(2000) NOT NULL,
       PRIMARY KEY (staff_id, request_key),
       CONSTRAINT staff_request_staff FOREIGN KEY (staff_id) REFERENCES staff (id)`,
    )
  },
  down: async (db) => {
    await dropTables(db, ['staff_request'])
  },
}
