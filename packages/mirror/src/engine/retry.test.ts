import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MirrorError } from '../errors.ts'
import { restMs } from './loop.ts'
import { isRetried, pause, retryDelayMs } from './retry.ts'

describe('retries', () => {
  test('delays grow to five seconds and no further, never below half of their ceiling', () => {
    const error = new MirrorError('MIRROR_1001')
    fc.assert(
      fc.property(fc.nat({ max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        const delay = retryDelayMs(error, attempt, () => random)
        const ceiling = Math.min(5_000, 100 * 2 ** Math.min(attempt, 20))
        expect(delay).toBeGreaterThanOrEqual(Math.floor(ceiling / 2))
        expect(delay).toBeLessThanOrEqual(ceiling)
      }),
    )
  })

  test('a busy source is asked once a second at most, and never much more seldom', () => {
    const error = new MirrorError('MIRROR_1025')
    for (const attempt of [0, 1, 100]) {
      expect(retryDelayMs(error, attempt, () => 0)).toBe(1_000)
      expect(retryDelayMs(error, attempt, () => 1)).toBe(2_000)
    }
  })

  test('what no retry mends is not retried; what is unknown is', () => {
    expect(isRetried(new MirrorError('MIRROR_3003'))).toBe(false)
    expect(isRetried(new MirrorError('MIRROR_1001'))).toBe(true)
    expect(isRetried(new TypeError('?'))).toBe(true)
  })

  test('a pause ends at once when the signal fires', async () => {
    const stop = new AbortController()
    const paused = pause(3_600_000, stop.signal)
    stop.abort()
    await paused
    await pause(3_600_000, stop.signal)
  })
})

describe('the rest between two cycles', () => {
  test('is the poll interval, or what keeps the share of the source’s time', () => {
    const options = { pollMs: 1_000, maxShare: 0.1 }
    expect(restMs(options, 10, 20)).toBe(980)
    expect(restMs(options, 500, 600)).toBe(4_400)
    expect(restMs(options, 10, 5_000)).toBe(0)
  })
})
