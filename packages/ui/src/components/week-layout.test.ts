import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { layoutWeek, SLOT, type WeekBlock } from './week-layout.ts'

const block = (day: number, start: number, end: number, title = 'A'): WeekBlock => ({
  day,
  start,
  end,
  title,
  conflictsWith: [],
})

it('shows Monday to Friday from 8 to 17 h when nothing meets', () => {
  const { days, firstHour, lastHour } = layoutWeek([])
  expect([days.length, firstHour, lastHour]).toEqual([5, 8, 17])
})

it('grows for the weekend, the early and the late', () => {
  const { days, firstHour, lastHour } = layoutWeek([
    block(6, 7 * 60 + 30, 9 * 60),
    block(1, 19 * 60, 20 * 60 + 15),
  ])
  expect([days.length, firstHour, lastHour]).toEqual([6, 7, 21])
})

it('is true to scale, rounding outwards', () => {
  const [placed] = layoutWeek([block(1, 9 * 60 + 52, 11 * 60 + 7)]).days[0]?.blocks ?? []
  // row 1 begins at 8:00; 9:50 is 22 slots later, 11:10 is 38
  expect([placed?.rowStart, placed?.rowEnd]).toEqual([23, 39])
})

it('gives a block the whole width when it is alone, though others overlap elsewhere in the day', () => {
  const [monday] = layoutWeek([block(1, 540, 600), block(1, 570, 630, 'B'), block(1, 700, 760, 'C')]).days
  const widths = monday?.blocks.map(({ title, colStart, colEnd }) => [title, colStart, colEnd])
  expect(widths).toEqual([
    ['A', 1, 7],
    ['B', 7, 13],
    ['C', 1, 13],
  ])
})

it('never draws two blocks over each other, up to six at once', () => {
  const blocks = fc.array(
    fc
      .tuple(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 0, max: 285 }),
        fc.integer({ min: 1, max: 24 }),
      )
      .map(([day, start, length]) => block(day, start * SLOT, Math.min(1440, (start + length) * SLOT))),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(blocks, (list) => {
      const layout = layoutWeek(list)
      expect(layout.days.flatMap((day) => day.blocks)).toHaveLength(list.length)
      for (const { blocks: placed } of layout.days) {
        const most = Math.max(
          0,
          ...placed.map((one) => placed.filter((o) => o.start < one.end && one.start < o.end).length),
        )
        for (const one of placed) {
          expect(one.rowStart).toBeGreaterThanOrEqual(1)
          expect(one.rowEnd).toBeLessThanOrEqual(289)
          expect([1, 2, 3, 4, 6]).toContain(12 / (one.colEnd - one.colStart))
          if (most > 6) continue
          const over = placed.filter(
            (other) =>
              other !== one &&
              other.rowStart < one.rowEnd &&
              one.rowStart < other.rowEnd &&
              other.colStart < one.colEnd &&
              one.colStart < other.colEnd,
          )
          expect(over).toEqual([])
        }
      }
    }),
  )
})
