import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Segment } from '../model.ts'
import { differingSegments, fullParts, mergeThin } from './segments.ts'

describe('segments', () => {
  test('only those whose count or sum moved are looked into', () => {
    const segment = (id: number, rows: number, digest: bigint): Segment => ({ id, low: null, rows, digest })
    const recorded = [segment(0, 2, 7n), segment(1, 2, 7n), segment(2, 3, 9n)]
    expect(differingSegments(recorded, recorded)).toEqual([])
    expect(
      differingSegments(recorded, [
        { rows: 2, digest: 7n },
        { rows: 2, digest: 8n },
        { rows: 4, digest: 9n },
      ]),
    ).toEqual([1, 2])
  })

  test('merging keeps rows, digests, order and the first bound, and touches nothing that stands still', () => {
    const anySegments = fc.array(
      fc.record({ rows: fc.integer({ min: -1, max: 30 }), digest: fc.bigInt({ min: 0n, max: 99n }) }),
      { minLength: 1, maxLength: 20 },
    )
    fc.assert(
      fc.property(
        anySegments,
        fc.array(fc.nat(19)),
        fc.integer({ min: 4, max: 20 }),
        (list, touched, size) => {
          const segments = list.map(
            (one, id): Segment => ({ id, low: id === 0 ? null : [Buffer.from([id])], ...one }),
          )
          const { segments: after, merges } = mergeThin(segments, new Set(touched), size)
          const into = new Map(merges.map(({ from, to }) => [from, to]))
          expect(after.map(({ id }) => id)).toEqual(
            segments.map(({ id }) => id).filter((id) => !into.has(id)),
          )
          for (const segment of after) {
            const parts = segments.filter(({ id }) => (into.get(id) ?? id) === segment.id)
            expect(segment.rows).toBe(parts.reduce((sum, { rows }) => sum + rows, 0))
            expect(segment.digest).toBe(parts.reduce((sum, { digest }) => sum + digest, 0n))
            expect(segment.low).toBe(parts[0]?.low)
            if (parts.length > 1) {
              expect(segment.rows).toBeLessThanOrEqual(size)
              expect(parts.some(({ id }) => touched.includes(id))).toBe(true)
              expect(parts.every(({ rows }) => rows >= 0)).toBe(true)
            }
          }
          if (touched.length === 0) expect(after).toEqual(segments)
        },
      ),
    )
  })

  test('division is the same however the keys arrive, and no part grows beyond twice the size', () => {
    const pages = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(pages, fc.integer({ min: 1, max: 10 }), (arrivals, size) => {
        const parts: number[] = []
        let held = 0
        for (const keys of arrivals) {
          held += keys
          for (let full = fullParts(held, parts.length > 0, size); full > 0; full -= 1) {
            parts.push(size)
            held -= size
          }
        }
        const total = arrivals.reduce((sum, keys) => sum + keys, 0)
        expect(parts.length * size + held).toBe(total)
        expect(held).toBeLessThanOrEqual(2 * size)
        expect(parts.length).toBe(total > 2 * size ? Math.floor(total / size) : 0)
      }),
    )
  })
})
