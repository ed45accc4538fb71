/** How often is looked whether this process still runs, at the longest; ms. */
const mostTickMs = 1_000

export interface AwakeTimer {
  /** Ends it. Returns for how long it ran, in ms. */
  stop(): number
}

/**
 * A deadline in time that this process was awake. One that was frozen (SIGSTOP, a machine put to sleep) finds its wait over when it
 * wakes up, though nobody made it wait: the other side's answer may have been there all along, and did not take so long.
 */
export const awakeTimer = (deadlineMs: number, onDeadline: () => void): AwakeTimer => {
  const everyMs = Math.min(mostTickMs, deadlineMs / 10)
  let awakeMs = 0
  let looked = performance.now()
  const look = (): void => {
    const now = performance.now()
    awakeMs += Math.min(now - looked, 2 * everyMs)
    looked = now
  }
  const timer = setInterval(() => {
    look()
    if (awakeMs < deadlineMs) return
    clearInterval(timer)
    onDeadline()
  }, everyMs)
  return {
    stop: () => {
      clearInterval(timer)
      look()
      return awakeMs
    },
  }
}
