/** The picture and the behaviour; that a real terminal shows it is in tests/progress.db.test.ts. */
import { array, assert, double, integer, nat, option, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EngineEvent } from '../types.ts'
import { barLine, createProgress, type LoadProgress, plainLine, spanOf } from './progress.ts'

/** Of any code points, halves of pairs too; fast-check's own `unit: 'binary'` first makes a list of them all, for seconds. */
const anyText = array(integer({ min: 0, max: 0x10ffff })).map((points) => String.fromCodePoint(...points))

const half: LoadProgress = { table: 'enrolment', rows: 50_000, total: 100_000, rowsPerSecond: 10_000 }

describe('the line', () => {
  test('says table, share, rows, rate and what is left', () => {
    expect(barLine(half, 100, false)).toBe(
      'enrolment  ████████████░░░░░░░░░░░░ 50 %  50,000 of about 100,000 rows  10,000 rows/s  5 s left',
    )
    expect(plainLine(half)).toBe(
      'loading enrolment: 50,000 of about 100,000 rows, 10,000 rows/s, 5 s left (50 %)',
    )
  })

  test('gives up the bar first, then the end of the figures', () => {
    expect(barLine(half, 80, false)).toBe(
      'enrolment  50 %  50,000 of about 100,000 rows  10,000 rows/s  5 s left',
    )
    expect(barLine(half, 60, false)).toBe('enrolment  50 %  50,000 of about 100,000 rows')
    expect(barLine(half, 12, false)).toBe('50 %  enrol')
  })

  test('is never so wide that a terminal would break it, and holds nothing that moves the cursor', () => {
    assert(
      property(
        anyText,
        nat(),
        nat(),
        option(double({ min: 0, max: 1e7, noNaN: true })),
        integer({ min: 1, max: 250 }),
        (table, rows, more, rowsPerSecond, columns) => {
          const line = barLine({ table, rows, total: rows + more, rowsPerSecond }, columns, false)
          expect(line.length).toBeLessThanOrEqual(Math.max(1, columns - 1))
          expect(line).not.toMatch(/\p{Cc}/u)
        },
      ),
    )
  })

  test('is never full before the end, whatever the server’s guess', () => {
    expect(barLine({ ...half, rows: 100_000 }, 100, false)).toContain('99 %  100,000 rows')
    expect(plainLine({ ...half, rows: 0, total: 0, rowsPerSecond: null })).toBe(
      'loading enrolment: 0 rows (0 %)',
    )
  })

  test('spans', () => {
    expect([0, 5.4, 59.6, 200, 7_500].map(spanOf)).toEqual([
      '0 s',
      '5 s',
      '1 min 00 s',
      '3 min 20 s',
      '2 h 05 min',
    ])
  })
})

const progress = (rows: number, table = 'enrolment'): EngineEvent => ({
  type: 'progress',
  table,
  rows,
  total: 100_000,
})
const cycle = { type: 'leading', epoch: 1 } satisfies EngineEvent

function show(options: { columns?: number; quiet?: boolean; color?: boolean }) {
  let written = ''
  const told: string[] = []
  let now = 0
  let columns = options.columns
  const shown = createProgress({
    terminal:
      columns === undefined ? undefined : { columns: () => columns ?? 80, color: options.color === true },
    quiet: options.quiet === true,
    write: (text) => void (written += text),
    tell: (line) => told.push(line),
    now: () => now,
  })
  return {
    shown,
    told,
    written: () => written,
    resize: (width: number) => void (columns = width),
    at: (ms: number, event: EngineEvent) => {
      now = ms
      shown.listen(event)
    },
  }
}

describe('on a terminal', () => {
  test('one line is drawn over itself, at most ten times a second, and is gone at the end', () => {
    const { shown, written, at } = show({ columns: 120 })
    for (let ms = 0; ms <= 1_000; ms += 10) at(ms, progress(ms * 10))
    expect(written().split('enrolment').length - 1).toBe(11)
    expect(written()).not.toContain('\n')
    expect(written()).toContain('10,000 rows/s')
    at(1_010, cycle)
    expect(written().endsWith('\r\u001b[J')).toBe(true)
    shown.end()
    const before = written()
    at(2_000, progress(50_000))
    expect(written()).toBe(before)
  })

  test('a line of the log stands by itself, and the bar below it', () => {
    const { shown, written, at } = show({ columns: 120 })
    at(0, progress(1_000))
    const before = written().length
    shown.aside(() => {
      expect(written().slice(before)).toBe('\r\u001b[J')
    })
    expect(written().slice(before).startsWith('\r\u001b[Jenrolment ')).toBe(true)
  })

  test('a window that became narrower has broken the line: all its parts are taken away', () => {
    const { written, at, resize } = show({ columns: 120 })
    at(0, progress(1_000))
    const drawn = written().length
    resize(30)
    at(200, progress(2_000))
    expect(written().slice(drawn)).toContain(`\r\u001b[${Math.ceil(drawn / 30) - 1}A\u001b[J`)
  })

  test('color only where it is wanted', () => {
    const colored = show({ columns: 120, color: true })
    colored.at(0, progress(50_000))
    expect(colored.written()).toContain('\u001b[32m█')
    const bare = show({ columns: 120 })
    bare.at(0, progress(50_000))
    expect(bare.written()).not.toContain('\u001b[32m')
  })
})

describe('elsewhere', () => {
  test('a line every five seconds over all tables, none for what is quickly done', () => {
    const { told, written, at } = show({})
    for (let ms = 0; ms <= 12_000; ms += 100) at(ms, progress(ms, `table_${Math.floor(ms / 1_000)}`))
    expect(told).toHaveLength(2)
    expect(written()).toBe('')
    const quick = show({})
    quick.at(0, progress(10))
    quick.at(4_000, progress(20))
    quick.at(4_100, cycle)
    expect(quick.told).toEqual([])
  })

  test('--quiet: nothing anywhere', () => {
    for (const columns of [undefined, 80]) {
      const { told, written, at } = show({ ...(columns !== undefined && { columns }), quiet: true })
      for (let ms = 0; ms <= 12_000; ms += 100) at(ms, progress(ms))
      expect(told).toEqual([])
      expect(written()).toBe('')
    }
  })
})
