import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { postgresColumnName, postgresName, quoteMysql, quotePostgres, tableSelector } from './names.ts'

describe('names', () => {
  test('a name that fits stays what it is', () => {
    for (const name of ['section', 'Order', 'a"b`c', 'größe', 'x'.repeat(63)])
      expect(postgresName(name)).toBe(name)
  })

  test('a longer one fits, and two of them stay apart', () => {
    const long = fc.string({ unit: 'grapheme', minLength: 32, maxLength: 64 })
    fc.assert(
      fc.property(long, long, (a, b) => {
        expect(Buffer.byteLength(postgresName(a))).toBeLessThanOrEqual(63)
        expect(postgresName(a) === postgresName(b)).toBe(a === b)
      }),
    )
  })

  test('a column does not take the name of one of PostgreSQL’s own', () => {
    expect(postgresColumnName('xmin')).toMatch(/^xmin~[0-9a-f]{12}$/)
    expect(['xmin', 'tableoid', 'XMIN', 'oid'].filter((name) => postgresColumnName(name) === name)).toEqual([
      'XMIN',
      'oid',
    ])
    expect(postgresName('xmin')).toBe('xmin')
  })

  test('quotes within a name are doubled', () => {
    expect(quoteMysql('a`b')).toBe('`a``b`')
    expect(quotePostgres('a"b')).toBe('"a""b"')
  })

  test('globs name whole tables, and nothing in them but * and ? is special', () => {
    const selected = tableSelector(['enrol*', 'a.b'], ['*_old'])
    expect(['enrolment', 'enrol', 'enrol_old', 'a.b', 'axb', 'section'].filter(selected)).toEqual([
      'enrolment',
      'enrol',
      'a.b',
    ])
    expect(tableSelector([], [])('anything')).toBe(true)
  })
})
