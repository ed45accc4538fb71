/**
 * A form of the office is dealt with once, however often it is sent: its key is written first of all in the transaction that does
 * it, together with what came of it. Of two of the same at once the second waits at the key, and finds the first one's outcome;
 * what was undone left no key. So a transaction may also be tried again after a lost connection.
 */
import { type Kysely, sql, type Transaction } from 'kysely'
import { errorCode } from '../../db/failures.ts'
import type { Tables } from '../../db/tables.ts'
import { PortalError } from '../../errors.ts'
import { said } from '../../texts/index.ts'
import { markRequest, type RequestMark } from '../receipt.ts'

/** What a change may come to. */
export type Outcome = null | boolean | number | readonly number[]

/** undefined is kept as null. */
type Returned = Outcome | void

/** @throws PortalError request_reused: the key is known with another content */
const earlier = async (
  db: Kysely<Tables>,
  staffId: number,
  mark: RequestMark,
): Promise<{ outcome: Outcome } | null> => {
  const row = await db
    .selectFrom('staff_request')
    .select(['request_digest', 'outcome'])
    .where('staff_id', '=', staffId)
    .where('request_key', '=', mark.key)
    .executeTakeFirst()
  if (row === undefined) return null
  if (!row.request_digest.equals(mark.digest))
    throw new PortalError('request_reused', { field: 'request', remedy: said('error.request_reused.staff') })
  return { outcome: JSON.parse(row.outcome) as Outcome }
}

/** Of a form whose effect would be asked for otherwise than the first time: null where it was not dealt with yet. */
export const earlierOutcome = earlier

/**
 * Forms stand in tabs for a while, and browsers send the last one again when they are opened anew; after these days nobody does.
 * (A student's key stands on the receipt, which is kept for good.)
 */
const keptDays = 90

/** A few hundred at a time: each is a row that a form may be waiting behind. @returns how many went */
export const pruneRequests = async (db: Kysely<Tables>): Promise<number> => {
  const { numAffectedRows } = await sql`DELETE FROM staff_request
    WHERE at < UTC_TIMESTAMP(3) - INTERVAL ${sql.lit(keptDays)} DAY ORDER BY at LIMIT 500`.execute(db)
  return Number(numAffectedRows ?? 0n)
}

/** No form: each call is a new one, which still is done once when it is tried again. */
export const newMark = (): RequestMark => markRequest(undefined, [])

/**
 * Before any plain read of the transaction.
 * @returns what the work returned, now or the first time @throws PortalError request_reused, and whatever the work throws
 */
export const once = async <Result extends Returned>(
  db: Transaction<Tables>,
  staffId: number,
  mark: RequestMark,
  work: () => Promise<Result>,
): Promise<Result> => {
  try {
    await db
      .insertInto('staff_request')
      .values({
        staff_id: staffId,
        request_key: mark.key,
        request_digest: mark.digest,
        at: sql<string>`UTC_TIMESTAMP(3)`,
        outcome: 'null',
      })
      .execute()
  } catch (error) {
    if (errorCode(error) !== 'ER_DUP_ENTRY') throw error
    const known = await earlier(db, staffId, mark)
    if (known === null) throw error
    return known.outcome as Result
  }
  const result = await work()
  if (result !== null && result !== undefined)
    await db
      .updateTable('staff_request')
      .set({ outcome: JSON.stringify(result) })
      .where('staff_id', '=', staffId)
      .where('request_key', '=', mark.key)
      .execute()
  return result
}
