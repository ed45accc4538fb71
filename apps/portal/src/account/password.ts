/**
 * argon2id behind a queue. A hash takes 19 MiB and 12 ms of one core, and registration morning brings thousands: at most
 * `cores` run at once, a bounded number waits, and whoever comes later is told to try again, instead of all waiting
 * for minutes.
 */
import { availableParallelism } from 'node:os'
import { hash, type Options, verify } from '@node-rs/argon2'
import { PortalError } from '../errors.ts'
import { normalisePassword } from '../policy/password.ts'

/** OWASP's recommendation; argon2id is the library's default (and a test reads it in what is stored). */
const settings: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

export const hashPassword = (password: string): Promise<string> => hash(normalisePassword(password), settings)

export const verifyPassword = (stored: string, password: string): Promise<boolean> =>
  verify(stored, normalisePassword(password))

export interface WorkQueue {
  /** Runs now, or in turn. @throws PortalError busy (retryAfter, s) when the queue is full */
  run<T>(work: () => Promise<T>): Promise<T>
}

/**
 * @param length how many may wait; 200 wait for about a second on two cores (248 hashes/s measured), so a page that got
 * into the queue is answered while its reader still looks at it
 */
export const createWorkQueue = (length = 200, running = availableParallelism()): WorkQueue => {
  const waiting: (() => void)[] = []
  let active = 0
  const enter = async (): Promise<void> => {
    if (active < running) {
      active += 1
      return
    }
    if (waiting.length >= length)
      throw new PortalError('busy', { retryAfter: 2 + Math.floor(Math.random() * 6) })
    // whoever leaves hands the place over: `active` stays as it is
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) active -= 1
    else next()
  }
  return {
    run: async (work) => {
      await enter()
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
