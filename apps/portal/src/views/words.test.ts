import { expect, it } from 'vitest'
import { reason } from '../policy/reasons.ts'
import { languageFor } from '../texts/index.ts'
import { reasonWords } from './words.ts'

it('writes days and times of a reason as the reader does, and leaves the rest', () => {
  const us = languageFor('en-US', 'UTC')
  const plain = (text: string) => text.replaceAll(/\s/g, ' ')
  expect(reasonWords(reason('window_closed', '2025-09-08'), us)).toBe(
    'Registration for this term closed on Sep 8, 2025.',
  )
  expect(plain(reasonWords(reason('overlaps', 'CS 101-001 (Mon, Wed 14:00–14:50)'), us))).toBe(
    'It meets at the same time as CS 101-001 (Mon, Wed 2:00 – 2:50 PM).',
  )
  expect(reasonWords(reason('other_section', 'ART 102-005'), us)).toBe(
    reason('other_section', 'ART 102-005').words,
  )
})
