/** Grades as letters: which pass, and which are at least another. Pure. */

/** Best first. */
const scale = ['A+', 'A', 'A-', 'B+', 'B', 'B-', 'C+', 'C', 'C-', 'D+', 'D', 'D-', 'F'] as const

/** Passed without a letter: pass, satisfactory, credit, transferred. They meet any least grade, as a letter cannot be asked of them. */
const passes: ReadonlySet<string> = new Set(['P', 'S', 'CR', 'T', 'TR'])

const rank = (grade: string): number => (scale as readonly string[]).indexOf(grade.trim().toUpperCase())

export const isLetter = (grade: string): boolean => rank(grade) !== -1

/**
 * True when a course with this grade counts as passed, with `least` or better where that is asked for. What is neither a
 * letter nor a pass (W, I, NP, U) is not passed.
 */
export const meetsGrade = (grade: string, least: string | null = null): boolean => {
  if (passes.has(grade.trim().toUpperCase())) return true
  const own = rank(grade)
  if (own === -1) return false
  return own <= (least === null ? scale.length - 2 : rank(least))
}

/** A course that was left: no attempt, no credit, no grade. */
export const isWithdrawn = (grade: string | null): boolean => grade === 'W'
