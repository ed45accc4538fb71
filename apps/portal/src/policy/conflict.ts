/** What two sections say to each other: the same course twice, or the same hour. */
import type { SectionRow } from '../catalogue/types.ts'
import { describeOverlap, overlap } from './meeting.ts'
import { type Reason, reason } from './reasons.ts'

export const sectionLabel = (section: Pick<SectionRow, 'code' | 'section'>): string =>
  `${section.code}-${section.section}`

const sameCourse = (a: SectionRow, b: SectionRow): boolean =>
  a.courseId === b.courseId && a.term.id === b.term.id && a.component === b.component

/**
 * Every reason that speaks against a section beside others, and which of the others gave one.
 * @param held they are the student's already; else they stand in the same form, and are not to be called so
 */
export const againstOthers = (
  section: SectionRow,
  others: readonly SectionRow[],
  held: boolean,
): { readonly reasons: readonly Reason[]; readonly blockedBy: readonly number[] } => {
  const reasons: Reason[] = []
  const blockedBy: number[] = []
  for (const other of others) {
    const same = sameCourse(section, other)
    const clash = overlap(section.meetings, other.meetings)
    if (same) reasons.push(reason(held ? 'other_section' : 'other_chosen', sectionLabel(other)))
    if (clash !== null) reasons.push(reason('overlaps', `${sectionLabel(other)} (${describeOverlap(clash)})`))
    if (same || clash !== null) blockedBy.push(other.id)
  }
  return { reasons, blockedBy }
}
