/**
 * What a place on a list gives up when it becomes a seat: a section, and what is linked to it and would stand alone. The student was told
 * so when the place was taken. When the office then changes which sections belong together, what was promised is fixed as it was
 * (`wait_entry.drop_along`): neither is more given up than the student knew of, nor is a rest kept that stands in the way of what arrives.
 */
import type { Transaction } from 'kysely'
import { readLinks } from '../catalogue/rules.ts'
import type { Tables } from '../db/tables.ts'
import { leftAlone } from '../policy/linked.ts'

type Db = Transaction<Tables>

/** '2,7' → [2, 7]; null, where links decide, and '' → []. */
export const fixedIn = (along: string | null): readonly number[] =>
  along === null || along === '' ? [] : along.split(',').map(Number)

interface Promised {
  /** what the place gives up */
  readonly givenUp: number
  readonly along: readonly number[]
}

/** By place: ids of what goes besides, as the links are now, of places whose student holds one of these sections. */
const readAlong = async (db: Db, sectionIds: readonly number[]): Promise<ReadonlyMap<number, Promised>> => {
  const places = await db
    .selectFrom('wait_entry')
    .select(['id', 'student_id', 'drop_section_id'])
    .where('drop_section_id', 'is not', null)
    .where('drop_along', 'is', null)
    .where('student_id', 'in', (eb) =>
      eb
        .selectFrom('enrolment')
        .select('student_id')
        .where('section_id', 'in', sectionIds)
        .where('grade', 'is', null),
    )
    .orderBy('id')
    .execute()
  const found = new Map<number, Promised>()
  for (const { id, student_id, drop_section_id } of places) {
    if (drop_section_id === null) continue
    const held = await db
      .selectFrom('enrolment')
      .select('section_id')
      .where('student_id', '=', student_id)
      .where('grade', 'is', null)
      .orderBy('section_id')
      .execute()
    const waiting = await db
      .selectFrom('wait_entry')
      .select('section_id')
      .where('student_id', '=', student_id)
      .execute()
    const kept = held.map((row) => row.section_id).filter((one) => one !== drop_section_id)
    const beside = waiting.map((row) => row.section_id)
    const along = kept.length === 0 ? [] : leftAlone(kept, await readLinks(db, kept), drop_section_id, beside)
    found.set(id, { givenUp: drop_section_id, along })
  }
  return found
}

/** @param change of the links between these sections */
export const keepPromises = async (
  db: Db,
  sectionIds: readonly number[],
  change: () => Promise<void>,
): Promise<void> => {
  const before = await readAlong(db, sectionIds)
  await change()
  if (before.size === 0) return
  const after = await readAlong(db, sectionIds)
  for (const [id, { givenUp, along }] of before)
    if (along.join() !== (after.get(id)?.along ?? []).join())
      await db
        .updateTable('wait_entry')
        .set({ drop_along: along.join() })
        .where('id', '=', id)
        // the student's lock is not held: what gives up something else by now was not promised this
        .where('drop_section_id', '=', givenUp)
        .execute()
}
