/**
 * `mirror run`: cycles until the signal.
 *
 *   connecting → standby ⇄ (another leads)
 *   connecting → leading → cycle → resting → cycle …
 *   leading → paused ⇄ (mirror pause, mirror resume)
 *   any error that a retry may mend → waiting, with growing, jittered delays → connecting
 *   any other error → rejects
 */
import { MirrorError } from '../errors.ts'
import type { EngineEvent, MirrorOptions } from '../types.ts'
import { isRetried, pause, retryDelayMs } from './retry.ts'
import type { LeaderSession } from './session.ts'

/**
 * The rest after a cycle that kept the source busy for `busyMs`: the poll interval, or longer, so that the source works
 * for us no more than `maxShare` of the time.
 */
export const restMs = (
  options: Pick<MirrorOptions, 'pollMs' | 'maxShare'>,
  busyMs: number,
  elapsedMs: number,
): number => Math.max(0, Math.max(options.pollMs, busyMs / options.maxShare) - elapsedMs)

/** A long rest is cut short when a command wants the leader: a question of `verify`, a repair, an accepted brake. */
const listenMs = 1_000

const rest = async (session: LeaderSession, ms: number, signal: AbortSignal): Promise<void> => {
  const end = performance.now() + ms
  for (;;) {
    const left = end - performance.now()
    await pause(Math.min(left, listenMs), signal)
    if (signal.aborted || left <= listenMs || (await session.isCalled())) return
  }
}

export const runLoop = async (
  options: MirrorOptions,
  session: LeaderSession,
  emit: (event: EngineEvent) => void,
  signal: AbortSignal,
): Promise<void> => {
  let attempt = 0
  let announced: number | undefined
  let wasPaused = false
  while (!signal.aborted) {
    const started = performance.now()
    try {
      const epoch = await session.lead()
      if (announced !== epoch) emit({ type: 'leading', epoch })
      announced = epoch
      if (await session.isPaused) {
        if (!wasPaused) emit({ type: 'paused' })
        wasPaused = true
        await pause(options.pollMs, signal)
        continue
      }
      wasPaused = false
      const { report, busyMs } = await session.cycle(true)
      attempt = 0
      emit({ type: 'cycle', report, busyMs })
      await rest(session, restMs(options, busyMs, performance.now() - started), signal)
    } catch (error) {
      if (signal.aborted) return
      if (!isRetried(error)) throw error
      const delayMs = retryDelayMs(error, attempt)
      attempt += 1
      if (error instanceof MirrorError && error.code === 'MIRROR_4001') {
        emit({ type: 'standby', leader: error.detail ?? null })
      } else if (!(error instanceof MirrorError && error.code === 'MIRROR_4006')) {
        emit({
          type: 'waiting',
          error: error instanceof Error ? error : new Error(String(error)),
          attempt,
          delayMs,
        })
      }
      await pause(delayMs, signal)
    }
  }
}
