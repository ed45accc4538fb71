/**
 * What bounds the load on the source, and what was measured of it: share of time (budget.ts), one statement, the age of a snapshot
 * (aged-snapshot.ts), and here the threads that run on it.
 *
 *   calm → busy       more threads run than may: nothing is read; asked again every quarter of a second
 *   busy → calm       as many as may, or fewer
 *   busy → let through   after a minute one cycle goes through all the same: a copy that is ever older serves nobody (0045)
 *   let through → calm   when it is committed
 *   busy → calm       when nobody has looked for a while: what it was by then says nothing
 */
import { MirrorError } from '../errors.ts'
import type { MeasuredLimits, StatedLimits } from '../record/limits.ts'
import type { SourceConnection } from '../source/connection.ts'
import { threadsRunning } from '../source/standing.ts'
import type { MirrorOptions } from '../types.ts'
import { pause } from './retry.ts'

/** That of pt-online-schema-change's --max-load: what is usual where a server is used well, and far from where it suffers. */
const defaultThreadsRunning = 25
const defaultSnapshotAgeMs = 30_000
const defaultLongestWaitMs = 60_000

/** The question costs about as much as an idle poll. */
const lookMs = 250
const windowMs = 60_000

/** Who waits for a busy source looks at it every second or two. */
const longestUnseenMs = 15_000

export const statedLimits = (options: MirrorOptions): StatedLimits => ({
  share: options.maxShare,
  statementMs: options.statementLimitMs,
  snapshotAgeMs: options.snapshotAgeMs ?? defaultSnapshotAgeMs,
  threadsRunning: options.maxThreadsRunning ?? defaultThreadsRunning,
  pollMs: options.pollMs,
})

interface Largest {
  readonly measured: number | null
  readonly reached: number
}

const nothing: Largest = { measured: null, reached: 0 }

const larger = (before: Largest, ms: number, isReached: boolean): Largest => ({
  measured: Math.max(before.measured ?? 0, Math.round(ms)),
  reached: before.reached + (isReached ? 1 : 0),
})

export class SourceGuard {
  readonly limits: StatedLimits
  readonly #longestWaitMs: number
  readonly #now: () => number
  readonly #since: number
  #statement = nothing
  #snapshot = nothing
  #threads = nothing
  #rests = 0
  #spent: readonly { readonly at: number; readonly ms: number }[] = []
  #lookedAt = Number.NEGATIVE_INFINITY
  #busySince: number | undefined
  #isLetThrough = false

  constructor(options: MirrorOptions, now: () => number = () => performance.now()) {
    this.limits = statedLimits(options)
    this.#longestWaitMs = options.longestWaitMs ?? defaultLongestWaitMs
    this.#now = now
    this.#since = now()
  }

  get measured(): MeasuredLimits {
    const now = this.#now()
    const from = Math.max(this.#since, now - windowMs)
    const busy = this.#spent.filter(({ at }) => at >= from).reduce((sum, { ms }) => sum + ms, 0)
    const share = Math.min(1, busy / Math.max(1, now - from))
    return {
      share: { measured: Math.round(share * 10_000) / 10_000, reached: this.#rests },
      statementMs: this.#statement,
      snapshotAgeMs: this.#snapshot,
      threadsRunning: this.#threads,
    }
  }

  /** The source worked for us so long. */
  spent(ms: number): void {
    const at = this.#now()
    this.#spent = [...this.#spent.filter((entry) => entry.at >= at - windowMs), { at, ms }]
  }

  /** A rest that the share made longer than the poll interval. */
  rested(): void {
    this.#rests += 1
  }

  /** `isEnded`: by the server, at its limit */
  statement(ms: number, isEnded: boolean): void {
    this.#statement = larger(this.#statement, ms, isEnded)
  }

  /** `isEnded`: before all was read, since it was as old as it may become */
  snapshot(ms: number, isEnded: boolean): void {
    this.#snapshot = larger(this.#snapshot, ms, isEnded)
  }

  /** A cycle was committed. */
  passed(): void {
    if (this.#isLetThrough) this.#busySince = undefined
    this.#isLetThrough = false
  }

  /**
   * Resolves with the time that it took when few enough threads run; throws MIRROR_1025 when there are more, and still are after
   * `patienceMs`.
   */
  async calm(source: SourceConnection, patienceMs = 0): Promise<number> {
    const began = this.#now()
    while (await this.#isBusy(source)) {
      const left = patienceMs - (this.#now() - began)
      if (left <= 0) {
        const detail = `${this.#threads.measured} threads run, ${this.limits.threadsRunning} may`
        throw new MirrorError('MIRROR_1025', { detail })
      }
      await pause(Math.min(left, lookMs), new AbortController().signal)
    }
    return this.#now() - began
  }

  /** The same as an answer, at once. */
  async isCalm(source: SourceConnection): Promise<boolean> {
    return !(await this.#isBusy(source))
  }

  async #isBusy(source: SourceConnection): Promise<boolean> {
    if (this.#isLetThrough) return false
    if (this.#busySince === undefined && this.#now() - this.#lookedAt < lookMs) return false
    const threads = await threadsRunning(source)
    const now = this.#now()
    // Paused, standing by, away: whether it was busy all the while nobody knows.
    if (now - this.#lookedAt > longestUnseenMs) this.#busySince = undefined
    this.#lookedAt = now
    const isMore = threads > this.limits.threadsRunning
    const isNews = isMore && this.#busySince === undefined
    this.#threads = { measured: threads, reached: this.#threads.reached + (isNews ? 1 : 0) }
    if (!isMore) {
      this.#busySince = undefined
      return false
    }
    this.#busySince ??= this.#lookedAt
    this.#isLetThrough = this.#lookedAt - this.#busySince >= this.#longestWaitMs
    return !this.#isLetThrough
  }
}
