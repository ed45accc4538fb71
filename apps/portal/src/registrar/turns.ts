/**
 * A bounded number of turns at once. Transactions that wait for one locked row hold a connection each; without a bound they
 * would hold all of them, and pages that only read would wait as well.
 */
import { PortalError } from '../errors.ts'
import { said } from '../texts/index.ts'

export interface Turns {
  /** Runs now, or in turn. @throws PortalError busy when no turn came within `patienceMs`; the work did not begin then */
  run<T>(patienceMs: number, work: () => Promise<T>): Promise<T>
}

const busy = () =>
  new PortalError('busy', {
    detail: said('error.busy.registering'),
    remedy: said('error.busy.send_again'),
    retryAfter: 2 + Math.floor(Math.random() * 4),
  })

export const createTurns = (atOnce: number): Turns => {
  const waiting = new Set<() => void>()
  let active = 0
  const enter = (patienceMs: number): Promise<void> => {
    if (active < atOnce) {
      active += 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const go = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        waiting.delete(go)
        reject(busy())
      }, patienceMs)
      waiting.add(go)
    })
  }
  const leave = (): void => {
    const [next] = waiting
    // whoever leaves hands the turn over: `active` stays as it is
    if (next === undefined) active -= 1
    else {
      waiting.delete(next)
      next()
    }
  }
  return {
    run: async (patienceMs, work) => {
      await enter(patienceMs)
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
