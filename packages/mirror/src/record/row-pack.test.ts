/** Packs of row digests, applied one after another, beside a Map that was told the same. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { SegmentComparison } from '../diff/rows.ts'
import { type DigestDigits, type KeyId, wholeRowId } from '../model.ts'
import { packKeyId } from './key-id.ts'
import { applyPack, type PackEntry, packEntries, PackWriter } from './row-pack.ts'

/** Few, so that they meet again; of every form that an identity has. */
const ids: readonly KeyId[] = [
  '',
  '7',
  'a',
  'é語𝄞',
  '\\x00ff',
  '["1","a"]',
  '["a\\u0001","\\\\"]',
  'x'.repeat(999),
  'é'.repeat(501),
  `\\x${'fe'.repeat(900)}`,
  JSON.stringify(['b'.repeat(700), `\\x${'00'.repeat(700)}`]),
  wholeRowId(Buffer.alloc(32, 0xfe)),
  wholeRowId(Buffer.alloc(32)),
]

const digests = fc.oneof(fc.constantFrom(0n, 1n, 2n ** 63n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 64n - 1n))
const entries: fc.Arbitrary<PackEntry> = fc.record({
  id: fc.constantFrom(...ids),
  digest: fc.option(digests, { freq: 3 }),
})
const histories = fc.array(fc.array(entries, { maxLength: 12 }), { minLength: 1, maxLength: 6 })

/** As PostgreSQL writes it. */
const textOf = (pack: Buffer): string => `\\x${pack.toString('hex')}`

const sorted = (states: ReadonlyMap<KeyId, string>): readonly (readonly [KeyId, string])[] =>
  [...states].sort(([a], [b]) => (a < b ? -1 : 1))

const told = (history: readonly (readonly PackEntry[])[]): ReadonlyMap<KeyId, string> => {
  const oracle = new Map<KeyId, string>()
  for (const { id, digest } of history.flat()) {
    if (digest === null) oracle.delete(id)
    else oracle.set(id, digest.toString(16).padStart(16, '0'))
  }
  return oracle
}

const applied = (packs: readonly string[]): ReadonlyMap<KeyId, string> => {
  const states = new Map<KeyId, string>()
  for (const pack of packs) applyPack(states, pack)
  return states
}

test('packs say what was told last of each row, in their order and folded into one', () => {
  let inOtherOrder = 0
  fc.assert(
    fc.property(histories, (history) => {
      const packs = history.map((some) => textOf(packEntries(some)))
      const states = applied(packs)
      expect(sorted(states)).toEqual(sorted(told(history)))
      const folded = packEntries([...states].map(([id, digits]) => ({ id, digest: BigInt(`0x${digits}`) })))
      expect(sorted(applied([textOf(folded)]))).toEqual(sorted(states))
      // negative control: their order matters, and the comparison would see it
      const reversed = JSON.stringify(sorted(applied(packs.toReversed())))
      if (reversed !== JSON.stringify(sorted(told(history)))) inOtherOrder += 1
    }),
    { numRuns: 500 },
  )
  expect(inOtherOrder).toBeGreaterThan(100)
})

test('packs beyond the size at which texts are shared say the same', () => {
  const many = Array.from(
    { length: 8_000 },
    (_, row): PackEntry => ({
      id: `${row % 3 === 0 ? 'é' : 'e'}${row} ${'x'.repeat(row % 50)}`,
      digest: row % 7 === 6 ? null : BigInt(row) ** 4n,
    }),
  )
  const sizes = [100, many.length].map((rows) => {
    const pack = packEntries(many.slice(0, rows))
    expect(sorted(applied([textOf(pack)]))).toEqual(sorted(told([many.slice(0, rows)])))
    return pack.length
  })
  expect(sizes.map((size) => size > 262_144)).toEqual([false, true])
})

test('what a load writes is what a comparison reads, in one pack a segment', () => {
  const rows = fc.array(fc.record({ id: fc.constantFrom(...ids), digest: digests, begins: fc.boolean() }))
  fc.assert(
    fc.property(rows, (some) => {
      const writer = new PackWriter(-7)
      let segment = 0
      const bySegment = new Map<number, PackEntry[]>()
      for (const { id, digest, begins } of some) {
        if (begins) segment += 1
        const key = packKeyId(id)
        writer.add(
          segment,
          Buffer.concat([key, Buffer.from('beyond')]),
          key.length,
          Number(digest >> 32n),
          Number(digest & 0xffff_ffffn),
        )
        bySegment.set(segment, [...(bySegment.get(segment) ?? []), { id, digest }])
      }
      const copied = Buffer.concat(writer.take())
      const packs: (readonly [number, number, string])[] = []
      let at = 19
      for (; copied.readInt16BE(at) === 3; ) {
        const size = copied.readInt32BE(at + 18)
        const pack = copied.subarray(at + 22, at + 22 + size)
        packs.push([copied.readInt32BE(at + 6), copied.readInt32BE(at + 14), textOf(pack)])
        at += 22 + size
      }
      expect([copied.readInt16BE(at), copied.length]).toEqual([-1, at + 2])
      expect(packs).toEqual([...bySegment].map(([number, list]) => [-7, number, textOf(packEntries(list))]))
    }),
    { numRuns: 300 },
  )
})

test('a pack that is cut off is not read as a shorter one', () => {
  const pack = packEntries([{ id: '1', digest: 5n }])
  for (let size = 1; size < pack.length; size += 1)
    expect(() => applied([textOf(pack.subarray(0, size))]), String(size)).toThrow(RangeError)
  // negative control
  expect(applied([textOf(pack)]).size).toBe(1)
})

test('a key longer than any of a source is refused, not cut', () => {
  const id = 'a\u0001'.repeat(20_000)
  expect(() => packEntries([{ id, digest: 1n }])).toThrow(RangeError)
  expect(() => new PackWriter(1).add(0, packKeyId(id), packKeyId(id).length, 0, 0)).toThrow(RangeError)
})

test('a row of a pack that is kept does not keep the pack', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  /** MB that a row of each of 200 segments keeps; keys of 40 bytes */
  const keptBy = (rowOf: (states: Map<KeyId, DigestDigits>) => unknown): number => {
    const kept: unknown[] = []
    collect()
    const before = process.memoryUsage().heapUsed
    for (let segment = 0; segment < 200; segment += 1) {
      const states = new Map<KeyId, DigestDigits>()
      const rows = Array.from({ length: 1_000 }, (_, row) => `${segment}-${row}`.padStart(40, 'k'))
      applyPack(states, textOf(packEntries(rows.map((id) => ({ id, digest: 5n })))))
      kept.push(rowOf(states))
    }
    collect()
    const held = (process.memoryUsage().heapUsed - before) / 1e6
    expect(kept).toHaveLength(200)
    return held
  }
  const gone = keptBy((states) => {
    for (const id of [...states.keys()].slice(1)) states.delete(id)
    return new SegmentComparison(states).gone
  })
  // negative control: as it comes out of the pack it does, and a cycle that deletes here and there would hold the whole record
  const asItIs = keptBy((states) => [...states.keys()][0])
  expect(asItIs, `${gone} MB`).toBeGreaterThan(8)
  expect(gone, `${asItIs} MB`).toBeLessThan(2)
})
