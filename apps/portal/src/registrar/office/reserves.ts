/** Seats of a section that are kept for a group. */
import { sql, type Transaction } from 'kysely'
import { fromMoment } from '../../catalogue/values.ts'
import type { Tables } from '../../db/tables.ts'
import { raiseRevision } from '../revision.ts'
import { countReserved } from '../seats.ts'
import { writeAction } from './action.ts'
import type { NewReserve } from './index.ts'
import { lockSection } from './section.ts'

type Db = Transaction<Tables>

export const addReserve = async (db: Db, staffId: number, wanted: NewReserve): Promise<void> => {
  const { sectionId, label, level, programme, classYear, seats, until } = wanted
  await lockSection(db, sectionId)
  await db
    .insertInto('seat_reserve')
    .values({
      section_id: sectionId,
      label,
      level,
      programme,
      class_year: classYear,
      seats,
      until_at: until === null ? null : fromMoment(until).slice(0, 19),
    })
    .execute()
  await countReserved(db, sectionId)
  await writeAction(db, staffId, { action: 'reserve_added', sectionId, detail: `${seats} for ${label}` })
  await raiseRevision(db)
}

/** Seats that were taken stay with whoever has them; the others are anybody's. @param staffId null: its date has come */
export const endReserve = async (
  db: Db,
  staffId: number | null,
  { sectionId, reserveId }: { sectionId: number; reserveId: number },
): Promise<boolean> => {
  await lockSection(db, sectionId)
  const { numUpdatedRows } = await db
    .updateTable('seat_reserve')
    .set({ ended_at: sql<string>`UTC_TIMESTAMP(3)` })
    .where('id', '=', reserveId)
    .where('section_id', '=', sectionId)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false
  await countReserved(db, sectionId)
  if (staffId !== null) await writeAction(db, staffId, { action: 'reserve_ended', sectionId })
  await raiseRevision(db)
  return true
}
