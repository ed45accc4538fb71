/**
 * Places on a waiting list that a seat of a group could go to. Who belongs to a group is asked of policy/group.ts alone, as for
 * every form: the statements give what it asks about, and compare nothing.
 */
import { type Kysely, sql } from 'kysely'
import { readReserves } from '../catalogue/rules.ts'
import { numberOrNull, toNumber } from '../catalogue/values.ts'
import type { Tables } from '../db/tables.ts'
import { belongs } from '../policy/group.ts'
import type { Reserve } from '../policy/rules.ts'
import { hasPermission } from './permitted.ts'

type Db = Kysely<Tables>

/**
 * Of the rows `wait_entry`: what is asked of whoever stands there. As expressions, not as a join: where the places are locked,
 * their students' rows are not.
 */
export const placeColumns = () =>
  [
    sql<
      'undergraduate' | 'graduate'
    >`(SELECT st.level FROM student st WHERE st.id = wait_entry.student_id)`.as('level'),
    sql<string>`(SELECT st.programme FROM student st WHERE st.id = wait_entry.student_id)`.as('programme'),
    sql<number | null>`(SELECT st.class_year FROM student st WHERE st.id = wait_entry.student_id)`.as(
      'class_year',
    ),
    hasPermission('reserved').as('permitted'),
  ] as const

interface Place {
  readonly level: 'undergraduate' | 'graduate'
  readonly programme: string
  readonly class_year: number | null
  readonly permitted: boolean | number
}

/** By belonging to the group, or by the office's permission for its seats. */
export const fits = ({ level, programme, class_year, permitted }: Place, reserve: Reserve): boolean =>
  Number(permitted) === 1 ||
  belongs({ level, programme, classYear: numberOrNull(class_year), creditsEarned: 0 }, reserve)

/** Reserves of these sections that have a seat left, by section. */
export const openReserves = async (
  db: Db,
  sectionIds: readonly number[],
): Promise<ReadonlyMap<number, readonly Reserve[]>> => {
  const all = await readReserves(db, sectionIds)
  return new Map([...all].map(([id, reserves]) => [id, reserves.filter(({ seats, taken }) => taken < seats)]))
}

/** Of these sections, in which only seats of groups are left: those with a place that one of them could go to. */
export const servedByReserve = async (
  db: Db,
  sectionIds: readonly number[],
): Promise<ReadonlySet<number>> => {
  if (sectionIds.length === 0) return new Set()
  const reserves = await openReserves(db, sectionIds)
  const kinds = await db
    .selectFrom('wait_entry')
    .select('wait_entry.section_id')
    .select(placeColumns)
    .distinct()
    .where('wait_entry.section_id', 'in', sectionIds)
    .execute()
  return new Set(
    kinds
      .filter((kind) =>
        (reserves.get(toNumber(kind.section_id)) ?? []).some((reserve) => fits(kind, reserve)),
      )
      .map(({ section_id }) => toNumber(section_id)),
  )
}
