import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { Expectation } from './expectation.ts'

const told = (...differ: readonly number[]): Expectation => {
  const expectation = new Expectation()
  for (const one of differ) expectation.saw(one === 1)
  return expectation
}

it('a few segments are looked at before anything is concluded', () => {
  expect([told().isByRows, told().mostDigests]).toEqual([false, 4])
  expect([told(1, 1, 1).isByRows, told(1, 1, 1).mostDigests]).toEqual([false, 1])
  expect(told(0, 0, 0, 0).mostDigests).toBe(Number.POSITIVE_INFINITY)
})

it('where half of the last ones differ the next is read by rows, and where they do not any more it is not', () => {
  expect(told(0, 1, 0, 1).isByRows).toBe(true)
  expect(told(1, 0, 0, 0).isByRows).toBe(false)
  expect(told(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0).isByRows).toBe(true)
  expect(told(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0).isByRows).toBe(false)
  // some do: not too many are asked for their digests that are read again after that
  expect(told(0, 0, 0, 1, 1).mostDigests).toBe(8)
  expect(told(0, 0, 0, 0, 0, 0, 0, 1).mostDigests).toBe(Number.POSITIVE_INFINITY)
})

it('whatever differs, no more than twice as many are read by rows as differ, and a few', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (differ) => {
      const expectation = new Expectation()
      let byRows = 0
      for (const one of differ) {
        if (expectation.isByRows) byRows += 1
        expectation.saw(one)
      }
      expect(byRows).toBeLessThanOrEqual(2 * differ.filter((one) => one).length + 4)
    }),
    { numRuns: 1_000 },
  )
})
