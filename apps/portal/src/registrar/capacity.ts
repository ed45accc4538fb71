/**
 * Another number of seats for a section. Below the enrolment nobody loses a seat: `overfull` says how far the section is
 * beyond its capacity, and no seat is given until it is below it again. Raised, the list gets the new seats.
 */
import { sql, type Transaction } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { writeEvents } from './ledger.ts'
import { writeAction } from './office/action.ts'
import { said } from '../texts/index.ts'

/** @returns true when it changed @throws PortalError not_found */
export const setCapacity = async (
  db: Transaction<Tables>,
  staffId: number,
  sectionId: number,
  capacity: number,
): Promise<boolean> => {
  const section = await db
    .selectFrom('section')
    .select(['id', 'capacity'])
    .where('id', '=', sectionId)
    .forUpdate()
    .executeTakeFirst()
  if (section === undefined) throw new PortalError('not_found', { detail: said('error.no_section') })
  if (section.capacity === capacity) return false
  await db
    .updateTable('section')
    .set({
      overfull: sql<number>`GREATEST(CAST(enrolled AS SIGNED) + CAST(held AS SIGNED) - ${capacity}, 0)`,
      capacity,
    })
    .where('id', '=', sectionId)
    .execute()
  await writeAction(db, staffId, {
    action: 'capacity_changed',
    sectionId,
    detail: `${section.capacity} → ${capacity}`,
  })
  await writeEvents(db, { actor: 'staff', staffId, studentId: null }, [
    { sectionId, event: 'capacity_changed' },
  ])
  return true
}
