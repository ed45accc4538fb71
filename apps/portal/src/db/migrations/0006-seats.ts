/** Waiting lists, the ledger of seats, and notices; carts in an order, and receipts that can say more. */
import { sql, type Migration } from 'kysely'
import { addColumn, createTable, dropColumn, dropTables } from './table.ts'

export const seats: Migration = {
  up: async (db) => {
    // waiting  entries of wait_entry that are not passed over, exactly; while it is above 0 nobody else gets a seat
    // tickets  how many tickets the list has given out; never lowered, so a ticket is never given twice
    await addColumn(
      db,
      'section',
      'waiting',
      'INT UNSIGNED NOT NULL DEFAULT 0, ADD KEY section_waiting (waiting)',
    )
    await addColumn(db, 'section', 'tickets', 'INT UNSIGNED NOT NULL DEFAULT 0')
    // drop_section_id  given up in the moment in which this place becomes a seat ("keep B until A arrives")
    // passed_code      why a seat went past this entry; it keeps its ticket, but does not keep others from a seat
    await createTable(
      db,
      'wait_entry',
      `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
       section_id INT UNSIGNED NOT NULL,
       student_id INT UNSIGNED NOT NULL,
       ticket INT UNSIGNED NOT NULL,
       joined_at DATETIME(3) NOT NULL,
       drop_section_id INT UNSIGNED NULL,
       passed_code VARCHAR(40) NULL,
       passed_detail VARCHAR(200) NULL,
       passed_at DATETIME(3) NULL,
       PRIMARY KEY (id),
       UNIQUE KEY wait_entry_once (student_id, section_id),
       UNIQUE KEY wait_entry_ticket (section_id, ticket),
       CONSTRAINT wait_entry_student FOREIGN KEY (student_id) REFERENCES student (id),
       CONSTRAINT wait_entry_section FOREIGN KEY (section_id) REFERENCES section (id)`,
    )
    // Rows are only ever added. No foreign keys: it outlives what it tells of, and would lock sections out of order.
    // Ids of one section rise in the order of its events, as each is written under the lock of the section's row.
    await createTable(
      db,
      'seat_event',
      `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
       section_id INT UNSIGNED NOT NULL,
       student_id INT UNSIGNED NULL,
       event ENUM('enrolled','dropped','wait_listed','left_list','promoted','skipped','reinstated',
                  'swapped_in','swapped_out','capacity_changed','imported') NOT NULL,
       at DATETIME(6) NOT NULL,
       actor ENUM('student','staff','system') NOT NULL,
       staff_id INT UNSIGNED NULL,
       receipt VARCHAR(20) NULL,
       ticket INT UNSIGNED NULL,
       reason_code VARCHAR(40) NULL,
       reason_detail VARCHAR(200) NULL,
       capacity INT UNSIGNED NOT NULL,
       enrolled INT UNSIGNED NOT NULL,
       held INT UNSIGNED NOT NULL,
       overfull INT UNSIGNED NOT NULL,
       waiting INT UNSIGNED NOT NULL,
       PRIMARY KEY (id),
       KEY seat_event_section (section_id, id),
       KEY seat_event_student (student_id, id)`,
    )
    // Written in the transaction whose outcome it tells; whoever sends them on reads from here.
    await createTable(
      db,
      'notice',
      `id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
       student_id INT UNSIGNED NOT NULL,
       kind ENUM('promoted','skipped') NOT NULL,
       created_at DATETIME(3) NOT NULL,
       section_id INT UNSIGNED NOT NULL,
       label VARCHAR(32) NOT NULL,
       title VARCHAR(120) NOT NULL,
       given_up VARCHAR(32) NULL,
       reason_code VARCHAR(40) NULL,
       reason_detail VARCHAR(200) NULL,
       receipt VARCHAR(20) NULL,
       read_at DATETIME(3) NULL,
       PRIMARY KEY (id),
       KEY notice_student (student_id, read_at),
       CONSTRAINT notice_student FOREIGN KEY (student_id) REFERENCES student (id)`,
    )
    await sql`ALTER TABLE receipt
      MODIFY kind ENUM('register','drop','swap','leave','promotion') NOT NULL`.execute(db)
    await sql`ALTER TABLE receipt_line
      MODIFY result ENUM('enrolled','dropped','refused','waiting','left','kept','spare') NOT NULL`.execute(db)
    await addColumn(db, 'receipt_line', 'list_position', 'INT UNSIGNED NULL')
    await addColumn(db, 'cart_item', 'position', 'SMALLINT UNSIGNED NOT NULL DEFAULT 0')
    // taken only where that other section of the cart cannot be had; no foreign key: that one may leave the cart
    await addColumn(db, 'cart_item', 'fallback_for', 'INT UNSIGNED NULL')
    // What stood before there was a ledger, told as one event each, with the moment of the enrolment itself.
    await sql`INSERT INTO seat_event
        (section_id, student_id, event, at, actor, capacity, enrolled, held, overfull, waiting)
      SELECT e.section_id, e.student_id, 'imported', e.enrolled_at, 'system',
             s.capacity, s.enrolled, s.held, s.overfull, s.waiting
        FROM enrolment e JOIN section s ON s.id = e.section_id
       WHERE NOT EXISTS (SELECT 1 FROM seat_event x
                          WHERE x.section_id = e.section_id AND x.student_id = e.student_id)
       ORDER BY e.enrolled_at, e.id`.execute(db)
  },
  down: async (db) => {
    await dropColumn(db, 'cart_item', 'fallback_for')
    await dropColumn(db, 'cart_item', 'position')
    await dropColumn(db, 'receipt_line', 'list_position')
    await dropTables(db, ['notice', 'seat_event', 'wait_entry'])
    await dropColumn(db, 'section', 'tickets')
    await dropColumn(db, 'section', 'waiting')
  },
}
