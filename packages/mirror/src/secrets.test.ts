import { expect, test } from 'vitest'
import { createScrub } from './secrets.ts'

test('a password is hidden in each of its spellings', () => {
  const scrub = createScrub(['p%@s/s "w', 'other%40word'])
  const spellings = [
    'p%@s/s "w',
    encodeURIComponent('p%@s/s "w'),
    JSON.stringify('p%@s/s "w'),
    'other@word',
    'other%40word',
  ]
  for (const spelling of spellings)
    expect(scrub(`before ${spelling} after`), spelling).toMatch(/^before "?\*\*\*"? after$/)
})

test('the user part of any address is hidden, known or not', () => {
  const scrub = createScrub()
  expect(scrub('connect mysql://u:p@ss@host:3306/db failed')).toBe(
    'connect mysql://u:***@host:3306/db failed',
  )
  expect(scrub('see https://example.org/errors')).toBe('see https://example.org/errors')
})

test('a password that contains another one leaves nothing behind', () => {
  expect(createScrub(['abc', 'abcdef'])('abcdef abc')).toBe('*** ***')
})

test('a password of one letter does not make messages unreadable', () => {
  const scrub = createScrub(['a'])
  expect(scrub('a table of mysql://u:a@h/d')).toBe('a table of mysql://u:***@h/d')
})
