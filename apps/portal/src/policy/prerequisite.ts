/**
 * What of a course's requirement a student does not have, and what the record does have of it. A course that is being taken in an
 * earlier term counts: its grade comes before this term begins.
 */
import type { SectionRow } from '../catalogue/types.ts'
import { isWithdrawn, meetsGrade } from './grade.ts'
import {
  coursesOf,
  type Known,
  printRequirement,
  type Requirement,
  standingFrom,
  unmet,
} from './requirement.ts'
import { type Reason, reason } from './reasons.ts'
import type { CourseRules, RuleFacts, StudentFacts } from './rules.ts'

const hasStanding =
  (student: StudentFacts): Known['standing'] =>
  (least) =>
    student.level === 'graduate' || (least !== 'graduate' && student.creditsEarned >= standingFrom[least])

/** 'CS 101: D', 'CS 102: being taken' */
const knownOf = (
  missing: Requirement,
  { history }: Pick<RuleFacts, 'history'>,
  taking: readonly SectionRow[],
): string =>
  coursesOf(missing)
    .flatMap((course) => {
      const grades = history.filter((one) => one.course === course).map(({ grade }) => grade)
      const now = taking.some((section) => section.code === course) ? ['being taken'] : []
      return grades.length + now.length === 0 ? [] : [`${course}: ${[...grades, ...now].join(', ')}`]
    })
    .join('; ')

export interface Judged {
  readonly reasons: readonly Reason[]
  /** the same where requirements only advise, and texts that no rule could be made of */
  readonly advice: readonly Reason[]
  /** sections of the same form that it relies on */
  readonly needs: readonly number[]
}

/**
 * @param taking what the student is enrolled in, or gets by the same form
 * @param asked what else the same form may get
 * @param waiting on whose lists the student stands: for what is taken at the same time a place counts as had, as for what is linked, since
 *   else neither of two full sections that ask for each other could be waited for
 */
export const requirementOf = (
  section: SectionRow,
  course: CourseRules | undefined,
  facts: Pick<RuleFacts, 'history' | 'student' | 'terms'>,
  taking: readonly SectionRow[],
  asked: readonly SectionRow[],
  waiting: readonly SectionRow[] = [],
): Judged => {
  const nothing = { reasons: [], advice: [], needs: [] }
  if (course === undefined) return nothing
  if (course.requirement === null)
    return course.text === null || course.text === '' || /^none\b/i.test(course.text)
      ? nothing
      : { ...nothing, advice: [reason('requirement_text', course.text)] }
  // a laboratory of no credits follows its lecture
  if (section.credits.max === 0) return nothing
  const needs = new Set<number>()
  const missing = unmet(course.requirement, {
    has: (code, grade) =>
      facts.history.some((one) => one.course === code && meetsGrade(one.grade, grade)) ||
      taking.some((other) => other.code === code && other.term.code < section.term.code),
    together: (code) => {
      const same = (other: SectionRow) => other.code === code && other.term.id === section.term.id
      if (taking.some(same) || waiting.some(same)) return true
      const found = asked.find(same)
      if (found !== undefined) needs.add(found.id)
      return found !== undefined
    },
    standing: hasStanding(facts.student),
  })
  if (missing === null) return { ...nothing, needs: [...needs] }
  const why = [
    reason(
      'requirement',
      printRequirement(missing),
      knownOf(missing, { history: facts.history.filter(({ grade }) => !isWithdrawn(grade)) }, taking),
    ),
  ]
  return facts.terms.get(section.term.id)?.requirements === 'enforce'
    ? { ...nothing, reasons: why }
    : { ...nothing, advice: why }
}
