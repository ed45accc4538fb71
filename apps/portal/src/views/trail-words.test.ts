import { expect, it } from 'vitest'
import type { TrailEntry } from '../catalogue/office-trail.ts'
import { languageFor } from '../texts/index.ts'
import { actionWords, trailWords } from './trail-words.ts'

const chicago = languageFor('en-US', 'America/Chicago')
const say = (action: string, detail: string): string => {
  const none = { staff: null, instructor: null, student: null, section: null, term: null }
  const entry: TrailEntry = { id: 1, at: '2026-11-22T14:00:00.000Z', ...none, action, detail }
  return trailWords(entry, chicago)
}

it('says the details of the office’s trail in the reader’s words and the campus’s time', () => {
  expect(
    say('term_changed', 'addUntil 2026-11-02T14:00:00.000Z, dropUntil none, requirements enforce, other 3'),
  ).toMatch(
    /^Last moment to add: .*Nov.*8:00.*; Last moment to drop: none; Prerequisites: Are asked for; other 3$/,
  )
  expect(say('window_added', 'Seniors: 2026-11-02T14:00:00.000Z')).toMatch(/^Seniors: .*8:00/)
  expect(say('window_removed', 'Seniors: 2026-11-02 14:00:00')).toMatch(/^Seniors: .*8:00/)
  expect(say('reserve_added', '5 for biologists')).toBe('5 seats for biologists')
  expect(say('reserve_added', 'whatever')).toBe('whatever')
  expect(say('section_changed', 'It now meets: M 09:00–09:50, Hall 1.')).toMatch(/^Mon .*9:00.*, Hall 1$/)
  expect(say('section_changed', 'Its meetings have changed.')).toBe('Its meetings have changed.')
  expect(say('sections_linked', 'CS 1-001 with CS 1-L01')).toBe('CS 1-001 with CS 1-L01')
  expect(say('looked_at_roster', '1')).toBe('1 student shown')
  expect(say('looked_at_section', '')).toBe('')
  expect(say('hold_placed', 'A fee (the bursar)')).toBe('A fee (the bursar)')
  expect(actionWords('looked_at_section', chicago)).toBe('Looked at who has the seats')
  expect(actionWords('of_a_newer_portal', chicago)).toBe('of_a_newer_portal')
})
