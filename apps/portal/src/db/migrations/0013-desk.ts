/** The trail tells who looked at many students at once, instructors too, and in codes what was done; passwords that their owner changes. */
import { type Migration, sql } from 'kysely'
import { addColumn, addIndex, dropColumn, dropIndex, exact } from './table.ts'

const outcomes = "'signed_in','activated','password_refused','code_refused','ended_everywhere'"

export const desk: Migration = {
  up: async (db) => {
    // who looked where staff_id is NULL; no foreign key: the trail outlives what it tells of
    await addColumn(db, 'staff_action', 'instructor_id', 'INT UNSIGNED NULL')
    // ids of the students whose names were shown, each between commas: ',12,45,'. One row a look, however long the roster is (decision 0059)
    await addColumn(db, 'staff_action', 'students', `MEDIUMTEXT ${exact} NULL`)
    // what was done, as JSON of codes and values (trail-facts.ts), of which each reader's words are made; NULL: detail has the words
    await addColumn(db, 'staff_action', 'facts', 'TEXT NULL')
    // whose name was shown is looked for among the looks at their sections
    await addIndex(db, 'staff_action', 'staff_action_section', '(section_id, id)')
    await sql
      .raw(`ALTER TABLE sign_in MODIFY outcome ENUM(${outcomes},'password_changed') NOT NULL`)
      .execute(db)
  },
  down: async (db) => {
    await sql`DELETE FROM sign_in WHERE outcome = 'password_changed'`.execute(db)
    await sql.raw(`ALTER TABLE sign_in MODIFY outcome ENUM(${outcomes}) NOT NULL`).execute(db)
    await dropColumn(db, 'staff_action', 'facts')
    await dropColumn(db, 'staff_action', 'students')
    await dropColumn(db, 'staff_action', 'instructor_id')
    await dropIndex(db, 'staff_action', 'staff_action_section')
  },
}
