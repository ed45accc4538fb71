/** Keys that are recorded are never said to be lacking; others are, each by one slice, however the keys are distributed over these. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordedKeys } from './recorded-keys.ts'

const ids = fc.uniqueArray(fc.oneof(fc.string({ unit: 'grapheme' }), fc.nat(200).map(String)))

test('a key lacks where it was not added, in the slice that it belongs to alone', () => {
  let lacking = 0
  fc.assert(
    fc.property(ids, ids, fc.integer({ min: 1, max: 5 }), (recorded, copied, slices) => {
      const parts = Array.from({ length: slices }, (_, slice) => new RecordedKeys(slice, slices, 0))
      for (const part of parts) for (const id of recorded) part.add(id)
      for (const id of copied) {
        const by = parts.filter((part) => part.lacks(id)).length
        expect(by, JSON.stringify(id)).toBe(recorded.includes(id) ? 0 : 1)
        lacking += by
      }
    }),
    { numRuns: 300 },
  )
  expect(lacking).toBeGreaterThan(100)
})
