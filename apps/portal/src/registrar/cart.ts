import type { Kysely } from 'kysely'
import { fromMoment, toNumber } from '../catalogue/values.ts'
import { forPeople } from '../db/failures.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { parseId } from '../policy/registration.ts'
import type { CartService } from './index.ts'
import { mostSections } from './limits.ts'

const idsOf = (sections: readonly string[]): readonly number[] => {
  const ids = sections.map((text) => parseId(text.trim())).filter((id) => id !== null)
  return [...new Set(ids)].toSorted((a, b) => a - b)
}

/** Carts hold no seats, so they need no lock: two tabs that add at once at worst pass the limit by a form's length. */
export const createCarts = (db: Kysely<Tables>): CartService => ({
  add: async (studentId, sections) => {
    if (sections.length === 0) throw new PortalError('nothing_chosen', { field: 'section' })
    if (sections.length > mostSections) throw new PortalError('too_many_sections', { field: 'section' })
    try {
      const ids = idsOf(sections)
      const known =
        ids.length === 0
          ? []
          : await db.selectFrom('section').select('id').where('id', 'in', ids).orderBy('id').execute()
      const inCart = await db
        .selectFrom('cart_item')
        .select('section_id')
        .where('student_id', '=', studentId)
        .execute()
      const there = new Set(inCart.map((row) => row.section_id))
      const fresh = known.filter((row) => !there.has(row.id))
      if (there.size + fresh.length > mostSections)
        throw new PortalError('too_many_sections', {
          detail: `A cart holds at most ${mostSections} sections.`,
          remedy: 'Remove some sections from the cart first.',
          field: 'section',
        })
      const unknown = new Set(sections.map((text) => text.trim())).size - known.length
      if (fresh.length === 0) return { added: 0, unknown }
      const result = await db
        .insertInto('cart_item')
        .ignore()
        .values(
          fresh.map((row) => ({
            student_id: studentId,
            section_id: row.id,
            added_at: fromMoment(Date.now()),
          })),
        )
        .executeTakeFirstOrThrow()
      return {
        added: toNumber(String(result.numInsertedOrUpdatedRows ?? 0n)),
        unknown,
      }
    } catch (error) {
      throw forPeople(error)
    }
  },
  remove: async (studentId, sections) => {
    const ids = idsOf(sections)
    if (ids.length === 0) return
    try {
      await db
        .deleteFrom('cart_item')
        .where('student_id', '=', studentId)
        .where('section_id', 'in', ids)
        .execute()
    } catch (error) {
      throw forPeople(error)
    }
  },
})
