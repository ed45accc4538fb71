/**
 * When promotions run: right after a transaction that may have freed a seat, in this process; and by looking for what is
 * left over, in every process, for the seats whose process died, or that were freed by another hand (an import). Several
 * that promote the same seat wait for each other at the student's row; the later one finds it done. Within a process one
 * at a time serves a list: twenty seats that come free together are given one after another, without twenty in a queue.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../db/connect.ts'
import { promoteAll, unserved } from './promote.ts'
import { keepDates } from './office/dates.ts'
import type { Transact } from './transaction.ts'

/** Half a second at most, a quarter at least: processes that began together do not look together. */
const pauseMs = () => 250 + Math.random() * 250

/** What happens by itself on a date is found this often: nobody waits for it to the second. */
const datesPauseMs = 5_000

export interface Promoter {
  /** Does not wait. What fails is left to the next look. */
  soon(sectionIds: readonly number[]): void
  /** Gives out whatever is free now to whoever waits. @returns how many were promoted */
  sweep(): Promise<number>
  /** Looks twice to four times a second, until `stop`. */
  start(): void
  /** Ends with what is under way. */
  stop(): Promise<void>
}

/** @param onFailure hears of what failed; it is tried again at the next look */
export const createPromoter = (
  db: Db,
  transact: Transact,
  onFailure: (error: unknown) => void = () => undefined,
): Promoter => {
  const underWay = new Set<Promise<void>>()
  const ending = new AbortController()
  const guarded = (work: Promise<unknown>): void => {
    const done = work
      .then(() => undefined, onFailure)
      .finally(() => {
        underWay.delete(done)
      })
    underWay.add(done)
  }
  /** Sections whose list is being served; true: a seat was freed since, so look once more. */
  const serving = new Map<number, boolean>()
  const serve = async (sectionId: number): Promise<number> => {
    const begun = serving.has(sectionId)
    serving.set(sectionId, begun)
    if (begun) return 0
    let promoted = 0
    try {
      do {
        serving.set(sectionId, false)
        promoted += await promoteAll(db, transact, [sectionId])
      } while (serving.get(sectionId) === true)
    } finally {
      serving.delete(sectionId)
    }
    return promoted
  }
  // beside each other: a student whose row is locked for long holds up one list, not all
  const sweep = async () => {
    const counts = await Promise.all((await unserved(db)).map(serve))
    return counts.reduce((sum, promoted) => sum + promoted, 0)
  }
  const again = async (work: () => Promise<unknown>, nextMs: () => number) => {
    while (!ending.signal.aborted) {
      await work().catch(onFailure)
      await sleep(nextMs(), undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }
  return {
    soon: (sectionIds) => {
      for (const id of sectionIds) guarded(serve(id))
    },
    sweep,
    start: () => {
      guarded(again(sweep, pauseMs))
      // beside it: to tell thousands of a window that opens takes a while, and lists are not to wait for it
      guarded(
        again(
          () => keepDates(db, transact),
          () => datesPauseMs,
        ),
      )
    },
    stop: async () => {
      ending.abort()
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
