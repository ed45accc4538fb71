/** Picks sections of the sample by what the portal itself says of them, so that no test depends on the sample's data. */
import type { SearchResult, SectionRow } from '../../apps/portal/src/catalogue/types.ts'
import { ruledSubjects } from '../../apps/portal/src/intake/data/prerequisites.ts'
import { overlap } from '../../apps/portal/src/policy/meeting.ts'
import type { Client } from './portal.ts'

/** Every section of the current term that anybody may take, in the catalogue's order: none of a subject with rules. */
export async function allSections(client: Client): Promise<readonly SectionRow[]> {
  const rows: SectionRow[] = []
  for (let page = 1; ; page += 1) {
    const result = await client.json<SearchResult>(`/catalogue?size=100&page=${page}`)
    rows.push(...result.rows)
    if (page >= result.pages) return rows.filter(({ subject }) => !ruledSubjects.has(subject))
  }
}

export const labelOf = (section: SectionRow): string => `${section.code}-${section.section}`

export const meets = (section: SectionRow): boolean =>
  section.meetings.some(({ startsAt }) => startsAt !== null)

const roomy = (section: SectionRow): boolean => section.status === 'active' && section.seats.left >= 4

const collides = (one: SectionRow, other: SectionRow): boolean =>
  other.courseId === one.courseId || overlap(other.meetings, one.meetings) !== null

/** `count` open sections that meet, of different courses, that leave each other's times and those of `besides` alone. */
export function compatible(
  rows: readonly SectionRow[],
  count: number,
  besides: readonly SectionRow[] = [],
): readonly SectionRow[] {
  const chosen: SectionRow[] = []
  for (const row of rows) {
    if (!roomy(row) || !meets(row) || row.credits.max > 4) continue
    if ([...besides, ...chosen].some((other) => collides(row, other))) continue
    chosen.push(row)
    if (chosen.length === count) return chosen
  }
  throw new Error(`the sample has no ${count} sections that go together`)
}

/** Another open section of the same course and kind, at another time; undefined: there is none. */
export const twinOf = (
  rows: readonly SectionRow[],
  one: SectionRow,
  besides: readonly SectionRow[] = [],
): SectionRow | undefined =>
  rows.find(
    (row) =>
      row.id !== one.id &&
      row.courseId === one.courseId &&
      row.component === one.component &&
      roomy(row) &&
      ![one, ...besides].some((other) => overlap(other.meetings, row.meetings) !== null),
  )

/** An open section of another course that meets at the same time as this one. */
export function clashing(rows: readonly SectionRow[], section: SectionRow): SectionRow {
  const found = rows.find(
    (row) =>
      roomy(row) && row.courseId !== section.courseId && overlap(row.meetings, section.meetings) !== null,
  )
  if (found === undefined) throw new Error(`nothing in the sample clashes with ${labelOf(section)}`)
  return found
}

/** A full section that could be had beside these, if there were a seat. */
export function full(rows: readonly SectionRow[], besides: readonly SectionRow[] = []): SectionRow {
  const found = rows.find(
    (row) => row.seats.full && row.status === 'active' && !besides.some((other) => collides(row, other)),
  )
  if (found === undefined) throw new Error('the sample has no full section')
  return found
}
