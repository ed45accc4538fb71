import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KeyId } from '../model.ts'
import { SegmentComparison } from './rows.ts'

const anyRows = fc
  .uniqueArray(fc.tuple(fc.string({ maxLength: 3 }), fc.constantFrom('00', '01', 'ff')), {
    selector: ([id]) => id,
  })
  .map((rows) => new Map<KeyId, string>(rows))

describe('the difference of a segment', () => {
  test('applied to the mirror gives the source, and names no row that is equal', () => {
    fc.assert(
      fc.property(anyRows, anyRows, (mirror, source) => {
        const comparison = new SegmentComparison(new Map(mirror))
        const result = new Map(mirror)
        for (const [id, digest] of source) {
          const before = comparison.meet(id)
          expect(before).toBe(mirror.get(id))
          expect(comparison.meet(id)).toBeUndefined()
          if (before !== digest) result.set(id, digest)
        }
        for (const [id, digest] of comparison.gone) {
          expect(digest).toBe(BigInt(`0x${result.get(id)}`))
          expect(result.delete(id)).toBe(true)
        }
        expect(Object.fromEntries(result)).toEqual(Object.fromEntries(source))
      }),
    )
  })
})
