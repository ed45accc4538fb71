/** What a notice tells in values rather than in words; and what a place on a list promised when the office changed which sections belong together. */
import type { Migration } from 'kysely'
import { addColumn, dropColumn } from './table.ts'

export const facts: Migration = {
  up: async (db) => {
    // JSON (policy/notice-facts.ts), of which each reader's words are made; NULL: `detail` has the words, as in earlier portals, or there are none
    await addColumn(db, 'notice', 'facts', 'TEXT NULL')
    // ids of sections, with commas, that go besides drop_section_id, whatever belongs together by now; NULL: what is linked to it
    await addColumn(db, 'wait_entry', 'drop_along', 'VARCHAR(120) NULL')
  },
  down: async (db) => {
    await dropColumn(db, 'wait_entry', 'drop_along')
    await dropColumn(db, 'notice', 'facts')
  },
}
