/** Retry policy as data: what failed → how long to wait. */
import { MirrorError } from '../errors.ts'

interface Backoff {
  readonly firstMs: number
  readonly capMs: number
}

/**
 * Things that pass at once (a definition that moved, another's command) are tried again at once; a server that is away is
 * asked ever more seldom, up to five seconds: a restart takes about that, and one connection attempt in five seconds
 * troubles nobody.
 */
const policies: Readonly<Record<string, Backoff>> = {
  // a few cheap questions, once a second at most (jitter takes off up to half)
  MIRROR_1025: { firstMs: 2_000, capMs: 2_000 },
  // what was read is to be read again: not at once
  MIRROR_1026: { firstMs: 100, capMs: 5_000 },
  // somebody must free space; each attempt writes until there is none again
  MIRROR_3025: { firstMs: 1_000, capMs: 30_000 },
  MIRROR_2004: { firstMs: 20, capMs: 1_000 },
  MIRROR_4001: { firstMs: 500, capMs: 500 },
  MIRROR_4006: { firstMs: 0, capMs: 100 },
  MIRROR_4002: { firstMs: 20, capMs: 1_000 },
}

const usual: Backoff = { firstMs: 100, capMs: 5_000 }

/** Full jitter on the upper half, so that mirrors that failed together do not come back together. */
export const retryDelayMs = (error: unknown, attempt: number, random: () => number = Math.random): number => {
  const policy = (error instanceof MirrorError ? policies[error.code] : undefined) ?? usual
  const ceiling = Math.min(policy.capMs, policy.firstMs * 2 ** Math.min(attempt, 20))
  return Math.round(ceiling / 2 + (ceiling / 2) * random())
}

export const isRetried = (error: unknown): boolean => !(error instanceof MirrorError) || error.retried

/** Resolves after the time, or at once when the signal fires; it never rejects. */
export const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  if (signal.aborted || ms <= 0) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
