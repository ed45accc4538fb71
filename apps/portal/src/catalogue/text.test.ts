import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalise, queryWords, sectionSearchText, sectionSortKey } from './text.ts'
import { fromMoment, toMoment } from './values.ts'

describe('the normal form of text', () => {
  it.each([
    ['Émile Łukasiewicz', 'emile lukasiewicz'],
    ['  CS-101/001 ', 'cs 101 001'],
    ["O’Brien & O'Neill", 'obrien oneill'],
    ['Straße Ærø İstanbul', 'strasse aero istanbul'],
    ['100% _wild_ \\', '100 wild'],
    ['微積分 Ⅱ', '微積分 ii'],
  ])('%j → %j', (text, expected) => {
    expect(normalise(text)).toBe(expected)
  })

  it('is normal already, holds no wildcard, and has no blank at an end', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const once = normalise(text)
        expect(normalise(once)).toBe(once)
        expect(once).not.toMatch(/[%_\\]|^ | $|  /)
      }),
    )
  })

  it('keeps queries in bounds', () => {
    expect(queryWords('a b a '.repeat(5_000))).toEqual(['a', 'b'])
    expect(queryWords('%%%')).toEqual([])
  })

  it('finds a course by its code in one word and in two', () => {
    const text = sectionSearchText({
      subject: 'CS',
      subjectName: 'Computer Science',
      number: '101',
      code: '001',
      title: 'Introduction to Programming',
      instructors: ['Zoë Álvarez'],
    })
    for (const word of ['cs101', 'cs', '101', 'zoe', 'alvarez', 'program']) expect(text).toContain(` ${word}`)
  })
})

describe('the sort key', () => {
  it('orders by subject, number and section', () => {
    const rows = [
      ['ART', '101', '001'],
      ['ARTH', '99', '001'],
      ['ARTH', '101', '001'],
      ['ARTH', '101', '002'],
      ['ARTH', '101L', '001'],
      ['ARTH', '1010', '001'],
      ['CS', '101', '001'],
    ] as const
    const key = ([subject, number, code]: (typeof rows)[number]) => sectionSortKey(subject, number, code)
    const sorted = rows
      .toReversed()
      .map(key)
      .sort((a, b) => a.compare(b))
    expect(sorted).toEqual(rows.map(key))
  })
})

describe('moments', () => {
  it('come back as they went, whatever zeros the server leaves out', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
        (moment) => {
          const text = fromMoment(moment)
          expect(toMoment(text)).toBe(moment.toISOString())
          expect(toMoment(text.replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') ? '' : zeros)))).toBe(
            moment.toISOString(),
          )
        },
      ),
    )
  })
})
