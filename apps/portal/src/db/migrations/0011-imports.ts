/** What imports left behind: more beyond a capacity than there is; and a trail that tells what they have overwritten. */
import { sql, type Migration } from 'kysely'

export const leftByImports: Migration = {
  up: async (db) => {
    // exactly what is beyond the capacity: an import that raised it had left more there
    await sql`UPDATE section SET overfull = GREATEST(0,
      CAST(enrolled AS SIGNED) + CAST(held AS SIGNED) - CAST(capacity AS SIGNED))`.execute(db)
    // NULL: by `portal import`
    await sql`ALTER TABLE staff_action MODIFY staff_id INT UNSIGNED NULL`.execute(db)
  },
  down: async (db) => {
    await sql`DELETE FROM staff_action WHERE staff_id IS NULL`.execute(db)
    await sql`ALTER TABLE staff_action MODIFY staff_id INT UNSIGNED NOT NULL`.execute(db)
  },
}
