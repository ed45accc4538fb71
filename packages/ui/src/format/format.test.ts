import { expect, it } from 'vitest'
import { formatFor, localeOf } from './format.ts'

it.each([
  ['de-AT,de;q=0.9,en;q=0.8', 'de-AT'],
  ['en;q=0.5, fr;q=0.9', 'en'],
  ['fr, en-AU;q=0.9', 'en-AU'],
  ['en-XA', 'en-XA'],
  ['fr', 'en-GB'],
  ['*', 'en-GB'],
  [undefined, 'en-GB'],
  ['', 'en-GB'],
  ['not a tag, <script>, en-US;q=0.1', 'en-US'],
  ['de;q=0, en-US', 'en-US'],
  ['x'.repeat(5000), 'en-GB'],
])('reads Accept-Language %j as %s', (header, locale) => {
  expect(localeOf(header, ['en', 'de'])).toBe(locale)
})

it('writes times, days and numbers as the reader does, and shifts only moments', () => {
  const us = formatFor('en-US', 'America/Chicago')
  const de = formatFor('de-DE', 'America/Chicago')
  // narrow and non-breaking spaces differ between versions of ICU
  const plain = (text: string) => text.replaceAll(/\s/g, ' ')
  expect(plain(us.clockRange('09:00', '09:50'))).toBe('9:00 – 9:50 AM')
  expect(plain(de.clock('14:05'))).toBe('14:05')
  // alone as in a range
  const gb = formatFor('en-GB', 'Europe/London')
  expect([gb.clock('08:00'), gb.clockOfMinutes(480)]).toEqual(['08:00', '08:00'])
  expect(plain(gb.clockRange('08:00', '08:50'))).toMatch(/^08:00/)
  expect(plain(us.clock('08:00'))).toBe('8:00 AM')
  expect(us.day('2026-08-24')).toBe('Aug 24, 2026')
  expect(de.number(1234.5)).toBe('1.234,5')
  expect(plain(us.second('2026-11-22T14:03:07.123Z'))).toBe('8:03:07 AM')
  expect(us.weekday(1, 'long')).toBe('Monday')
  expect(de.weekday(7, 'long')).toBe('Sonntag')
  expect(plain(us.seconds(0.84))).toBe('0.8 s')
  expect(plain(us.seconds(0.004))).toBe('< 0.1 s')
})
