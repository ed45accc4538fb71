/** A section that the office is about to change: its lock, what was shown of it, and whom it concerns. */
import type { Kysely, Transaction } from 'kysely'
import { type Hurt, readHolders, readWaiters } from '../../catalogue/office-hurt.ts'
import { readSections, sectionSource } from '../../catalogue/sections.ts'
import type { SectionRow } from '../../catalogue/types.ts'
import type { Tables } from '../../db/tables.ts'
import { PortalError } from '../../errors.ts'
import { said } from '../../texts/index.ts'

type Db = Transaction<Tables>

const noSection = () => new PortalError('not_found', { detail: said('error.no_section') })

/** The section's lock comes first, as for every change of its seats. @throws PortalError not_found */
export const lockSection = async (db: Db, sectionId: number): Promise<void> => {
  const found = await db
    .selectFrom('section')
    .select('id')
    .where('id', '=', sectionId)
    .forUpdate()
    .executeTakeFirst()
  if (found === undefined) throw noSection()
}

/** Under its lock. @throws PortalError not_found */
export const findSection = async (db: Db, sectionId: number): Promise<SectionRow> => {
  // the lock first: what is read after it is what the section is now
  await lockSection(db, sectionId)
  const [section] = await readSections(db, sectionSource(db).where('section.id', '=', sectionId))
  if (section === undefined) throw noSection()
  return section
}

/**
 * What was shown is decided again, under the section's lock: nobody enters, leaves or changes it meanwhile.
 * @param base of the preview that was confirmed; undefined: whoever asks does not hold on to one
 * @throws PortalError preview_moved
 */
export const checkBase = async (base: string | undefined, read: () => Promise<Hurt>): Promise<void> => {
  if (base !== undefined && (await read()).base !== base) throw new PortalError('preview_moved')
}

/** Ids of the students who hold a seat or wait, each once. Who has withdrawn, or has a grade, is not concerned any more. */
export const concerned = async (db: Kysely<Tables>, sectionId: number): Promise<readonly number[]> => {
  const both = [...(await readHolders(db, sectionId)), ...(await readWaiters(db, sectionId))]
  return [...new Set(both)].toSorted((a, b) => a - b)
}
