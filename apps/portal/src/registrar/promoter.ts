/**
 * When promotions run: right after a transaction that may have freed a seat, in this process; and by looking for what is
 * left over, in every process, for the seats whose process died, or that were freed by another hand (an import). Several
 * that promote the same seat wait for each other at the student's row; the later one finds it done.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../db/connect.ts'
import { promoteAll, unserved } from './promote.ts'
import type { Transact } from './transaction.ts'

/** Half a second at most, a quarter at least: processes that began together do not look together. */
const pauseMs = () => 250 + Math.random() * 250

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
  const sweep = async () => promoteAll(db, transact, await unserved(db))
  const look = async () => {
    while (!ending.signal.aborted) {
      await sweep().catch(onFailure)
      await sleep(pauseMs(), undefined, { signal: ending.signal }).catch(() => undefined)
    }
  }
  return {
    soon: (sectionIds) => guarded(promoteAll(db, transact, sectionIds)),
    sweep,
    start: () => guarded(look()),
    stop: async () => {
      ending.abort()
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
