import { describe, expect, test } from 'vitest'
import type { SourceRecord } from '../record/source.ts'
import type { TableRecord } from '../record/tables.ts'
import { brakeOnColumns, brakeOnDeletes, brakeOnIdentity, brakeOnWhole } from './brakes.ts'

const table = (name: string, rows: number, more: Partial<TableRecord> = {}): TableRecord => ({
  id: 1,
  name,
  targetName: name,
  state: 'live',
  columns: ['id', 'name'],
  definition: { columns: [] },
  fingerprint: 'f',
  rows,
  exactValues: 0,
  consistency: 'cycle',
  proof: 'single',
  provedAt: null,
  scanMs: 0,
  nextSegment: 1,
  brake: null,
  accepted: null,
  refusal: null,
  ...more,
})

const source = (more: Partial<SourceRecord> = {}): SourceRecord => ({
  sourceId: 'school',
  databaseName: 'school',
  identity: 'server-1',
  tableTimes: { a: '1', b: '1' },
  position: null,
  token: null,
  epoch: 1,
  leader: null,
  revision: 0,
  paused: false,
  cycle: 7,
  snapshotAt: '2026-01-01T00:00:00Z',
  deepScanAt: null,
  brake: null,
  accepted: null,
  redactionKey: Buffer.alloc(32),
  redacted: [],
  loading: false,
  ...more,
})

const times = (entries: Record<string, string>) => new Map(Object.entries(entries))

describe('the brake on deletes', () => {
  test.each([
    ['few rows, all of them', 1_000, 1_000, false],
    ['more than 1,000, a fifth exactly', 10_000, 2_000, false],
    ['more than 1,000 and more than a fifth', 10_000, 2_001, true],
    ['much, but below a fifth', 1_000_000, 150_000, false],
    ['everything', 5_000, 5_000, true],
  ])('%s', (_, rows, deletes, held) => {
    expect(brakeOnDeletes(table('a', rows), deletes, 0.2) !== undefined).toBe(held)
    expect(
      brakeOnDeletes(table('a', rows, { accepted: 'MIRROR_4101 MIRROR_4103 MIRROR_4104' }), deletes, 0.2),
    ).toBeUndefined()
  })
})

describe('the brake on columns', () => {
  test('a column that is gone holds the table; one that is new does not', () => {
    expect(brakeOnColumns(table('a', 1), ['id'])).toMatchObject({ code: 'MIRROR_4103' })
    expect(brakeOnColumns(table('a', 1), ['id', 'name', 'more'])).toBeUndefined()
    expect(
      brakeOnColumns(table('a', 1, { accepted: 'MIRROR_4101 MIRROR_4103 MIRROR_4104' }), ['id']),
    ).toBeUndefined()
  })
})

describe('the brake on the whole source', () => {
  const now = {
    server: 'server-1',
    database: 'school',
    lostGround: false,
    tableTimes: times({ a: '1', b: '1' }),
  }
  const tables = [table('a', 10), table('b', 10)]

  test('another server', () => {
    expect(brakeOnIdentity(source(), tables, now)).toBeUndefined()
    expect(brakeOnIdentity(source(), tables, { ...now, server: 'server-2' })?.code).toBe('MIRROR_4104')
    expect(
      brakeOnIdentity(source({ accepted: 'MIRROR_4101 MIRROR_4103 MIRROR_4104' }), tables, {
        ...now,
        server: 'server-2',
      }),
    ).toBeUndefined()
    expect(brakeOnIdentity(source({ cycle: null }), tables, { ...now, server: 'server-2' })).toBeUndefined()
  })

  test('another database of the same server', () => {
    expect(brakeOnIdentity(source(), tables, { ...now, database: 'archive' })).toMatchObject({
      code: 'MIRROR_4104',
      reason: 'database archive, before school',
    })
    const accepted = source({ accepted: 'MIRROR_4104' })
    expect(brakeOnIdentity(accepted, tables, { ...now, database: 'archive' })).toBeUndefined()
  })

  test('all tables gone at once, and a history that lost ground', () => {
    expect(brakeOnIdentity(source(), tables, { ...now, tableTimes: times({}) })?.code).toBe('MIRROR_4104')
    expect(brakeOnIdentity(source(), tables, { ...now, tableTimes: times({ a: '1' }) })).toBeUndefined()
    expect(brakeOnIdentity(source(), tables, { ...now, lostGround: true })?.code).toBe('MIRROR_4105')
  })

  test('small tables made anew and emptied together', () => {
    const emptied = (createdAt: string) => [
      { record: table('a', 10), deletes: 10, changed: 0, createdAt, isAltered: false },
      { record: table('b', 10), deletes: 10, changed: 0, createdAt, isAltered: false },
    ]
    expect(brakeOnWhole(source(), emptied('2'), 0.2)?.code).toBe('MIRROR_4104')
    expect(brakeOnWhole(source(), emptied('1'), 0.2)).toBeUndefined()
    expect(
      brakeOnWhole(source({ accepted: 'MIRROR_4101 MIRROR_4103 MIRROR_4104' }), emptied('2'), 0.2),
    ).toBeUndefined()
  })

  test('files made anew, as by a restart after a chown, with a few rows gone meanwhile are no replacement', () => {
    const outlook = (name: string, deletes: number) => ({
      record: table(name, 100),
      deletes,
      changed: 3,
      createdAt: '2',
      isAltered: false,
    })
    expect(brakeOnWhole(source(), [outlook('a', 5), outlook('b', 0)], 0.2)).toBeUndefined()
    expect(brakeOnWhole(source(), [outlook('a', 50), outlook('b', 0)], 0.2)?.code).toBe('MIRROR_4104')
  })

  test('several tables that lose rows, each too few for a brake of its own', () => {
    const losing = (deletes: number) =>
      ['a', 'b', 'c'].map((name) => ({
        record: table(name, 900),
        deletes,
        changed: 0,
        createdAt: '1',
        isAltered: false,
      }))
    expect(brakeOnWhole(source(), losing(800), 0.2)?.code).toBe('MIRROR_4104')
    expect(brakeOnWhole(source(), losing(100), 0.2)).toBeUndefined()
  })

  // each small case: up to three tables, each of which lost some rows and had some overwritten, was made anew or not, altered or not
  const sizes = [1, 3, 10, 400, 5_000] as const
  const shares = [0, 0.1, 0.5, 1] as const
  const cases = sizes.flatMap((rows) =>
    shares.flatMap((lost) =>
      shares
        .filter((written) => lost + written <= 1)
        .flatMap((written) =>
          [true, false].flatMap((isAnew) =>
            [true, false].map((isAltered) => ({
              rows,
              deletes: Math.floor(lost * rows),
              changed: Math.floor(written * rows),
              createdAt: isAnew ? '2' : '1',
              isAltered,
            })),
          ),
        ),
    ),
  )
  type Case = (typeof cases)[number]
  const maxDelete = 0.2
  const names = ['a', 'b', 'c']
  const held = (list: readonly Case[], accepted: string | null = null): boolean =>
    brakeOnWhole(
      source({ tableTimes: Object.fromEntries(names.map((name) => [name, '1'])), accepted }),
      list.map(({ rows, ...rest }, at) => ({ record: table(names[at] ?? '', rows), ...rest })),
      maxDelete,
    ) !== undefined
  const sum = (list: readonly Case[], what: 'rows' | 'deletes' | 'changed'): number =>
    list.reduce((total, each) => total + each[what], 0)
  const isAnew = (list: readonly Case[]): boolean => list.every(({ createdAt }) => createdAt === '2')
  const isSmall = (list: readonly Case[]): boolean => list.length < 3 && sum(list, 'rows') <= 1_000
  // three tables: all alike but for their sizes and losses, else they were millions
  const lists: readonly (readonly Case[])[] = [
    ...cases.map((one) => [one]),
    ...cases.flatMap((one) => cases.map((two) => [one, two])),
    ...cases.flatMap((one) => cases.map((two) => [one, two, { ...one, isAltered: two.isAltered }])),
  ]
  const wrong = (holds: (list: readonly Case[]) => boolean): readonly (readonly Case[])[] =>
    lists.filter((list) => !holds(list)).slice(0, 3)

  test('in every small case: an emptied source is held, whatever its size', () => {
    const emptied = (list: readonly Case[]) => isAnew(list) && sum(list, 'deletes') === sum(list, 'rows')
    expect(lists.some(emptied)).toBe(true)
    expect(wrong((list) => !emptied(list) || held(list))).toEqual([])
  })

  /** somebody altered one or two small tables, and something is left of them */
  const isAlter = (list: readonly Case[]) =>
    isSmall(list) && list.every(({ isAltered }) => isAltered) && sum(list, 'deletes') < sum(list, 'rows')

  test('in every small case: one or two small tables that were altered, and keep some rows, are not', () => {
    expect(lists.filter(isAlter).length).toBeGreaterThan(100)
    expect(wrong((list) => !isAlter(list) || !held(list))).toEqual([])
  })

  test('in every small case: without that, what is gone or overwritten beyond the share is held where all was made anew', () => {
    const beyond = (list: readonly Case[]) =>
      isAnew(list) &&
      !isAlter(list) &&
      sum(list, 'deletes') + sum(list, 'changed') > maxDelete * sum(list, 'rows')
    expect(lists.filter(beyond).length).toBeGreaterThan(100)
    expect(wrong((list) => !beyond(list) || held(list))).toEqual([])
  })

  test('in every small case: a table that was not made anew, or a decision, takes this brake off', () => {
    const isMuch = (list: readonly Case[]) =>
      sum(list, 'deletes') > 1_000 && list.filter(({ deletes }) => deletes > 0).length > 1
    expect(wrong((list) => isAnew(list) || isMuch(list) || !held(list))).toEqual([])
    expect(wrong((list) => !held(list, 'MIRROR_4104'))).toEqual([])
  })
})
