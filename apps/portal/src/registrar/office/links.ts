/**
 * Sections that are one choice. Nobody loses a seat by a link: it is asked for at the next registration, swap or drop; and what a place
 * on a list gives up stays what its student was told (promises.ts).
 */
import type { Transaction } from 'kysely'
import type { SectionRow } from '../../catalogue/types.ts'
import type { Tables } from '../../db/tables.ts'
import { sectionLabel } from '../../policy/registration.ts'
import { keepPromises } from '../promises.ts'
import { raiseRevision } from '../revision.ts'
import { writeAction } from './action.ts'
import { findSection } from './section.ts'

type Db = Transaction<Tables>

/** By ascending id, as everything that touches sections; all are locked, so that two links of them follow each other. */
const lockAll = async (db: Db, ids: readonly number[]): Promise<ReadonlyMap<number, SectionRow>> => {
  const found = new Map<number, SectionRow>()
  for (const id of [...new Set(ids)].toSorted((a, b) => a - b)) found.set(id, await findSection(db, id))
  return found
}

const bothWays = (sectionId: number, partnerId: number) => [
  { section_id: sectionId, partner_id: partnerId },
  { section_id: partnerId, partner_id: sectionId },
]

const labelIn = (found: ReadonlyMap<number, SectionRow>, id: number): string => {
  const section = found.get(id)
  return section === undefined ? '' : sectionLabel(section)
}

const isLinked = async (db: Db, sectionId: number, partnerId: number): Promise<boolean> => {
  const known = await db
    .selectFrom('section_link')
    .select('partner_id')
    .where('section_id', '=', sectionId)
    .where('partner_id', '=', partnerId)
    .executeTakeFirst()
  return known !== undefined
}

/** All or none. @returns false where they are linked already @throws PortalError not_found */
export const linkSections = async (
  db: Db,
  staffId: number,
  { sectionId, partnerIds }: { sectionId: number; partnerIds: readonly number[] },
): Promise<boolean> => {
  const found = await lockAll(db, [sectionId, ...partnerIds])
  let linked = false
  await keepPromises(db, [sectionId, ...partnerIds], async () => {
    for (const partnerId of partnerIds) {
      if (await isLinked(db, sectionId, partnerId)) continue
      await db.insertInto('section_link').values(bothWays(sectionId, partnerId)).execute()
      const detail = `${labelIn(found, sectionId)} with ${labelIn(found, partnerId)}`
      await writeAction(db, staffId, { action: 'sections_linked', sectionId, detail })
      linked = true
    }
  })
  if (linked) await raiseRevision(db)
  return linked
}

/** @returns false where they were not linked (any more) @throws PortalError not_found */
export const unlinkSections = async (
  db: Db,
  staffId: number,
  { sectionId, partnerId }: { sectionId: number; partnerId: number },
): Promise<boolean> => {
  const found = await lockAll(db, [sectionId, partnerId])
  if (!(await isLinked(db, sectionId, partnerId))) return false
  await keepPromises(db, [sectionId, partnerId], async () => {
    for (const row of bothWays(sectionId, partnerId))
      await db
        .deleteFrom('section_link')
        .where('section_id', '=', row.section_id)
        .where('partner_id', '=', row.partner_id)
        .execute()
  })
  const detail = `${labelIn(found, sectionId)} from ${labelIn(found, partnerId)}`
  await writeAction(db, staffId, { action: 'sections_unlinked', sectionId, detail })
  await raiseRevision(db)
  return true
}
