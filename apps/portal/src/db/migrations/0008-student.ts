/** E-mail that waits to be sent, calendar feeds, notices of more kinds, and accounts of instructors. */
import { sql, type Migration } from 'kysely'
import { addColumn, createTable, dropColumn, dropTables, exact, replaceCheck } from './table.ts'

const noticeKinds = "'promoted','skipped','section_changed','section_cancelled','hold_placed','window_opens'"

export const student: Migration = {
  up: async (db) => {
    // What tells of no section (a hold, a window) has its own title, and what is to be said of it in detail.
    await sql
      .raw(
        `ALTER TABLE notice MODIFY kind ENUM(${noticeKinds}) NOT NULL,
           MODIFY section_id INT UNSIGNED NULL, MODIFY label VARCHAR(32) NULL`,
      )
      .execute(db)
    await addColumn(db, 'notice', 'detail', 'VARCHAR(200) NULL')
    // 2: every other week, counted from the week (Monday to Sunday) in which starts_on lies
    await addColumn(db, 'meeting', 'every_weeks', 'TINYINT UNSIGNED NOT NULL DEFAULT 1')
    // due_at    when it is to be tried next; whoever tries it moves this on first, so that nobody else does; NULL: over
    // claim     of the process that tries it now
    // fault     the server's number or the network's code of the last failure; never its words, which may hold the address
    await createTable(
      db,
      'outgoing_email',
      `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
       notice_id BIGINT UNSIGNED NOT NULL,
       created_at DATETIME(3) NOT NULL,
       due_at DATETIME(3) NULL,
       attempts SMALLINT UNSIGNED NOT NULL DEFAULT 0,
       claim CHAR(20) ${exact} NULL,
       sent_at DATETIME(3) NULL,
       fault VARCHAR(40) NULL,
       PRIMARY KEY (id),
       UNIQUE KEY outgoing_email_notice (notice_id),
       KEY outgoing_email_due (due_at),
       CONSTRAINT outgoing_email_notice FOREIGN KEY (notice_id) REFERENCES notice (id)`,
    )
    // As a session: feed_id finds the row, the other half of the token proves it, and only its hash is kept.
    await createTable(
      db,
      'calendar_feed',
      `student_id INT UNSIGNED NOT NULL,
       feed_id CHAR(20) ${exact} NOT NULL,
       token_hash BINARY(32) NOT NULL,
       created_at DATETIME(3) NOT NULL,
       PRIMARY KEY (student_id),
       UNIQUE KEY calendar_feed_id (feed_id),
       CONSTRAINT calendar_feed_student FOREIGN KEY (student_id) REFERENCES student (id)`,
    )
    await addColumn(
      db,
      'account',
      'instructor_id',
      `INT UNSIGNED NULL, ADD UNIQUE KEY account_instructor (instructor_id),
       ADD CONSTRAINT account_instructor FOREIGN KEY (instructor_id) REFERENCES instructor (id)`,
    )
    await replaceCheck(
      db,
      'account',
      'account_of_one',
      '(student_id IS NOT NULL) + (staff_id IS NOT NULL) + (instructor_id IS NOT NULL) = 1',
    )
  },
  down: async (db) => {
    await sql`DELETE FROM account WHERE instructor_id IS NOT NULL`.execute(db)
    await replaceCheck(db, 'account', 'account_of_one', '(student_id IS NULL) <> (staff_id IS NULL)')
    await sql`ALTER TABLE account DROP FOREIGN KEY account_instructor`.execute(db)
    await dropColumn(db, 'account', 'instructor_id')
    await dropTables(db, ['calendar_feed', 'outgoing_email'])
    await dropColumn(db, 'meeting', 'every_weeks')
    await dropColumn(db, 'notice', 'detail')
  },
}
