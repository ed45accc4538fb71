/** What was taken stays what was written, however much is written afterwards, until it is given back; then it is written again. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteChunks, reuse } from './byte-chunks.ts'

const chunkBytes = 256 * 1_024

/** Sizes around those that change how something is written: a few bytes, a quarter of a chunk, a chunk. */
const sizes = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: chunkBytes / 4 - 2, max: chunkBytes / 4 + 2 }),
  fc.integer({ min: chunkBytes - 2, max: chunkBytes + 2 }),
  fc.integer({ min: 1_000, max: 200_000 }),
)

const writeInPlace = (chunks: ByteChunks, bytes: Buffer): void => {
  chunks.reserve(bytes.length)
  chunks.at += bytes.copy(chunks.bytes, chunks.at)
}

test('each taker has what was written for it, whatever else is written and given back meanwhile', () => {
  let again = 0
  const seen = new Set<unknown>()
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.tuple(sizes, fc.boolean()), { maxLength: 8 }), { minLength: 2, maxLength: 12 }),
      (answers) => {
        const chunks = new ByteChunks()
        const held: { readonly pieces: readonly Buffer[]; readonly written: Buffer }[] = []
        for (const [number, writes] of answers.entries()) {
          const parts = writes.map(([size], index) => Buffer.alloc(size, 1 + ((number * 8 + index) % 255)))
          for (const [index, part] of parts.entries()) {
            if (writes[index]?.[1] === true) chunks.push(part)
            else writeInPlace(chunks, part)
          }
          held.push({ pieces: chunks.take(), written: Buffer.concat(parts) })
          // two are under way at a time
          const done = held.length > 2 ? held.shift() : undefined
          for (const { pieces, written } of done === undefined ? held : [...held, done])
            expect(Buffer.concat(pieces).equals(written)).toBe(true)
          for (const { buffer } of done?.pieces ?? []) {
            if (seen.has(buffer)) again += 1
            seen.add(buffer)
          }
          reuse(done?.pieces ?? [])
        }
      },
    ),
    { numRuns: 100 },
  )
  expect(again).toBeGreaterThan(100)
})

test('negative control: what is given back too early is written over', () => {
  const chunks = new ByteChunks()
  writeInPlace(chunks, Buffer.from('first'))
  const first = chunks.take()
  reuse(first)
  writeInPlace(chunks, Buffer.from('other'))
  expect(Buffer.concat(first).toString()).toBe('other')
})
