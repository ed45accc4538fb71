/**
 * People and how they sign in. Secrets (password, code and session hashes) are columns but never keys: keys
 * appear in the mirror's history, and these must not.
 */
import type { Migration } from 'kysely'
import { createTable, dropTables, exact } from './table.ts'

export const people: Migration = {
  up: async (db) => {
    await createTable(
      db,
      'student',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       number VARCHAR(12) NOT NULL,
       given_name VARCHAR(80) NOT NULL,
       family_name VARCHAR(80) NOT NULL,
       preferred_name VARCHAR(80) NULL,
       email VARCHAR(160) NOT NULL,
       level ENUM('undergraduate','graduate') NOT NULL,
       programme VARCHAR(80) NOT NULL,
       class_year SMALLINT UNSIGNED NULL,
       status ENUM('active','on_leave','graduated','withdrawn') NOT NULL,
       admitted_on DATE NOT NULL,
       PRIMARY KEY (id),
       UNIQUE KEY student_number (number)`,
    )
    await createTable(
      db,
      'staff',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       number VARCHAR(12) NOT NULL,
       given_name VARCHAR(80) NOT NULL,
       family_name VARCHAR(80) NOT NULL,
       email VARCHAR(160) NOT NULL,
       role ENUM('registrar') NOT NULL,
       PRIMARY KEY (id),
       UNIQUE KEY staff_number (number)`,
    )
    // An account belongs to a student or to a member of staff; it has no password until it is activated.
    await createTable(
      db,
      'account',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       number VARCHAR(12) NOT NULL,
       student_id INT UNSIGNED NULL,
       staff_id INT UNSIGNED NULL,
       password_hash VARCHAR(255) NULL,
       password_set_at DATETIME(3) NULL,
       created_at DATETIME(3) NOT NULL,
       disabled_at DATETIME(3) NULL,
       PRIMARY KEY (id),
       UNIQUE KEY account_number (number),
       UNIQUE KEY account_student (student_id),
       UNIQUE KEY account_staff (staff_id),
       CONSTRAINT account_student FOREIGN KEY (student_id) REFERENCES student (id),
       CONSTRAINT account_staff FOREIGN KEY (staff_id) REFERENCES staff (id),
       CONSTRAINT account_of_one CHECK ((student_id IS NULL) <> (staff_id IS NULL))`,
    )
    await createTable(
      db,
      'activation',
      `id INT UNSIGNED NOT NULL AUTO_INCREMENT,
       account_id INT UNSIGNED NOT NULL,
       code_hash BINARY(32) NOT NULL,
       created_at DATETIME(3) NOT NULL,
       expires_at DATETIME(3) NOT NULL,
       used_at DATETIME(3) NULL,
       PRIMARY KEY (id),
       KEY activation_account (account_id),
       CONSTRAINT activation_account FOREIGN KEY (account_id) REFERENCES account (id)`,
    )
    // The id is the public half of the cookie, by which the row is found; only the hash of the secret half is kept.
    await createTable(
      db,
      'session',
      `id CHAR(20) ${exact} NOT NULL,
       account_id INT UNSIGNED NOT NULL,
       token_hash BINARY(32) NOT NULL,
       created_at DATETIME(3) NOT NULL,
       seen_at DATETIME(3) NOT NULL,
       expires_at DATETIME(3) NOT NULL,
       PRIMARY KEY (id),
       KEY session_account (account_id),
       CONSTRAINT session_account FOREIGN KEY (account_id) REFERENCES account (id)`,
    )
    // Failed attempts as a leaky bucket: the moment at which the bucket will be empty again (policy/throttle.ts).
    await createTable(
      db,
      'throttle',
      `scope VARCHAR(100) ${exact} NOT NULL,
       drained_at DATETIME(3) NOT NULL,
       PRIMARY KEY (scope)`,
    )
    // Addresses (hashed) from which an account was signed in with success: an attack from elsewhere does not make these wait.
    await createTable(
      db,
      'known_address',
      `account_id INT UNSIGNED NOT NULL,
       address CHAR(32) ${exact} NOT NULL,
       last_on DATE NOT NULL,
       PRIMARY KEY (account_id, address),
       CONSTRAINT known_address_account FOREIGN KEY (account_id) REFERENCES account (id)`,
    )
    await createTable(
      db,
      'setting',
      `name VARCHAR(60) ${exact} NOT NULL,
       value TEXT NOT NULL,
       PRIMARY KEY (name)`,
    )
  },
  down: async (db) => {
    await dropTables(db, [
      'setting',
      'known_address',
      'throttle',
      'session',
      'activation',
      'account',
      'staff',
      'student',
    ])
  },
}
