/** What happens on a date without anybody's hand: a reserve ends, a window opens and is told, old forms go. Any process may do it, one does. */
import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Transact } from '../transaction.ts'
import { pruneRequests } from './requests.ts'
import { tellOpenings } from './openings.ts'
import { endReserve } from './reserves.ts'

const now = sql<string>`UTC_TIMESTAMP(3)`

/** Seats that are anybody's again; the look that follows gives them to whoever waits. */
const endReserves = async (db: Db, transact: Transact): Promise<void> => {
  const due = await db
    .selectFrom('seat_reserve')
    .select(['id', 'section_id'])
    .where('ended_at', 'is', null)
    .where('until_at', '<=', now)
    .orderBy('section_id')
    .execute()
  for (const { id, section_id } of due)
    await transact((transaction) => endReserve(transaction, null, { sectionId: section_id, reserveId: id }))
}

export const keepDates = async (db: Db, transact: Transact): Promise<void> => {
  await endReserves(db, transact)
  await pruneRequests(db)
  await tellOpenings(db, transact)
}
