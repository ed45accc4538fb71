/**
 * What registration is decided on — sections, meetings, links, courses' rules, terms and their windows — is read a moment before it is
 * written by. One number tells whether it is still that: each change of it raises the number, as its last statement, and a
 * submission holds on to the number that it has read until its own commit. So of a change and a submission either the change sees the
 * seat, or the submission sees the change (decision 0058).
 *
 * In both the number comes last, after every other lock: nobody who has it waits for anybody. Seats are not in it: their
 * conditions are asked under the section's own lock (seats.ts). Nor is what a student's lock keeps still.
 */
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { Overtaken } from './transaction.ts'

/**
 * The number as it is after the lock on the student's row was had, to be asked in the statement that takes it. It hangs on that row, though
 * in nothing but form: what hangs on none is answered before the statement waits for a lock, and fixes there what all later reads see.
 */
export const revisionNow = sql<number>`CAST(COALESCE(
  (SELECT c.revision FROM catalogue_revision c WHERE c.id = CASE student.number WHEN '' THEN 0 ELSE 1 END), 0) AS UNSIGNED)`

/** The same, held until the commit: a change that is about to raise it waits, and one that has is seen. */
export const heldRevision = sql<number>`CAST(COALESCE(
  (SELECT revision FROM catalogue_revision WHERE id = 1 LOCK IN SHARE MODE), 0) AS UNSIGNED)`

/** The last statement of a change of what registration is decided on. */
export const raiseRevision = async (db: Transaction<Tables>): Promise<void> => {
  await sql`INSERT INTO catalogue_revision (id, revision) VALUES (1, 1)
    ON DUPLICATE KEY UPDATE revision = revision + 1`.execute(db)
}

const moved = () => new Overtaken('the catalogue or its rules were changed while the form was dealt with')

/** Thrown where what was read is of another revision: all is read and decided again. @throws Overtaken */
export const sameRevision = (read: number, now: number): void => {
  if (read !== now) throw moved()
}

/**
 * After all moves and rows of a transaction that has decided something by what it had read; the usual submission asks in a statement
 * that it sends anyway (ledger.ts).
 * @param read the revision of what it was decided on @throws Overtaken
 */
export const holdRevision = async (db: Transaction<Tables>, read: number): Promise<void> => {
  const { rows } = await sql<{ now: number }>`SELECT ${heldRevision} AS now`.execute(db)
  sameRevision(read, rows[0]?.now ?? 0)
}
