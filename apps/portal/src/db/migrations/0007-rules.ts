/**
 * The rules of registration, as data. Plain types throughout (JSON as TEXT), and a primary key everywhere, so that the mirror
 * copies all of it. A record that has an end (hold, override) is ended and never deleted: who, when and why stay.
 */
import { sql, type Migration } from 'kysely'
import { addColumn, createTable, dropColumn, dropTables } from './table.ts'

/** [table, column, definition] */
const columns: readonly (readonly [string, string, string])[] = [
  // the tree that was read from prerequisite_text (policy/requirement.ts), as JSON; NULL: none, or the text is not regular
  ['course', 'requirement', 'TEXT NULL'],
  // 1: each time counts anew ("Topics in …"), so the rule about repeats does not apply
  ['course', 'repeatable', 'TINYINT UNSIGNED NOT NULL DEFAULT 0'],
  // NULL: as long as registration is open
  ['term', 'add_until', 'DATETIME NULL'],
  ['term', 'drop_until', 'DATETIME NULL'],
  // after drop_until and before this one leaves with a W; NULL: not at all
  ['term', 'withdraw_until', 'DATETIME NULL'],
  // the most credits at once, by level; NULL: no limit
  ['term', 'credits_undergraduate', 'DECIMAL(5,2) NULL'],
  ['term', 'credits_graduate', 'DECIMAL(5,2) NULL'],
  // advise: requirements are shown and stop nobody, as long as the office has no transcripts of its students
  ['term', 'requirements', `ENUM('advise','enforce') NOT NULL DEFAULT 'advise'`],
  // who has this grade or a better one does not take the course again; NULL: no such rule
  ['term', 'repeat_from', 'VARCHAR(4) NULL'],
  ['term', 'most_attempts', 'TINYINT UNSIGNED NULL'],
  // seats kept for groups and not taken yet: the sum of seats - taken over the section's reserves in force, exactly
  ['section', 'reserved', 'INT UNSIGNED NOT NULL DEFAULT 0'],
  // the reserve from which the seat came, to which it goes back
  ['enrolment', 'reserve_id', 'INT UNSIGNED NULL'],
]

export const rules: Migration = {
  up: async (db) => {
    for (const [table, column, definition] of columns) await addColumn(db, table, column, definition)
    // Courses that were completed elsewhere, before, or by examination. What was completed here is enrolment.grade.
    await createTable(
      db,
      'transcript_entry',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       student_id INT UNSIGNED NOT NULL,
       course VARCHAR(17) NOT NULL,
       title VARCHAR(120) NOT NULL,
       credits DECIMAL(4,2) NOT NULL,
       grade VARCHAR(4) NOT NULL,
       source ENUM('transfer','examination','earlier') NOT NULL,
       completed_on DATE NOT NULL,
       recorded_at DATETIME(3) NOT NULL,
       recorded_by INT UNSIGNED NULL,
       PRIMARY KEY (id),
       KEY transcript_entry_student (student_id),
       CONSTRAINT transcript_entry_student FOREIGN KEY (student_id) REFERENCES student (id),
       CONSTRAINT transcript_entry_staff FOREIGN KEY (recorded_by) REFERENCES staff (id)`,
    )
    // office: whom to ask, as the student reads it ("Bursar’s office, Weir House 12")
    await createTable(
      db,
      'student_hold',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       student_id INT UNSIGNED NOT NULL,
       reason VARCHAR(120) NOT NULL,
       office VARCHAR(70) NOT NULL,
       placed_at DATETIME(3) NOT NULL,
       placed_by INT UNSIGNED NULL,
       released_at DATETIME(3) NULL,
       released_by INT UNSIGNED NULL,
       release_reason VARCHAR(200) NULL,
       PRIMARY KEY (id),
       KEY student_hold_student (student_id, released_at),
       CONSTRAINT student_hold_student FOREIGN KEY (student_id) REFERENCES student (id),
       CONSTRAINT student_hold_placed FOREIGN KEY (placed_by) REFERENCES staff (id),
       CONSTRAINT student_hold_released FOREIGN KEY (released_by) REFERENCES staff (id)`,
    )
    // A student's own window opens with the earliest row that fits; where none fits, with the term. NULL: whoever it is.
    await createTable(
      db,
      'registration_window',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       term_id INT UNSIGNED NOT NULL,
       label VARCHAR(80) NOT NULL,
       level ENUM('undergraduate','graduate') NULL,
       credits_from SMALLINT UNSIGNED NULL,
       programme VARCHAR(80) NULL,
       opens_at DATETIME NOT NULL,
       announced_at DATETIME(3) NULL,
       PRIMARY KEY (id),
       KEY registration_window_term (term_id),
       CONSTRAINT registration_window_term FOREIGN KEY (term_id) REFERENCES term (id)`,
    )
    // Sections that are one choice: whoever takes the one takes one of the other. Both directions are rows.
    await createTable(
      db,
      'section_link',
      `section_id INT UNSIGNED NOT NULL,
       partner_id INT UNSIGNED NOT NULL,
       PRIMARY KEY (section_id, partner_id),
       KEY section_link_partner (partner_id),
       CONSTRAINT section_link_section FOREIGN KEY (section_id) REFERENCES section (id),
       CONSTRAINT section_link_other FOREIGN KEY (partner_id) REFERENCES section (id)`,
    )
    // Seats that only a group can take. NULL: not asked for. Ended by staff, or by its date.
    await createTable(
      db,
      'seat_reserve',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       section_id INT UNSIGNED NOT NULL,
       label VARCHAR(80) NOT NULL,
       level ENUM('undergraduate','graduate') NULL,
       programme VARCHAR(80) NULL,
       class_year SMALLINT UNSIGNED NULL,
       seats INT UNSIGNED NOT NULL,
       taken INT UNSIGNED NOT NULL DEFAULT 0,
       until_at DATETIME NULL,
       ended_at DATETIME(3) NULL,
       PRIMARY KEY (id),
       KEY seat_reserve_section (section_id),
       KEY seat_reserve_open (ended_at, until_at),
       CONSTRAINT seat_reserve_section FOREIGN KEY (section_id) REFERENCES section (id)`,
    )
    // What is NULL of section, course and term is not asked for. rule: policy/override.ts
    await createTable(
      db,
      'rule_override',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       student_id INT UNSIGNED NOT NULL,
       rule VARCHAR(20) NOT NULL,
       section_id INT UNSIGNED NULL,
       course_id INT UNSIGNED NULL,
       term_id INT UNSIGNED NULL,
       credits DECIMAL(5,2) NULL,
       reason VARCHAR(200) NOT NULL,
       granted_at DATETIME(3) NOT NULL,
       granted_by INT UNSIGNED NULL,
       expires_at DATETIME NULL,
       revoked_at DATETIME(3) NULL,
       revoked_by INT UNSIGNED NULL,
       revoke_reason VARCHAR(200) NULL,
       PRIMARY KEY (id),
       KEY rule_override_student (student_id, revoked_at),
       CONSTRAINT rule_override_student FOREIGN KEY (student_id) REFERENCES student (id),
       CONSTRAINT rule_override_section FOREIGN KEY (section_id) REFERENCES section (id),
       CONSTRAINT rule_override_course FOREIGN KEY (course_id) REFERENCES course (id),
       CONSTRAINT rule_override_term FOREIGN KEY (term_id) REFERENCES term (id),
       CONSTRAINT rule_override_granted FOREIGN KEY (granted_by) REFERENCES staff (id),
       CONSTRAINT rule_override_revoked FOREIGN KEY (revoked_by) REFERENCES staff (id)`,
    )
    // Rows are only ever added. No foreign keys but the author's: it outlives what it tells of.
    await createTable(
      db,
      'staff_action',
      `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
       at DATETIME(3) NOT NULL,
       staff_id INT UNSIGNED NOT NULL,
       action VARCHAR(40) NOT NULL,
       student_id INT UNSIGNED NULL,
       section_id INT UNSIGNED NULL,
       term_id INT UNSIGNED NULL,
       detail VARCHAR(400) NOT NULL,
       PRIMARY KEY (id),
       KEY staff_action_student (student_id, id),
       KEY staff_action_staff (staff_id, id),
       CONSTRAINT staff_action_staff FOREIGN KEY (staff_id) REFERENCES staff (id)`,
    )
    // withdrawn: left after the day to drop, with a W
    await sql`ALTER TABLE receipt_line
      MODIFY result ENUM('enrolled','dropped','refused','waiting','left','kept','spare','withdrawn') NOT NULL`.execute(
      db,
    )
  },
  down: async (db) => {
    await dropTables(db, [
      'staff_action',
      'rule_override',
      'seat_reserve',
      'section_link',
      'registration_window',
      'student_hold',
      'transcript_entry',
    ])
    for (const [table, column] of columns.toReversed()) await dropColumn(db, table, column)
  },
}
