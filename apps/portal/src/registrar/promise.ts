/**
 * A place that the student has already comes to give up a section when it becomes a seat: "keep B until A arrives" for who joined the list
 * of A before B was had. The place keeps its ticket; passed over, it is in force again, since what stood in its way will make way.
 *
 * A place of a choice of several (`together`), and sections that are linked, have their own ways (swap.ts).
 */
import type { Selectable, Transaction } from 'kysely'
import type { SectionRow } from '../catalogue/types.ts'
import type { Tables } from '../db/tables.ts'
import { writeEvents } from './ledger.ts'
import type { LockedStudent } from './receipt.ts'
import { makeSureMoves } from './seats.ts'

type Db = Transaction<Tables>
type Place = Selectable<Tables['wait_entry']>

/** The student's place in the list, if it can be promised something; null: there is none, or it belongs to a choice of several. */
export const findPlace = async (db: Db, studentId: number, sectionId: number): Promise<Place | null> =>
  (await db
    .selectFrom('wait_entry')
    .selectAll()
    .where('student_id', '=', studentId)
    .where('section_id', '=', sectionId)
    .where('together', 'is', null)
    .executeTakeFirst()) ?? null

/** Under the student's lock. @returns the place's position, as it is under the section's */
export const promise = async (db: Db, place: Place, given: Pick<SectionRow, 'id'>): Promise<number> => {
  const kind = place.passed_code === null ? 'lock' : 'reinstate'
  await makeSureMoves(db, [{ sectionId: place.section_id, kind }])
  await db
    .updateTable('wait_entry')
    .set({ drop_section_id: given.id, passed_code: null, passed_detail: null, passed_at: null })
    .where('id', '=', place.id)
    .execute()
  const list = await db
    .selectFrom('wait_entry')
    .select('ticket')
    .where('section_id', '=', place.section_id)
    .forUpdate()
    .execute()
  return list.filter(({ ticket }) => ticket <= place.ticket).length
}

/** After the receipt: what the ledger has to tell of it. */
export const tellPromise = async (
  db: Db,
  { id: studentId }: LockedStudent,
  place: Place,
  receipt: string,
): Promise<void> => {
  if (place.passed_code === null) return
  await writeEvents(db, { actor: 'student', studentId, receipt }, [
    { sectionId: place.section_id, event: 'reinstated', ticket: place.ticket },
  ])
}
