import { describe, expect, it } from 'vitest'
import { ImportError } from './failure.ts'
import { planTerm } from './term.ts'

const dates = { startsOn: '2026-08-24', endsOn: '2026-12-11' }
const none = { term: null, termCodes: new Set<string>() }
const known = {
  id: 7,
  code: '202680',
  name: 'Fall 2026',
  starts_on: '2026-08-20',
  ends_on: '2026-12-20',
  registration_opens_at: '2026-04-01 06:00:00',
  registration_closes_at: '2026-09-01 06:00:00',
}

describe('the term of an import', () => {
  it('is made of its name and the file’s days where there is none', () => {
    expect(planTerm({ term: '  Autumn  2026' }, none, dates)).toEqual({
      id: null,
      code: '202680',
      name: 'Autumn 2026',
      values: {
        code: '202680',
        name: 'Autumn 2026',
        starts_on: '2026-08-24',
        ends_on: '2026-12-11',
        registration_opens_at: '2026-06-25 06:00:00',
        registration_closes_at: '2026-09-07 06:00:00',
      },
    })
    expect(planTerm({ term: 'Michaelmas', termCode: 'M26' }, none, dates).code).toBe('M26')
  })

  it('is left as it is where there is one, but for a window that was given', () => {
    const state = { term: known, termCodes: new Set(['202680']) }
    expect(planTerm({ term: 'Fall 2026' }, state, dates)).toMatchObject({ id: 7, values: null })
    const opens = '2026-05-01 00:00:00'
    expect(planTerm({ term: 'Fall 2026', opens }, state, dates).values).toMatchObject({
      starts_on: '2026-08-20',
      registration_opens_at: opens,
      registration_closes_at: '2026-09-01 06:00:00',
    })
  })

  it('is never another one by mistake', () => {
    const state = { term: null, termCodes: new Set(['202680']) }
    expect(() => planTerm({ term: 'Fall 2026' }, state, dates)).toThrow(/another term has the code 202680/)
    expect(() => planTerm({ term: 'Sometime' }, none, dates)).toThrow(/--term-code/)
    const crossed = { term: 'Fall 2026', opens: '2027-01-01 00:00:00' }
    expect(() => planTerm(crossed, none, dates)).toThrow(ImportError)
  })
})
