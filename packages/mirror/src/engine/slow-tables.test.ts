import { expect, test } from 'vitest'
import { MirrorError } from '../errors.ts'
import type { Catalogue, SourceTable } from '../source/tables.ts'
import type { TableRecord } from '../record/tables.ts'
import { SlowTables, whileReading } from './slow-tables.ts'

/** Tables by what their last scan took, in ms. */
function divided(slow: SlowTables, scans: Readonly<Record<string, number>>): readonly string[] {
  const tables = new Map(
    Object.keys(scans).map((name) => [
      name,
      { name, fingerprint: 'f', estimatedRows: 0 } as unknown as SourceTable,
    ]),
  )
  const records = new Map(
    Object.entries(scans).map(([name, scanMs]) => [
      name,
      { name, fingerprint: 'f', scanMs, rows: 0 } as unknown as TableRecord,
    ]),
  )
  return [...slow.divide({ tables } as unknown as Catalogue, records, new Map())].sort()
}

test('the quickest tables share the snapshot, as far as it reaches', () => {
  const slow = new SlowTables(1_000)
  expect(divided(slow, { a: 100, b: 5_000, c: 200, d: 300 })).toEqual(['b'])
  expect(divided(slow, { a: 300, b: 301, c: 302 })).toEqual(['c'])
  expect(divided(slow, {})).toEqual([])
})

test('where it ended all the same, what was not read by then is slow once; then what it took counts', () => {
  const slow = new SlowTables(1_000)
  const scans = { a: 1, b: 1, c: 1 }
  expect(divided(slow, scans)).toEqual([])
  slow.struck('b')
  expect(divided(slow, scans)).toEqual(['b', 'c'])
  slow.scanned(new Map([['b', 2_000]]))
  slow.followed()
  expect(divided(slow, scans)).toEqual(['b'])
  slow.struck(undefined)
  expect(divided(slow, scans)).toEqual(['a', 'b', 'c'])
})

test('of thousands of small tables that are to be loaded as many share the snapshot as can be made within it', () => {
  const slow = new SlowTables(30_000)
  const unknown = (count: number): Catalogue => {
    const table = (number: number) => ({ name: `t${number}`, fingerprint: 'f', estimatedRows: 3 })
    const tables = Array.from({ length: count }, (_, number) => table(number))
    return { tables: new Map(tables.map((each) => [each.name, each])) } as unknown as Catalogue
  }
  const slowOf = (count: number): number => slow.divide(unknown(count), new Map(), new Map()).size
  expect(slowOf(1_000)).toBe(0)
  expect(slowOf(2_000)).toBeGreaterThan(500)
  expect(slowOf(2_000)).toBeLessThan(1_000)
})

test('of thousands that took all of its time together fewer are tried the next time', () => {
  const slow = new SlowTables(30_000)
  const scans = Object.fromEntries(
    Array.from({ length: 2_000 }, (_, number) => [`t${String(number).padStart(4, '0')}`, 0]),
  )
  expect(divided(slow, scans)).toEqual([])
  slow.struck('t1259')
  expect(divided(slow, scans)[0]).toBe('t1008')
  slow.struck('t0900')
  expect(divided(slow, scans)[0]).toBe('t0720')
})

test('the table that was being read is named', async () => {
  const fail = (error: Error) =>
    whileReading('course', async () => {
      throw error
    })
  await expect(fail(new MirrorError('MIRROR_1026'))).rejects.toMatchObject({ table: 'course' })
  await expect(fail(new MirrorError('MIRROR_2004'))).rejects.toMatchObject({ table: 'course' })
  await expect(fail(new MirrorError('MIRROR_1004'))).rejects.toMatchObject({ table: undefined })
})
