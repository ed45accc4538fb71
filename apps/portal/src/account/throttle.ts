/**
 * Failed attempts, counted in the database so that any number of processes share the count. Only failures are written;
 * a success costs no write. A burst that arrives at once can pass the check before its failures are counted, but not by
 * more than what the hashing queue lets run at the same time: the check is made inside the queue.
 */
import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { fromMoment, toMoment } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { networkOf } from '../policy/network.ts'
import { type ThrottleRule, throttleRules, throttleWait } from '../policy/throttle.ts'
import { said } from '../texts/index.ts'

/** What an attempt counts against: the text is hashed, as network addresses are nobody's business. */
export interface Scope {
  readonly name: string
  readonly rule: ThrottleRule
}

const hashText = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32)

/** Of the network, not of the one address: IPv6 gives everybody as many addresses as there are attempts. */
export const hashAddress = (address: string): string => hashText(networkOf(address))

const scope = (kind: string, text: string, rule: ThrottleRule): Scope => ({
  name: `${kind}:${hashText(text)}`,
  rule,
})

/** For passwords: guesses are worth limiting from every side. */
export const passwordScopes = (number: string, address: string): readonly Scope[] => [
  scope('pair', `${number} ${networkOf(address)}`, throttleRules.pair),
  scope('account', number, throttleRules.account),
  scope('address', networkOf(address), throttleRules.address),
]

/** From a device of the account: its own slips, and nobody else's. */
export const deviceScopes = (device: string): readonly Scope[] => [
  scope('device', device, throttleRules.pair),
]

/** For one-time codes: they cannot be guessed, so nobody is kept from an account because others try. */
export const codeScopes = (number: string, address: string): readonly Scope[] => [
  scope('code-pair', `${number} ${networkOf(address)}`, throttleRules.pair),
  scope('code-address', networkOf(address), throttleRules.address),
]

export interface Throttle {
  /** @throws PortalError too_many_attempts with retryAfter in seconds */
  check(scopes: readonly Scope[]): Promise<void>
  /** Counts one failure. */
  charge(scopes: readonly Scope[]): Promise<void>
}

const dayMs = 86_400_000

export const createThrottle = (db: Kysely<Tables>, clock: () => Date): Throttle => ({
  check: async (scopes) => {
    const rows = await db
      .selectFrom('throttle')
      .selectAll()
      .where(
        'scope',
        'in',
        scopes.map(({ name }) => name),
      )
      .execute()
    const now = clock().getTime()
    const waits = scopes.map(({ name, rule }) => {
      const row = rows.find((found) => found.scope === name)
      return throttleWait(rule, row === undefined ? null : Date.parse(toMoment(row.drained_at)), now)
    })
    const wait = Math.max(0, ...waits)
    if (wait === 0) return
    const seconds = Math.ceil(wait / 1000)
    throw new PortalError('too_many_attempts', {
      remedy: said('error.too_many_attempts.wait', { seconds }),
      retryAfter: seconds,
    })
  },
  charge: async (scopes) => {
    const now = clock()
    // one order for all, so that two failures at once never wait for each other in a circle
    for (const { name, rule } of scopes.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      await db
        .insertInto('throttle')
        .values({ scope: name, drained_at: fromMoment(now.getTime() + rule.intervalMs) })
        .onDuplicateKeyUpdate({
          drained_at: sql<string>`GREATEST(drained_at, CAST(${fromMoment(now)} AS DATETIME(3))) + INTERVAL ${sql.lit(rule.intervalMs * 1000)} MICROSECOND`,
        })
        .execute()
    }
    // empty buckets say nothing; one failure in fifty clears them away
    if (Math.random() < 0.02)
      await db
        .deleteFrom('throttle')
        .where('drained_at', '<', fromMoment(now.getTime() - dayMs))
        .limit(500)
        .execute()
  },
})
