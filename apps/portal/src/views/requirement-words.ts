/** What a course asks for, in words of the reader's language. Kept reasons have it in the policy's own, which reads back (policy/requirement-text.ts). */
import type { Language } from '../texts/index.ts'
import type { Requirement } from '../policy/requirement.ts'
import { parseRequirement } from '../policy/requirement-text.ts'

const say = (requirement: Requirement, language: Pick<Language, 't'>): string => {
  const { t } = language
  switch (requirement.kind) {
    case 'course': {
      const { course, grade, timing } = requirement
      const least = grade === null ? course : t('requirement.course_grade', { grade, course })
      return timing === 'with' ? t('requirement.together', { course: least }) : least
    }
    case 'standing':
      return t(`requirement.${requirement.least}`)
    case 'permission':
      return t(`requirement.permission_${requirement.of}`)
    case 'equivalent':
      return t('requirement.equivalent')
    case 'all':
    case 'any': {
      const joined = requirement.kind === 'all' ? 'requirement.and' : 'requirement.or'
      return requirement.of
        .map((part) =>
          part.kind === 'all' || part.kind === 'any'
            ? t('requirement.group', { parts: say(part, language) })
            : say(part, language),
        )
        .reduce((first, second) => t(joined, { first, second }))
    }
    default:
      return requirement satisfies never
  }
}

/** What cannot be read, since it was cut to what a column holds, stays as it is. */
export const requirementWords = (printed: string, language: Pick<Language, 't'>): string => {
  const read = parseRequirement(printed)
  return read.state === 'tree' ? say(read.requirement, language) : printed
}
