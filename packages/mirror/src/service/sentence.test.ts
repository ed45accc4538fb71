import { describe, expect, test } from 'vitest'
import type { StatusReport, TableStatus } from '../types.ts'
import { ago, remedyOf, statusSentence } from './sentence.ts'

const now = Date.parse('2026-11-22T14:03:09Z')
const snapshotAt = '2026-11-22T14:03:07.000Z'
const table: TableStatus = {
  state: 'live',
  rows: 1,
  provedAt: snapshotAt,
  proof: 'single',
  consistency: 'cycle',
  conflicts: 0,
  kept: 0,
  exactValues: 0,
  intervalMs: 1_000,
  progress: null,
}
const live: StatusReport = {
  state: 'live',
  cycle: 9,
  snapshotAt,
  leader: { name: 'a', epoch: 1 },
  tables: { a: table, b: table },
  refused: {},
  brakes: [],
  waiting: null,
  limits: null,
}
const brake = { table: 'a', code: 'MIRROR_4101', reason: '', remedy: '', since: snapshotAt } as const
const refusal = { code: 'MIRROR_2001', reason: '', remedy: '' } as const

const say = (status: StatusReport, rows: number | null = 12, at = now, more = false): string =>
  statusSentence(status, {
    followed: rows === null ? null : { rows, more },
    now: at,
    time: (iso) => iso.slice(11, 19),
  })

describe('the first line', () => {
  test('equal', () => {
    expect(say(live)).toBe('Equal to the source as of 14:03:07, proved; 12 rows followed in the last minute.')
    expect(say(live, 1)).toContain('; 1 row followed')
    expect(say(live, 0)).toContain('; no rows changed in the last minute.')
    expect(say(live, 10_000, now, true)).toContain('; more than 10,000 rows followed')
  })
  test('not claimed beyond what is known', () => {
    expect(say({ ...live, tables: { a: table, b: { ...table, proof: 'probable' } } })).toContain(
      ', most likely, not proved;',
    )
    expect(say({ ...live, refused: { log: refusal } })).toContain('proved in 2 of 3 tables;')
    expect(say({ ...live, tables: { a: table, b: { ...table, state: 'loading' } } })).toContain(
      'in 1 of 2 tables;',
    )
  })
  test('a table that is accepted as gone does not count', () => {
    expect(say({ ...live, tables: { a: table, b: { ...table, state: 'vanished' } } })).toContain(
      ', proved; 12 rows',
    )
  })
  test('old, and nobody follows', () => {
    expect(say({ ...live, leader: null }, null, now + 3_600_000 * 3)).toBe(
      'Equal to the source as of 14:03:07 (3 h ago), proved. No mirror is running now.',
    )
  })
  test('lagging names what it waits for', () => {
    const waiting = { code: 'MIRROR_1025', reason: 'The source is busy.', remedy: '', since: '' } as const
    expect(say({ ...live, state: 'lagging', waiting })).toMatch(/^Lagging: The source is busy\. Equal to/)
  })

  test('brakes, pauses, beginnings', () => {
    expect(say({ ...live, state: 'braked', brakes: [brake] })).toMatch(
      /^Stopped by a brake that waits for a decision; equal to/,
    )
    expect(say({ ...live, state: 'braked', brakes: [brake, brake] })).toMatch(
      /^Stopped by 2 brakes that wait/,
    )
    expect(say({ ...live, state: 'paused' })).toMatch(/^Paused; equal to the source as of/)
    expect(say({ ...live, state: 'new', cycle: null, snapshotAt: null, tables: {} })).toBe(
      'Nothing is mirrored yet.',
    )
    const waiting = { a: { ...table, state: 'loading' } } as const
    expect(say({ ...live, state: 'new', snapshotAt: null, tables: waiting })).toBe(
      'Loading for the first time: 1 table to go.',
    )
  })
})

test('ages', () => {
  expect([0, 59_000, 119_000, 120_000, 7_200_000, 172_800_000].map(ago)).toEqual([
    '0 s',
    '59 s',
    '119 s',
    '2 min',
    '2 h',
    '2 days',
  ])
})

test('a brake’s command names its table as a shell takes it', () => {
  const commandFor = (table: string): string =>
    remedyOf({
      table,
      code: 'MIRROR_4101',
      reason: '',
      since: '',
      remedy: 'mirror resume --accept TABLE.',
    })
  expect(commandFor('grade_2')).toBe('mirror resume --accept grade_2.')
  expect(commandFor('a,b')).toBe(`mirror resume --accept '["a,b"]'.`)
  expect(commandFor("it's $1")).toBe(String.raw`mirror resume --accept '["it'\''s $1"]'.`)
})
