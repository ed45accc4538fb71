import type { Kysely } from 'kysely'
import { fromMoment, toNumber } from '../catalogue/values.ts'
import { forPeople } from '../db/failures.ts'
import type { Tables } from '../db/tables.ts'
import { PortalError } from '../errors.ts'
import { parseId } from '../policy/registration.ts'
import type { CartChange, CartService } from './index.ts'
import { mostSections } from './limits.ts'
import { said } from '../texts/index.ts'

const idsOf = (sections: readonly string[]): readonly number[] => {
  const ids = sections.map((text) => parseId(text.trim())).filter((id) => id !== null)
  return [...new Set(ids)].toSorted((a, b) => a - b)
}

/** A fallback stands below the section that it is for: whoever moves takes the other along no further than that. */
const inOrder = (rows: readonly CartRow[]): readonly CartRow[] => {
  const order: CartRow[] = []
  const present = new Set(rows.map((row) => row.section_id))
  const place = (row: CartRow, under: ReadonlySet<number>): void => {
    if (order.includes(row) || under.has(row.section_id)) return
    const first = rows.find((other) => other.section_id === row.fallback_for)
    if (first !== undefined) place(first, new Set([...under, row.section_id]))
    order.push(row)
  }
  for (const row of rows) place(row, new Set())
  return order.map((row) => ({
    ...row,
    fallback_for: row.fallback_for !== null && present.has(row.fallback_for) ? row.fallback_for : null,
  }))
}

interface CartRow {
  readonly section_id: number
  readonly fallback_for: number | null
}

const changed = (rows: readonly CartRow[], { move, fallback }: CartChange): readonly CartRow[] => {
  const next = [...rows]
  const from = next.findIndex((row) => String(row.section_id) === move?.section.trim())
  const to = from + (move?.by ?? 0)
  const [moved, other] = [next[from], next[to]]
  if (moved !== undefined && other !== undefined) {
    next[from] = other
    next[to] = moved
  }
  const index = next.findIndex((row) => String(row.section_id) === fallback?.section.trim())
  const row = next[index]
  if (row !== undefined && fallback !== undefined) {
    const first = rows.find((one) => String(one.section_id) === fallback.insteadOf?.trim())
    // A else B, and B else A: the older of the two wishes goes
    const others = next.map((one) =>
      first !== undefined && one.section_id === first.section_id && one.fallback_for === row.section_id
        ? { ...one, fallback_for: null }
        : one,
    )
    const target = first === undefined || first.section_id === row.section_id ? null : first.section_id
    return others.map((one) => (one.section_id === row.section_id ? { ...one, fallback_for: target } : one))
  }
  return next
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
        .select(['section_id', 'position'])
        .where('student_id', '=', studentId)
        .execute()
      const last = Math.max(0, ...inCart.map((row) => row.position))
      const there = new Set(inCart.map((row) => row.section_id))
      const fresh = known.filter((row) => !there.has(row.id))
      if (there.size + fresh.length > mostSections)
        throw new PortalError('too_many_sections', {
          detail: said('error.cart_full', { most: mostSections }),
          remedy: said('error.cart_full.remedy'),
          field: 'section',
        })
      const unknown = new Set(sections.map((text) => text.trim())).size - known.length
      if (fresh.length === 0) return { added: 0, unknown }
      const result = await db
        .insertInto('cart_item')
        .ignore()
        .values(
          fresh.map((row) => ({
            // below what is there
            position: last + 1,
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
  arrange: async (studentId, change) => {
    try {
      const rows = await db
        .selectFrom('cart_item')
        .select(['section_id', 'fallback_for'])
        .where('student_id', '=', studentId)
        .orderBy('position')
        .orderBy('added_at')
        .orderBy('section_id')
        .execute()
      const next = inOrder(changed(rows, change))
      const isSame = next.every(
        ({ section_id, fallback_for }, index) =>
          section_id === rows[index]?.section_id && fallback_for === rows[index]?.fallback_for,
      )
      if (isSame) return false
      for (const [index, row] of next.entries())
        await db
          .updateTable('cart_item')
          .set({ position: index + 1, fallback_for: row.fallback_for })
          .where('student_id', '=', studentId)
          .where('section_id', '=', row.section_id)
          .execute()
      return true
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
