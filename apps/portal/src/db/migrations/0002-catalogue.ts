/** What is taught: terms, subjects, courses, their sections, and when and where these meet. */
import type { Migration } from 'kysely'
import { createTable, dropTables, exact } from './table.ts'

export const catalogue: Migration = {
  up: async (db) => {
    await createTable(
      db,
      'term',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       code CHAR(6) NOT NULL,
       name VARCHAR(60) NOT NULL,
       starts_on DATE NOT NULL,
       ends_on DATE NOT NULL,
       registration_opens_at DATETIME NOT NULL,
       registration_closes_at DATETIME NOT NULL,
       PRIMARY KEY (id),
       UNIQUE KEY term_code (code),
       CONSTRAINT term_days CHECK (starts_on <= ends_on),
       CONSTRAINT term_window CHECK (registration_opens_at <= registration_closes_at)`,
    )
    await createTable(
      db,
      'subject',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       code VARCHAR(8) NOT NULL,
       name VARCHAR(80) NOT NULL,
       department VARCHAR(80) NOT NULL,
       PRIMARY KEY (id),
       UNIQUE KEY subject_code (code)`,
    )
    await createTable(
      db,
      'course',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       subject_id INT UNSIGNED NOT NULL,
       number VARCHAR(8) NOT NULL,
       title VARCHAR(120) NOT NULL,
       description TEXT NOT NULL,
       level ENUM('undergraduate','graduate') NOT NULL,
       credits_min DECIMAL(4,2) NOT NULL,
       credits_max DECIMAL(4,2) NOT NULL,
       PRIMARY KEY (id),
       UNIQUE KEY course_number (subject_id, number),
       CONSTRAINT course_subject FOREIGN KEY (subject_id) REFERENCES subject (id),
       CONSTRAINT course_credits CHECK (credits_min <= credits_max)`,
    )
    await createTable(
      db,
      'campus',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       code VARCHAR(8) NOT NULL,
       name VARCHAR(80) NOT NULL,
       PRIMARY KEY (id),
       UNIQUE KEY campus_code (code)`,
    )
    await createTable(
      db,
      'room',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       campus_id INT UNSIGNED NOT NULL,
       building VARCHAR(80) NOT NULL,
       number VARCHAR(12) NOT NULL,
       seats SMALLINT UNSIGNED NOT NULL,
       PRIMARY KEY (id),
       UNIQUE KEY room_number (campus_id, building, number),
       CONSTRAINT room_campus FOREIGN KEY (campus_id) REFERENCES campus (id)`,
    )
    await createTable(
      db,
      'instructor',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       number VARCHAR(12) NOT NULL,
       given_name VARCHAR(80) NOT NULL,
       family_name VARCHAR(80) NOT NULL,
       email VARCHAR(160) NOT NULL,
       search_text VARCHAR(255) ${exact} NOT NULL,
       PRIMARY KEY (id),
       UNIQUE KEY instructor_number (number)`,
    )
    // enrolled  rows of enrolment, exactly; changed in the same transaction
    // held      seats taken elsewhere (another institution's share, a block for freshmen)
    // overfull  how far an override or an import may go beyond the capacity; ordinary registration never looks at it
    // search_text, sort_key  normalised by the application, so that every server finds and sorts alike
    await createTable(
      db,
      'section',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       term_id INT UNSIGNED NOT NULL,
       course_id INT UNSIGNED NOT NULL,
       crn VARCHAR(8) NOT NULL,
       code VARCHAR(6) NOT NULL,
       component ENUM('lecture','laboratory','seminar','discussion','studio') NOT NULL,
       mode ENUM('in_person','hybrid','online') NOT NULL,
       campus_id INT UNSIGNED NOT NULL,
       credits_min DECIMAL(4,2) NOT NULL,
       credits_max DECIMAL(4,2) NOT NULL,
       status ENUM('active','cancelled') NOT NULL,
       capacity INT UNSIGNED NOT NULL,
       enrolled INT UNSIGNED NOT NULL DEFAULT 0,
       held INT UNSIGNED NOT NULL DEFAULT 0,
       overfull INT UNSIGNED NOT NULL DEFAULT 0,
       search_text VARCHAR(500) ${exact} NOT NULL,
       sort_key VARBINARY(40) NOT NULL,
       PRIMARY KEY (id),
       UNIQUE KEY section_crn (term_id, crn),
       UNIQUE KEY section_code (term_id, course_id, code),
       KEY section_order (term_id, sort_key),
       KEY section_course (course_id),
       CONSTRAINT section_term FOREIGN KEY (term_id) REFERENCES term (id),
       CONSTRAINT section_course FOREIGN KEY (course_id) REFERENCES course (id),
       CONSTRAINT section_campus FOREIGN KEY (campus_id) REFERENCES campus (id),
       CONSTRAINT section_credits CHECK (credits_min <= credits_max),
       CONSTRAINT section_seats CHECK (enrolled + held <= capacity + overfull)`,
    )
    // days is a string of M T W R F S U, as bulletins write it; '' with NULL times: arranged, or asynchronous
    await createTable(
      db,
      'meeting',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       section_id INT UNSIGNED NOT NULL,
       days VARCHAR(7) NOT NULL,
       starts_at TIME NULL,
       ends_at TIME NULL,
       starts_on DATE NOT NULL,
       ends_on DATE NOT NULL,
       room_id INT UNSIGNED NULL,
       instructor_id INT UNSIGNED NULL,
       PRIMARY KEY (id),
       KEY meeting_section (section_id),
       KEY meeting_instructor (instructor_id),
       CONSTRAINT meeting_section FOREIGN KEY (section_id) REFERENCES section (id),
       CONSTRAINT meeting_room FOREIGN KEY (room_id) REFERENCES room (id),
       CONSTRAINT meeting_instructor FOREIGN KEY (instructor_id) REFERENCES instructor (id),
       CONSTRAINT meeting_dates CHECK (starts_on <= ends_on),
       CONSTRAINT meeting_times CHECK (
         (days = '' AND starts_at IS NULL AND ends_at IS NULL)
         OR (days <> '' AND starts_at IS NOT NULL AND ends_at IS NOT NULL AND starts_at < ends_at))`,
    )
  },
  down: async (db) => {
    await dropTables(db, ['meeting', 'section', 'instructor', 'room', 'campus', 'course', 'subject', 'term'])
  },
}
