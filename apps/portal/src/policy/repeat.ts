/** Taking a course again: not after a good grade, and not for ever. What was left with a W was no attempt; what is under way is one. */
import { isLetter, isWithdrawn, meetsGrade } from './grade.ts'
import { type Reason, reason } from './reasons.ts'
import type { CompletedCourse, CourseRules, TermRules } from './rules.ts'

/** @param underWay in how many other terms the course is being taken, without a grade yet */
export const repeatReasons = (
  course: string,
  rules: CourseRules | undefined,
  term: TermRules | undefined,
  history: readonly CompletedCourse[],
  underWay = 0,
): readonly Reason[] => {
  if (term === undefined || rules?.repeatable === true) return []
  const attempts = history.filter((one) => one.course === course && !isWithdrawn(one.grade))
  const { repeatFrom, mostAttempts } = term
  const good =
    repeatFrom === null
      ? undefined
      : attempts.find(({ grade }) => meetsGrade(grade, isLetter(repeatFrom) ? repeatFrom : null))
  if (good !== undefined) return [reason('repeat_passed', good.grade)]
  const times = attempts.length + underWay
  return mostAttempts !== null && times >= mostAttempts ? [reason('repeat_attempts', String(times))] : []
}
