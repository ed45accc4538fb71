import { expect, it } from 'vitest'
import { section as anySection } from '../../../../tests/policy/facts.ts'
import type { Meeting, SectionRow } from '../catalogue/types.ts'
import { languageFor } from '../texts/index.ts'
import { weekBlocks } from './week.ts'

const section = (id: number, meeting: Partial<Meeting>): SectionRow =>
  anySection(id, {
    meetings: [
      {
        days: [1],
        startsAt: '10:00',
        endsAt: '10:50',
        startsOn: '2026-08-24',
        endsOn: '2026-12-18',
        place: null,
        instructor: null,
        everyWeeks: 1,
        ...meeting,
      },
    ],
  })

const { t } = languageFor('en-GB', 'UTC')
const blocks = (...sections: readonly SectionRow[]) =>
  weekBlocks(
    sections.map((one) => ({ section: one, planned: false })),
    (weeks) => t('week.rhythm', { weeks }),
  ).map(({ rhythm, conflictsWith }) => [rhythm, conflictsWith.join()])

it('says of a meeting that is not held every week how often it is, and names what it collides with', () => {
  const odd = section(1, { everyWeeks: 2 })
  const even = section(2, { everyWeeks: 2, startsOn: '2026-08-31' })
  const third = section(3, { everyWeeks: 3, days: [2] })
  expect(blocks(odd, even, third)).toEqual([
    ['every other week', ''],
    ['every other week', ''],
    ['every 3 weeks', ''],
  ])
  expect(blocks(odd, section(4, {}))).toEqual([
    ['every other week', 'CS 104-001'],
    [undefined, 'CS 101-001'],
  ])
})
