import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KeyedDigest, KeyId } from '../model.ts'
import { diffSegment } from './rows.ts'

const anyRows = fc
  .uniqueArray(fc.tuple(fc.string({ maxLength: 3 }), fc.bigInt({ min: 0n, max: 4n })), {
    selector: ([id]) => id,
  })
  .map((rows) => new Map<KeyId, bigint>(rows))

const listed = (rows: ReadonlyMap<KeyId, bigint>): KeyedDigest[] =>
  [...rows].map(([id, digest]) => ({ id, key: [id], bytes: [Buffer.from(id)], digest }))

describe('the difference of a segment', () => {
  test('applied to the mirror gives the source, and names no row that is equal', () => {
    fc.assert(
      fc.property(anyRows, anyRows, (mirror, source) => {
        const diff = diffSegment(mirror, listed(source))
        const result = new Map(mirror)
        for (const id of diff.gone) expect(result.delete(id)).toBe(true)
        for (const row of diff.inserted) {
          expect(result.has(row.id)).toBe(false)
          result.set(row.id, row.digest)
        }
        for (const row of diff.changed) {
          expect(result.get(row.id)).not.toBe(row.digest)
          result.set(row.id, row.digest)
        }
        expect(Object.fromEntries(result)).toEqual(Object.fromEntries(source))
      }),
    )
  })
})
