/**
 * One change of meetings at a time, held by a row until the transaction ends: it goes with a killed connection, and works wherever
 * row locks do. Whether a room or an instructor is taken hangs on other sections' meetings, which the section's own lock leaves
 * free; so imports and the office's changes of meetings follow each other.
 */
import type { Transaction } from 'kysely'
import type { Tables } from '../db/tables.ts'

/** Before the first plain read: what is read afterwards is what the change before it left. */
export const lockTimetable = async (db: Transaction<Tables>): Promise<void> => {
  await db
    .insertInto('setting')
    .values({ name: 'import-lock', value: '' })
    .onDuplicateKeyUpdate({ value: '' })
    .execute()
}
