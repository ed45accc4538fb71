/** What catalogues of real universities say beyond the first schema. */
import type { Migration } from 'kysely'
import { addColumn, createTable, dropColumn, dropTables } from './table.ts'

export const imports: Migration = {
  up: async (db) => {
    // as the bulletin words them; nobody has parsed them yet
    await addColumn(db, 'course', 'prerequisite_text', 'TEXT NULL')
    await addColumn(db, 'course', 'offered', 'VARCHAR(160) NULL')
    // the title of this teaching, where a file gave one ("Topics in …"); NULL: the course's title
    await addColumn(db, 'section', 'title', 'VARCHAR(120) NULL')
    // Whoever teaches a meeting beside meeting.instructor_id; position counts from 2, in the order of the file.
    await createTable(
      db,
      'co_instructor',
      `meeting_id INT UNSIGNED NOT NULL,
       position SMALLINT UNSIGNED NOT NULL,
       instructor_id INT UNSIGNED NOT NULL,
       PRIMARY KEY (meeting_id, position),
       KEY co_instructor_instructor (instructor_id),
       CONSTRAINT co_instructor_meeting FOREIGN KEY (meeting_id) REFERENCES meeting (id),
       CONSTRAINT co_instructor_instructor FOREIGN KEY (instructor_id) REFERENCES instructor (id)`,
    )
  },
  down: async (db) => {
    await dropTables(db, ['co_instructor'])
    await dropColumn(db, 'section', 'title')
    await dropColumn(db, 'course', 'offered')
    await dropColumn(db, 'course', 'prerequisite_text')
  },
}
