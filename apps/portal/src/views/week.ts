/** Sections → blocks of the weekly grid, with the conflicts between them named. */
import type { WeekBlock } from '@matricula/ui'
import type { SectionRow } from '../catalogue/types.ts'
import { overlapDays } from '../policy/meeting.ts'
import { label } from './words.ts'

interface Held {
  readonly section: SectionRow
  /** in the cart, not enrolled yet */
  readonly planned: boolean
}

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

/** What a meeting collides with on one weekday. Two halves of a term at the same hour do not collide. */
const conflictsOn = (
  day: number,
  meeting: SectionRow['meetings'][number],
  own: SectionRow,
  held: readonly Held[],
): readonly string[] =>
  held
    .filter(({ section }) => section.id !== own.id)
    .filter(({ section }) =>
      section.meetings.some((other) => overlapDays(meeting, other).some((shared) => shared === day)),
    )
    .map(({ section }) => label(section))

/** @param rhythm what is said of a meeting that is not held every week */
export const weekBlocks = (
  held: readonly Held[],
  rhythm: (everyWeeks: number) => string,
): readonly WeekBlock[] =>
  held.flatMap(({ section, planned }) =>
    section.meetings.flatMap((meeting) => {
      const { startsAt, endsAt, everyWeeks = 1 } = meeting
      if (startsAt === null || endsAt === null) return []
      return meeting.days.map((day) => ({
        day,
        start: minutes(startsAt),
        end: minutes(endsAt),
        title: section.code,
        part: `-${section.section}`,
        href: `/sections/${section.id}`,
        ...(everyWeeks > 1 ? { rhythm: rhythm(everyWeeks) } : {}),
        ...(meeting.place === null ? {} : { detail: meeting.place }),
        planned,
        conflictsWith: conflictsOn(day, meeting, section, held),
      }))
    }),
  )

/** Sections that have no place in a week's grid, so that the page can say so. */
export const withoutTimes = (sections: readonly SectionRow[]): readonly SectionRow[] =>
  sections.filter(({ meetings }) => !meetings.some(({ startsAt }) => startsAt !== null))
