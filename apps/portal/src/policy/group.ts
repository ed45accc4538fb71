/** Whether a student belongs to a group. Pure, and asked nowhere else: no statement compares programmes by a collation of its own. */
import type { Group, StudentFacts } from './rules.ts'

/** As people mean it: case, blanks around and between words, and the width of letters are no difference; accents are one. */
const plain = (programme: string): string =>
  programme.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase()

export const belongs = (student: StudentFacts, group: Group): boolean =>
  (group.level === null || group.level === student.level) &&
  (group.programme === null || plain(group.programme) === plain(student.programme)) &&
  (group.classYear === null || group.classYear === student.classYear) &&
  (group.creditsFrom === null || student.creditsEarned >= group.creditsFrom)
