/**
 * A bounded number of turns at once. Transactions that wait for one locked row hold a connection each; without a bound they
 * would hold all of them, and pages that only read would wait as well.
 *
 * Of many who wait several are let in together, first come, first served: what they read before their transactions is then
 * read for all of them at once (catalogue/batched.ts).
 */
import { PortalError } from '../errors.ts'
import { said } from '../texts/index.ts'

export interface Turns {
  /**
   * Runs now, or in turn. @throws PortalError busy when no turn came within `patienceMs`; the work did not begin then
   * @param ahead of those who have had no turn yet: for work that had one, and must be done again
   */
  run<T>(patienceMs: number, work: () => Promise<T>, ahead?: boolean): Promise<T>
  /** ms for which the first of those has waited who have had no turn yet; 0: nobody waits */
  readonly waited: () => number
}

const busy = () =>
  new PortalError('busy', {
    detail: said('error.busy.registering'),
    remedy: said('error.busy.send_again'),
    retryAfter: 2 + Math.floor(Math.random() * 4),
  })

type Queue = Map<() => void, number>

/** @param together how many are let in together where as many wait */
export const createTurns = (atOnce: number, together = 1): Turns => {
  // with the moment since when each waits
  const queues: Readonly<Record<'again' | 'first', Queue>> = { again: new Map(), first: new Map() }
  let active = 0
  const letIn = (queue: Queue): void => {
    for (const next of queue.keys()) {
      if (active === atOnce) return
      queue.delete(next)
      active += 1
      next()
    }
  }
  const admit = (): void => {
    letIn(queues.again)
    if (atOnce - active < Math.min(together, queues.first.size)) return
    letIn(queues.first)
  }
  const enter = (patienceMs: number, waiting: Queue): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.delete(go)
        reject(busy())
      }, patienceMs)
      waiting.set(go, performance.now())
      admit()
    })
  const leave = (): void => {
    active -= 1
    admit()
  }
  return {
    waited: () => {
      const [since] = queues.first.values()
      return since === undefined ? 0 : performance.now() - since
    },
    run: async (patienceMs, work, ahead = false) => {
      await enter(patienceMs, ahead ? queues.again : queues.first)
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
