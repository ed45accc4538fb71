/**
 * A transaction that is tried again when the server makes it give way. Between two tries it waits a random time, so that
 * those who met do not meet again. Kysely sends ROLLBACK after any error, which 1205 needs: the server ends the
 * statement alone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { failureKind, forPeople } from '../db/failures.ts'

/** Thrown by the work itself: what it had read was overtaken, decide again from the start. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken'
}

/** Twelve tries span about four seconds: longer than any measured pile-up, shorter than a reader's patience. */
const tries = 12
const longestWaitMs = 640

/**
 * @param work must be safe to repeat: a repeat after a lost connection meets its own request key if the first try had
 * been committed after all
 * @throws PortalError contention | database_away, and whatever the work throws
 */
export const inTransaction = async <T>(
  db: Kysely<Tables>,
  work: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      const again = error instanceof Overtaken || ['clash', 'lost'].includes(failureKind(error))
      if (!again || attempt === tries) throw forPeople(error)
      // full jitter below a ceiling that doubles
      await sleep(Math.random() * Math.min(longestWaitMs, 5 * 2 ** attempt))
    }
  }
}
