/** Seats by permission, notices of more kinds, receipts of cancelled sections, and who was told of which opening. */
import { sql, type Migration } from 'kysely'
import { addColumn, addIndex, createTable, dropColumn, dropTables } from './table.ts'

const noticeKinds =
  "'promoted','skipped','section_changed','section_cancelled','hold_placed','window_opens','hold_released','permission_granted','permission_revoked'"

export const office: Migration = {
  up: async (db) => {
    await sql.raw(`ALTER TABLE notice MODIFY kind ENUM(${noticeKinds}) NOT NULL`).execute(db)
    await sql`ALTER TABLE receipt
      MODIFY kind ENUM('register','drop','swap','leave','promotion','cancellation') NOT NULL`.execute(db)
    // the permission by which the seat was given although none was to be had; no foreign key: a seat is inserted in a hurry
    await addColumn(db, 'enrolment', 'override_id', 'INT UNSIGNED NULL')
    // permissions of one kind: those for a seat are looked for by whoever serves the waiting lists
    await addIndex(db, 'rule_override', 'rule_override_rule', '(rule, revoked_at)')
    // when everybody was told that the term's registration had opened; a window has a column of its own
    await addColumn(db, 'term', 'announced_at', 'DATETIME(3) NULL')
    // Each student is told once of each opening, whichever process tells it, and however often it was cut off.
    await createTable(
      db,
      'opening_told',
      `student_id INT UNSIGNED NOT NULL,
       term_id INT UNSIGNED NOT NULL,
       opens_at DATETIME NOT NULL,
       PRIMARY KEY (student_id, term_id, opens_at),
       CONSTRAINT opening_told_student FOREIGN KEY (student_id) REFERENCES student (id),
       CONSTRAINT opening_told_term FOREIGN KEY (term_id) REFERENCES term (id)`,
    )
  },
  down: async (db) => {
    await dropTables(db, ['opening_told'])
    await dropColumn(db, 'term', 'announced_at')
    await dropColumn(db, 'enrolment', 'override_id')
  },
}
