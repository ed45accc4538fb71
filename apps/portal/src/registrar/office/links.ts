/** Sections that are one choice. Nobody loses a seat by a link: it is asked for at the next registration, swap or drop. */
import type { Transaction } from 'kysely'
import type { Tables } from '../../db/tables.ts'
import { sectionLabel } from '../../policy/registration.ts'
import { writeAction } from './action.ts'
import { findSection } from './sections.ts'

type Db = Transaction<Tables>

interface Pair {
  readonly sectionId: number
  readonly partnerId: number
}

/** By ascending id, as everything that touches sections; both are locked, so that two links of them follow each other. */
const lockBoth = async (db: Db, { sectionId, partnerId }: Pair) => {
  const first = await findSection(db, Math.min(sectionId, partnerId))
  const second = await findSection(db, Math.max(sectionId, partnerId))
  return sectionId < partnerId ? ([first, second] as const) : ([second, first] as const)
}

const rowsOf = ({ sectionId, partnerId }: Pair) => [
  { section_id: sectionId, partner_id: partnerId },
  { section_id: partnerId, partner_id: sectionId },
]

/** @returns false where they are linked already @throws PortalError not_found */
export const linkSections = async (db: Db, staffId: number, pair: Pair): Promise<boolean> => {
  const [section, partner] = await lockBoth(db, pair)
  const known = await db
    .selectFrom('section_link')
    .select('partner_id')
    .where('section_id', '=', pair.sectionId)
    .where('partner_id', '=', pair.partnerId)
    .executeTakeFirst()
  if (known !== undefined) return false
  await db.insertInto('section_link').values(rowsOf(pair)).execute()
  await writeAction(db, staffId, {
    action: 'sections_linked',
    sectionId: section.id,
    detail: `${sectionLabel(section)} with ${sectionLabel(partner)}`,
  })
  return true
}

/** @returns false where they were not linked (any more) @throws PortalError not_found */
export const unlinkSections = async (db: Db, staffId: number, pair: Pair): Promise<boolean> => {
  const [section, partner] = await lockBoth(db, pair)
  let ended = 0n
  for (const row of rowsOf(pair)) {
    const { numDeletedRows } = await db
      .deleteFrom('section_link')
      .where('section_id', '=', row.section_id)
      .where('partner_id', '=', row.partner_id)
      .executeTakeFirst()
    ended += numDeletedRows
  }
  if (ended === 0n) return false
  await writeAction(db, staffId, {
    action: 'sections_unlinked',
    sectionId: section.id,
    detail: `${sectionLabel(section)} from ${sectionLabel(partner)}`,
  })
  return true
}
