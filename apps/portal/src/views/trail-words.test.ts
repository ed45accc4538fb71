import { expect, it } from 'vitest'
import type { TrailEntry } from '../catalogue/office-trail.ts'
import type { NoticeRow } from '../catalogue/types-notices.ts'
import { readNoticeFacts } from '../policy/notice-facts.ts'
import { readTrailFacts, type TrailFacts } from '../policy/trail-facts.ts'
import { languageFor, languageOf } from '../texts/index.ts'
import { noticeWords } from './notice-words.ts'
import { actionWords, trailWords } from './trail-words.ts'

const chicago = languageFor('en-US', 'America/Chicago')
const say = (action: string, detail: string): string => {
  const none = { staff: null, instructor: null, student: null, section: null, term: null, facts: null }
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
  expect(say('section_changed', 'Its meetings have changed: see')).toMatch(/^Many at once/)
  expect(say('section_changed', 'whatever')).toBe('whatever')
  expect(say('sections_linked', 'CS 1-001 with CS 1-L01')).toBe('CS 1-001 with CS 1-L01')
  expect(say('looked_at_roster', '1')).toBe('1 student shown')
  expect(say('looked_at_section', '')).toBe('')
  expect(say('hold_placed', 'A fee (the bursar)')).toBe('A fee (the bursar)')
  expect(actionWords('looked_at_section', chicago)).toBe('Looked at who has the seats')
  expect(actionWords('of_a_newer_portal', chicago)).toBe('of_a_newer_portal')
})

it('makes words of a line’s facts, and keeps what an earlier portal wrote', () => {
  const entry = (action: string, facts: string | null, detail = ''): TrailEntry => {
    const none = { staff: null, instructor: null, student: null, section: null, term: null }
    return { id: 1, at: '2026-11-22T14:00:00.000Z', ...none, action, detail, facts: readTrailFacts(facts) }
  }
  const course = { title: 'Calculus, “I”', grade: 'B', credits: 1 }
  const told = (facts: TrailFacts, language = chicago) =>
    trailWords(entry('x', JSON.stringify(facts)), language)
  expect(told({ of: 'transcript', course: 'MA 101', ...course, source: 'transfer' })).toBe(
    'MA 101 “Calculus, “I””, B, 1 credit (Taken elsewhere)',
  )
  const replaced: TrailFacts = {
    of: 'transcript_replaced',
    course: 'MA 101',
    was: course,
    now: { ...course, credits: 3.5 },
  }
  expect(told(replaced)).toMatch(/^MA 101: .*1 credit became .*3\.5 credits$/)
  // in another language no word of ours is left in English
  expect(told(replaced, languageOf('en-XA', 'UTC', ['en-XA']))).not.toMatch(/credit|became/)
  const [was, now] = ['2026-11-01T14:00:00.000Z', '2026-11-02T14:00:00.000Z'] as const
  expect(told({ of: 'registration', opens: [was, now], closes: [now, now], reason: 'storm' })).toMatch(
    /^Opens .*Nov 2.*8:00.*before that .*Nov 1.*8:00.*\. Reason: storm$/,
  )
  const changes = [
    { name: 'addUntil', was, now: null },
    { name: 'mostAttempts', was: 2, now: 3 },
  ] as const
  expect(told({ of: 'term', changes: [...changes], reason: '' })).toMatch(
    /^Last moment to add: none, before that .*Nov 1.*\. Most attempts at a course: 3, before that 2\.$/,
  )
  for (const json of [null, 'x', '{}', '{"of":"other"}', '[1]'])
    expect(trailWords(entry('transcript_added', json, 'CS 1 x: A, 3 credits'), chicago)).toBe(
      'CS 1 x: A, 3 credits',
    )
})

const weekly = {
  days: 'MW',
  startsAt: '09:00',
  endsAt: '09:50',
  startsOn: '2027-01-11',
  endsOn: '2027-05-14',
  weeks: 'odd' as const,
  everyWeeks: 2,
  place: 'Hall, 1; back',
}
const arranged = { ...weekly, days: '', startsAt: null, endsAt: null, weeks: 'every' as const, place: null }

it('says a section’s meetings in the reader’s words, and those that an earlier portal wrote', () => {
  const facts = { of: 'meetings' as const, was: [], now: [weekly, arranged] }
  const notice = {
    id: 1,
    kind: 'section_changed',
    createdAt: '2026-11-22T14:00:00.000Z',
    sectionId: 1,
    label: 'CS 1-001',
    title: 'Computing',
    givenUp: null,
    reason: null,
    moreReasons: [],
    receipt: null,
    detail: null,
    facts: null,
    read: false,
  } as const
  const told = (changes: Partial<NoticeRow>, language = chicago) =>
    noticeWords({ ...notice, ...changes }, language)
  // a place may have in it what once stood between the parts of a sentence
  expect(told({ facts })).toMatch(
    /^It now meets: Mon, Wed 9:00.*9:50.AM, odd weeks of the term, Jan 11, 2027 to May 14, 2027, Hall, 1; back; times are arranged, Jan 11/,
  )
  expect(told({ facts: { ...facts, now: [] } })).toMatch(/^It has no fixed meetings any more/)
  expect(told({ facts: { ...facts, now: Array.from({ length: 6 }, () => weekly) } })).toMatch(
    /its page has days/,
  )
  expect(told({})).toMatch(/^Its times or its place are not what they were/)
  expect(told({ facts }, languageOf('en-XA', 'UTC', ['en-XA']))).not.toMatch(/term|meets|arranged/)
  expect(
    told({
      detail: 'It now meets: TR 13:00–14:15, even weeks of the term, 2027-01-12 to 2027-05-13, Hall 1.',
    }),
  ).toMatch(
    /^It now meets: Tue, Thu 1:00.*2:15.PM, even weeks of the term, Jan 12, 2027 to May 13, 2027, Hall 1\./,
  )
  expect(told({ detail: 'It has no fixed meetings any more.' })).toMatch(/^It has no fixed meetings any more/)
  const entry = (of: TrailFacts) =>
    trailWords({ ...none, detail: '', facts: readTrailFacts(JSON.stringify(of)) }, chicago)
  const none = {
    id: 1,
    at: notice.createdAt,
    staff: null,
    instructor: null,
    student: null,
    section: null,
    term: null,
    action: 'section_changed',
  }
  expect(entry(facts)).toMatch(/^Mon, Wed 9:00.*\. Before that: no fixed meetings\.$/)
  expect(readNoticeFacts(JSON.stringify(facts))).toEqual(facts)
  for (const json of [null, '', '{', '{"of":"newer"}', '[]']) expect(readNoticeFacts(json)).toBe(null)
})
