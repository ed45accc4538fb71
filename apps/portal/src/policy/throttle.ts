/**
 * Failed attempts as a leaky bucket, kept as one moment: when the bucket will be empty again. Each failure moves
 * it on by `intervalMs`; as long as it lies more than `burst` intervals ahead, attempts wait. Time alone drains it,
 * so nobody has to unlock anything, and the longest wait after an attack ends is one interval.
 */
export interface ThrottleRule {
  /** failures that may come at once */
  readonly burst: number
  /** after them, one attempt each so often */
  readonly intervalMs: number
}

/**
 * - pair: guessing at one number from one address, or on one device where its owner was signed in before. Eight quick
 *   slips of the fingers, then one in 15 s: 5,760 a day.
 * - account: guessing at one number from many addresses. Looser, as it also makes the real student wait: at most 5 s.
 * - address: guessing at many numbers from one address, which may be a whole campus on its first morning.
 */
export const throttleRules = {
  pair: { burst: 8, intervalMs: 15_000 },
  account: { burst: 40, intervalMs: 5_000 },
  address: { burst: 300, intervalMs: 500 },
} as const satisfies Record<string, ThrottleRule>

/** How long to wait before the next attempt, in ms; 0: now. Both moments in ms since 1970. */
export const throttleWait = (rule: ThrottleRule, drainedAt: number | null, now: number): number =>
  drainedAt === null ? 0 : Math.max(0, drainedAt - now - (rule.burst - 1) * rule.intervalMs)
