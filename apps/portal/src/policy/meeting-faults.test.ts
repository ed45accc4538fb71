import { expect, it } from 'vitest'
import { isMovedOut, type MeetingFields, meetingFaults } from './meeting-faults.ts'

const term = { startsOn: '2027-01-11', endsOn: '2027-05-14' }
const good = {
  days: 'MW',
  starts: '09:00',
  ends: '09:50',
  from: '2027-01-11',
  until: '2027-05-14',
  weeks: 'every',
} as const
const arranged = { days: '', starts: null, ends: null }
const known = { startsOn: '2027-01-04', endsOn: '2027-06-01' }

const cases: readonly (readonly [
  name: string,
  fields: MeetingFields,
  told: readonly string[],
  known?: typeof known,
])[] = [
  ['nothing', {}, []],
  ['nothing of one that is arranged', arranged, []],
  ['what is missing', { days: '', ends: null }, ['days days_missing', 'ends ends_missing']],
  [
    'all at once',
    { days: '', starts: '10:00', from: '2027-01-10', until: '2027-05-15' },
    ['days days_missing', 'ends ends_early', 'from before_term', 'until after_term'],
  ],
  [
    'what is missing beside what cannot be read',
    { days: undefined, starts: null },
    ['starts begins_missing'],
  ],
  ['nothing of what cannot be read', { starts: undefined, from: undefined, weeks: undefined }, []],
  ['a first day after the term', { from: '2027-05-15' }, ['from after_term', 'until before_first']],
  ['a last day before the term', { until: '2027-01-10' }, ['until before_first']],
  ['the term’s own days', { from: term.startsOn, until: term.startsOn }, []],
  ['days that were outside before', { from: known.startsOn, until: known.endsOn }, [], known],
  ['one that is moved further out', { from: '2027-01-05', until: known.endsOn }, ['from before_term'], known],
  ['weeks of which there is none', { weeks: 'even', until: '2027-01-15' }, ['weeks weeks_even']],
  ['weeks that there are', { weeks: 'odd', until: '2027-01-15' }, []],
]

it.each(cases.map(([name, fields, told, before]) => ({ name, fields, told, before })))(
  'tells the office of $name',
  ({ fields, told, before }) => {
    const found = meetingFaults({ ...good, ...fields }, term, before)
    expect(found.map(({ field, words }) => `${field} ${words.key.replace('form.', '')}`)).toEqual(told)
  },
)

it('lets a meeting stay outside of its term, and none be moved there', () => {
  expect(isMovedOut(term, term)).toBe(false)
  expect(isMovedOut(known, term)).toBe(true)
  expect(isMovedOut(known, term, known)).toBe(false)
  expect(isMovedOut({ ...known, endsOn: '2027-05-30' }, term, known)).toBe(true)
})
