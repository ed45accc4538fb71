/** How many credits a student may take at once in a term. Of sections of variable credit the least counts, as they are enrolled. */
import type { SectionRow } from '../catalogue/types.ts'
import { type Reason, reason } from './reasons.ts'
import type { StudentFacts, TermRules } from './rules.ts'

/** In hundredths, so that 0.1 + 0.2 stays 0.3. */
const hundredths = (sections: readonly Pick<SectionRow, 'credits'>[]): number =>
  sections.reduce((sum, { credits }) => sum + Math.round(credits.min * 100), 0)

/**
 * @param beside what the student has already, of whichever term
 * @param raised a limit that the office has given instead; null: none; undefined: the limit is lifted
 */
export const creditReasons = (
  section: SectionRow,
  beside: readonly SectionRow[],
  term: TermRules | undefined,
  student: StudentFacts,
  raised: number | null = null,
): readonly Reason[] => {
  const own = term?.credits[student.level] ?? null
  // a lecture's laboratory has no credits of its own, and is never too much
  if (own === null || section.credits.min === 0) return []
  const limit = Math.max(own, raised ?? 0)
  const all = hundredths([...beside.filter((other) => other.term.id === section.term.id), section])
  return all > Math.round(limit * 100) ? [reason('credit_limit', String(all / 100), String(limit))] : []
}
