/** Who takes what, and the lasting answers to every submission. */
import type { Migration } from 'kysely'
import { createTable, dropTables, exact } from './table.ts'

export const registration: Migration = {
  up: async (db) => {
    // A drop removes the row; receipts keep the history (docs/decisions: enrolments are deleted on drop).
    await createTable(
      db,
      'enrolment',
      `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
       student_id INT UNSIGNED NOT NULL,
       section_id INT UNSIGNED NOT NULL,
       credits DECIMAL(4,2) NOT NULL,
       enrolled_at DATETIME(3) NOT NULL,
       grade VARCHAR(4) NULL,
       graded_at DATETIME(3) NULL,
       PRIMARY KEY (id),
       UNIQUE KEY enrolment_once (student_id, section_id),
       KEY enrolment_section (section_id),
       CONSTRAINT enrolment_student FOREIGN KEY (student_id) REFERENCES student (id),
       CONSTRAINT enrolment_section FOREIGN KEY (section_id) REFERENCES section (id)`,
    )
    await createTable(
      db,
      'cart_item',
      `student_id INT UNSIGNED NOT NULL,
       section_id INT UNSIGNED NOT NULL,
       added_at DATETIME(3) NOT NULL,
       PRIMARY KEY (student_id, section_id),
       KEY cart_item_section (section_id),
       CONSTRAINT cart_item_student FOREIGN KEY (student_id) REFERENCES student (id),
       CONSTRAINT cart_item_section FOREIGN KEY (section_id) REFERENCES section (id)`,
    )
    // request_key: one effect for one form, however often it is sent; the digest tells another choice from a repeat
    await createTable(
      db,
      'receipt',
      `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
       number VARCHAR(20) ${exact} NOT NULL,
       student_id INT UNSIGNED NOT NULL,
       kind ENUM('register','drop') NOT NULL,
       request_key VARCHAR(64) ${exact} NOT NULL,
       request_digest BINARY(32) NOT NULL,
       created_at DATETIME(3) NOT NULL,
       PRIMARY KEY (id),
       UNIQUE KEY receipt_number (number),
       UNIQUE KEY receipt_request (student_id, request_key),
       CONSTRAINT receipt_student FOREIGN KEY (student_id) REFERENCES student (id)`,
    )
    // A line tells what was true then, in its own words: it outlives the section, hence no foreign key to it. (One
    // would also lock sections in the order of the form, and not of their ids: a deadlock.)
    await createTable(
      db,
      'receipt_line',
      `receipt_id BIGINT UNSIGNED NOT NULL,
       position SMALLINT UNSIGNED NOT NULL,
       asked VARCHAR(80) NOT NULL,
       section_id INT UNSIGNED NULL,
       crn VARCHAR(8) NULL,
       label VARCHAR(32) NULL,
       title VARCHAR(120) NULL,
       credits DECIMAL(4,2) NULL,
       result ENUM('enrolled','dropped','refused') NOT NULL,
       PRIMARY KEY (receipt_id, position),
       CONSTRAINT receipt_line_receipt FOREIGN KEY (receipt_id) REFERENCES receipt (id)`,
    )
    await createTable(
      db,
      'receipt_reason',
      `receipt_id BIGINT UNSIGNED NOT NULL,
       position SMALLINT UNSIGNED NOT NULL,
       ordinal SMALLINT UNSIGNED NOT NULL,
       code VARCHAR(40) NOT NULL,
       detail VARCHAR(200) NOT NULL,
       PRIMARY KEY (receipt_id, position, ordinal),
       CONSTRAINT receipt_reason_line FOREIGN KEY (receipt_id, position) REFERENCES receipt_line (receipt_id, position)`,
    )
  },
  down: async (db) => {
    await dropTables(db, ['receipt_reason', 'receipt_line', 'receipt', 'cart_item', 'enrolment'])
  },
}
