/**
 * The record of what happened at the door (table sign_in). Lines are added and never changed; after 400 days they go.
 *
 * A success is written in the transaction that begins its session: there is no session without its line. Failures are
 * written up to a bound, so that nobody can fill the disk, or the mirror, by guessing: 60 an hour for one account, 600
 * an hour for numbers that are nobody's. What goes beyond is refused as ever and not written. An attempt that the
 * throttle turned away was not tried, and leaves no line.
 */
import type { Kysely } from 'kysely'
import { fromMoment, toMoment } from '../catalogue/values.ts'
import type { SignInOutcome } from '../db/tables-people.ts'
import type { Tables } from '../db/tables.ts'
import { networkOf } from '../policy/network.ts'

export type { SignInOutcome }

/** Where an attempt comes from, as far as the record tells it. */
export interface Origin {
  readonly address: string
  /** browserWords (policy/browser.ts) */
  readonly browser: string
  readonly knownDevice: boolean
}

export interface TrailLine {
  /** ISO 8601 */
  readonly at: string
  /** null: the number was nobody's */
  readonly number: string | null
  readonly outcome: SignInOutcome
  /** an IPv4 address, or the /64 of an IPv6 one */
  readonly network: string
  readonly browser: string
  readonly knownDevice: boolean
}

export interface TrailQuery {
  readonly accountId?: number | undefined
  /** failed attempts alone */
  readonly failed?: boolean | undefined
  /** DATETIME text, UTC */
  readonly since?: string | undefined
  readonly limit: number
}

export const failedOutcomes = ['password_refused', 'code_refused'] as const satisfies readonly SignInOutcome[]

/** Longer than the throttle lets anyone guess at one number by hand, and 1,440 lines a day at the worst. */
export const failuresAnHour = { account: 60, nobody: 600 }
const hourMs = 3_600_000
const keepMs = 400 * 24 * hourMs

const lineOf = (accountId: number | null, outcome: SignInOutcome, origin: Origin, now: Date) => ({
  at: fromMoment(now),
  account_id: accountId,
  outcome,
  network: networkOf(origin.address).slice(0, 45),
  browser: origin.browser.slice(0, 40),
  known_device: origin.knownDevice ? 1 : 0,
})

/** @param db the transaction of what is recorded */
export const recordSignIn = async (
  db: Kysely<Tables>,
  accountId: number,
  outcome: Exclude<SignInOutcome, (typeof failedOutcomes)[number]>,
  origin: Origin,
  now: Date,
): Promise<void> => {
  await db
    .insertInto('sign_in')
    .values(lineOf(accountId, outcome, origin, now))
    .execute()
}

/** Of two at once both may pass the count: the bound is kept to within what the hashing queue runs at a time. */
export const recordFailure = async (
  db: Kysely<Tables>,
  accountId: number | null,
  outcome: (typeof failedOutcomes)[number],
  origin: Origin,
  now: Date,
): Promise<void> => {
  const most = accountId === null ? failuresAnHour.nobody : failuresAnHour.account
  const recent = await db
    .selectFrom('sign_in')
    .select('id')
    .where('account_id', accountId === null ? 'is' : '=', accountId)
    .where('at', '>', fromMoment(now.getTime() - hourMs))
    .where('outcome', 'in', failedOutcomes)
    .limit(most)
    .execute()
  if (recent.length >= most) return
  await db
    .insertInto('sign_in')
    .values(lineOf(accountId, outcome, origin, now))
    .execute()
  // one failure in fifty clears away what is too old: no job is needed that does
  if (Math.random() < 0.02)
    await db
      .deleteFrom('sign_in')
      .where('at', '<', fromMoment(now.getTime() - keepMs))
      .limit(500)
      .execute()
}

/** Newest first. */
export const readTrail = async (db: Kysely<Tables>, query: TrailQuery): Promise<readonly TrailLine[]> => {
  const { accountId, failed, since } = query
  const rows = await db
    .selectFrom('sign_in')
    .leftJoin('account', 'account.id', 'sign_in.account_id')
    .select([
      'sign_in.at',
      'account.number',
      'sign_in.outcome',
      'sign_in.network',
      'sign_in.browser',
      'sign_in.known_device',
    ])
    .$if(accountId !== undefined, (only) => only.where('sign_in.account_id', '=', accountId ?? 0))
    .$if(failed === true, (only) => only.where('sign_in.outcome', 'in', failedOutcomes))
    .$if(since !== undefined, (only) => only.where('sign_in.at', '>=', since ?? ''))
    .orderBy('sign_in.at', 'desc')
    .orderBy('sign_in.id', 'desc')
    .limit(query.limit)
    .execute()
  return rows.map(({ at, number, outcome, network, browser, known_device }) => ({
    at: toMoment(at),
    number,
    outcome,
    network,
    browser,
    knownDevice: known_device === 1,
  }))
}
