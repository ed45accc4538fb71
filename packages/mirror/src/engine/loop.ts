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
import { Budget } from './budget.ts'
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

/** How often is looked whether indexes that are made beside us are there. */
const lookMs = 50

/** How often a busy source is asked whether it may be read again. */
const busyLookMs = 1_000

/**
 * The rest after a cycle, in which loads go on, as far as the share of time allows it: cycles come first, so that other tables
 * are not held up by more than the piece under way.
 */
const rest = async (
  session: LeaderSession,
  ms: number,
  budget: Budget,
  signal: AbortSignal,
): Promise<void> => {
  const end = performance.now() + ms
  let lookAgain = session.isLoading ? 0 : Number.POSITIVE_INFINITY
  let listened = performance.now()
  for (;;) {
    let wait = budget.waitMs
    if (wait <= 0 && performance.now() >= lookAgain) {
      const { advance, busyMs } = await session.advanceLoads()
      budget.spend(busyMs)
      wait = budget.waitMs
      // Ready, or nothing to load: the next cycle sees to it.
      if (advance === 'idle') lookAgain = Number.POSITIVE_INFINITY
      if (advance === 'waiting') lookAgain = performance.now() + lookMs
      if (advance === 'busy') lookAgain = performance.now() + busyLookMs
    }
    const left = end - performance.now()
    const nextLook = Math.max(wait, lookAgain - performance.now())
    if (signal.aborted || left <= 0) return
    await pause(Math.min(left, listenMs, nextLook), signal)
    if (performance.now() - listened >= listenMs) {
      listened = performance.now()
      if (await session.isCalled()) return
    }
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
  const budget = new Budget(options.maxShare)
  let restUntil = 0
  while (!signal.aborted) {
    const started = performance.now()
    try {
      const epoch = await session.lead()
      if (announced !== epoch) emit({ type: 'leading', epoch })
      announced = epoch
      if (await session.isPaused()) {
        if (!wasPaused) emit({ type: 'paused' })
        wasPaused = true
        await pause(options.pollMs, signal)
        continue
      }
      wasPaused = false
      const restLeft = restUntil - performance.now()
      if (restLeft > 0) {
        await pause(Math.min(restLeft, listenMs), signal)
        continue
      }
      const { report, busyMs } = await session.cycle(false)
      attempt = 0
      emit({ type: 'cycle', report, busyMs })
      await session.noteFollowing()
      budget.spend(busyMs)
      // While something is loaded, cycles leave it half of the share.
      const maxShare = session.isLoading ? options.maxShare / 2 : options.maxShare
      const ms = restMs({ ...options, maxShare }, busyMs, performance.now() - started)
      if (busyMs / maxShare > options.pollMs) session.noteRest()
      await rest(session, ms, budget, signal)
    } catch (error) {
      if (signal.aborted) return
      // since the last look: the next one says so
      if (error instanceof MirrorError && error.code === 'MIRROR_4003') continue
      if (!isRetried(error)) throw error
      // What was thrown away was work for the source as well. Only the source is left alone for it: who leads is found out at once.
      const lostMs = session.takeLostBusyMs()
      budget.spend(lostMs)
      const lostRestMs = restMs(
        { pollMs: 0, maxShare: options.maxShare },
        lostMs,
        performance.now() - started,
      )
      restUntil = Math.max(restUntil, performance.now() + lostRestMs)
      const retryMs = retryDelayMs(error, attempt)
      if (error instanceof MirrorError) await session.noteWaiting(error)
      attempt += 1
      if (error instanceof MirrorError && error.code === 'MIRROR_4001') {
        emit({ type: 'standby', leader: error.detail ?? null })
      } else if (!(error instanceof MirrorError && error.code === 'MIRROR_4006')) {
        emit({
          type: 'waiting',
          error: error instanceof Error ? error : new Error(String(error)),
          attempt,
          delayMs: Math.max(retryMs, Math.round(restUntil - performance.now())),
        })
      }
      await pause(retryMs, signal)
    }
  }
}
