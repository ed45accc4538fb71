/**
 * A transaction that is tried again when the server makes it give way. Between two tries it waits a random time, so that
 * those who met do not meet again. Kysely sends ROLLBACK after any error, which 1205 needs: the server ends the
 * statement alone.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { failureKind, forPeople } from '../db/failures.ts'
import { PortalError } from '../errors.ts'
import { createTurns } from './turns.ts'

/** Thrown by the work itself: what it had read was overtaken, decide again from the start. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken'
}

const giveUp = (error: unknown): unknown =>
  error instanceof Overtaken
    ? new PortalError('contention', { retryAfter: 1, cause: error })
    : forPeople(error)

const longestWaitMs = 640

/**
 * No try begins later than this after the form came; with the lock wait limit of db/pool.ts the answer to a row that stays
 * locked comes after at most about eleven seconds. Pile-ups on one section, as measured, are over within four.
 */
const formBudgetMs = 8_000

/**
 * Runs `work` in a transaction. Where it is repeated after a lost connection it must be safe to repeat: a repeat meets its own
 * request key if the first try had been committed after all.
 * @throws PortalError busy | contention | database_away, and whatever the work throws
 */
export interface Transact {
  <T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T>
  /** @param prepare before the transaction, anew for each try: it holds a turn, but neither a connection nor a lock */
  <T, Ready>(
    work: (transaction: Transaction<Tables>, ready: Ready) => Promise<T>,
    prepare: () => Promise<Ready>,
  ): Promise<T>
  /** ms for which the first of those has waited whose turn has not come; 0: nobody waits */
  readonly waited: () => number
}

/** After a clash the server has undone it in any case. */
const repeatable: readonly string[] = ['clash', 'lost']

/**
 * @param atOnce transactions under way at once; the rest of the pool stays free for reading
 * @param together of those who wait for a turn, how many are let in together (turns.ts)
 */
export const createTransact = (
  db: Kysely<Tables>,
  atOnce: number,
  budgetMs = formBudgetMs,
  together = 1,
): Transact => {
  const turns = createTurns(atOnce, together)
  const transact = async <T, Ready>(
    work: (transaction: Transaction<Tables>, ready: Ready | undefined) => Promise<T>,
    prepare?: () => Promise<Ready>,
  ): Promise<T> => {
    const start = performance.now()
    for (let attempt = 1; ; attempt += 1) {
      try {
        const left = budgetMs - (performance.now() - start)
        const run = async (): Promise<T> => {
          const ready = await prepare?.()
          return db.transaction().execute((transaction) => work(transaction, ready))
        }
        // it has waited once: at the end of the queue again, it would be told to come back
        return await turns.run(left, run, attempt > 1)
      } catch (error) {
        const again = error instanceof Overtaken || repeatable.includes(failureKind(error))
        // full jitter below a ceiling that doubles
        const pause = Math.random() * Math.min(longestWaitMs, 5 * 2 ** attempt)
        if (!again || performance.now() - start + pause >= budgetMs) throw giveUp(error)
        // the pause needs no turn: another transaction has it meanwhile
        await sleep(pause)
      }
    }
  }
  return Object.assign(transact, { waited: turns.waited })
}

/** One long transaction of a command, which nobody waits for in a browser: an import gives way to students as often as it must. */
export const inTransaction = <T>(
  db: Kysely<Tables>,
  work: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> => createTransact(db, 1, 120_000)(work)
