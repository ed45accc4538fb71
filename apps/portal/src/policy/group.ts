/** Whether a student belongs to a group. Pure. */
import type { Group, StudentFacts } from './rules.ts'

export const belongs = (student: StudentFacts, group: Group): boolean =>
  (group.level === null || group.level === student.level) &&
  (group.programme === null || group.programme.toLowerCase() === student.programme.toLowerCase()) &&
  (group.classYear === null || group.classYear === student.classYear) &&
  (group.creditsFrom === null || student.creditsEarned >= group.creditsFrom)
