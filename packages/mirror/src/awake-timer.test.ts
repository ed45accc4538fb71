import { expect, it } from 'vitest'
import { awakeTimer } from './awake-timer.ts'

/** Nothing of this process runs meanwhile, as if it were frozen. */
const standStill = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

it('does not count the time in which the process stood still, nor lets it end the wait', async () => {
  let fired = false
  const timer = awakeTimer(1_000, () => {
    fired = true
  })
  standStill(3_000)
  // the timers that came due meanwhile
  await new Promise((resolve) => setTimeout(resolve, 1))
  await new Promise((resolve) => setImmediate(resolve))
  expect(fired).toBe(false)
  expect(timer.stop()).toBeLessThan(1_000)
})

it('ends a wait in which the process was awake', async () => {
  await new Promise<void>((resolve) => {
    const timer = awakeTimer(50, () => {
      expect(timer.stop()).toBeGreaterThanOrEqual(50)
      resolve()
    })
  })
})
