/** What happened at the door: one line for each sign-in and each failed attempt, never changed afterwards. */
import type { Migration } from 'kysely'
import { createTable, dropTables } from './table.ts'

export const signIns: Migration = {
  up: async (db) => {
    // account_id  NULL: nobody's number. What was typed is not kept: it may be a password in the wrong field.
    // network     an IPv4 address or the /64 of an IPv6 one; '' where there is none
    // browser     'Firefox on Linux', as the browser says of itself; '' where it says nothing
    // known_device  the account was signed in on this device before (account/device.ts)
    await createTable(
      db,
      'sign_in',
      `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
       at DATETIME(3) NOT NULL,
       account_id INT UNSIGNED NULL,
       outcome ENUM('signed_in','activated','password_refused','code_refused','ended_everywhere') NOT NULL,
       network VARCHAR(45) NOT NULL,
       browser VARCHAR(40) NOT NULL,
       known_device TINYINT UNSIGNED NOT NULL,
       PRIMARY KEY (id),
       KEY sign_in_account (account_id, at),
       KEY sign_in_at (at),
       CONSTRAINT sign_in_account FOREIGN KEY (account_id) REFERENCES account (id)`,
    )
  },
  down: async (db) => {
    await dropTables(db, ['sign_in'])
  },
}
