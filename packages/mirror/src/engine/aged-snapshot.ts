/**
 * A snapshot that becomes no older than it may: undo grows on the source as long as a view is open.
 *
 *   open → ended     at its limit, be a statement of ours under way or the target being written; or when all was read
 *   ended → read     strict: MIRROR_1026, the cycle is thrown away · renewing: a new view, of which the rest is read
 *
 * A statement that would outlast it gets what is left as its own limit. What a renewing snapshot reads is no common view any more: it
 * is for tables of consistency `table`. `at` and `token` are those of its first view, so that nothing since counts as seen.
 */
import { MirrorError } from '../errors.ts'
import type { SourceConnection } from '../source/connection.ts'
import { isStatementLimit } from '../source/errors.ts'
import { openSnapshot, type Snapshot } from '../source/snapshot.ts'
import type { SourceGuard } from './guard.ts'
import { aimMs } from './pace.ts'

/** For the way there and back, and for a moment in which this process was busy: the source sees the end within the limit. */
const marginMs = (limitMs: number): number => Math.min(500, limitMs / 3)

/**
 * For so long busy threads are waited out; then the cycle is given up, and begun anew when they are fewer. Nothing is locked meanwhile: a
 * snapshot that can be renewed is ended first, any other lets its locks go, and where it cannot it is given up at once.
 */
const patienceMs = 5_000

interface Opening {
  readonly source: SourceConnection
  readonly guard: SourceGuard
  readonly expectedMs: number
  readonly trustLog: boolean
  readonly renews: boolean
}

class AgedSnapshot implements Snapshot {
  readonly at: string
  readonly token: string | undefined
  readonly #opening: Opening
  #view: Snapshot
  #openedAt: number
  #timer: NodeJS.Timeout | undefined
  #isOpen = true
  #isClosed = false
  #isRenewed = false
  #idleMs = 0
  #tail: Promise<unknown> = Promise.resolve()

  constructor(opening: Opening, view: Snapshot, openedAt: number) {
    this.#opening = opening
    this.#view = view
    this.#openedAt = openedAt
    this.at = view.at
    this.token = view.token
    this.#watch()
  }

  get proof(): Snapshot['proof'] {
    return this.#isRenewed ? 'single' : this.#view.proof
  }

  get idleMs(): number {
    return this.#idleMs
  }

  async ready(): Promise<void> {
    const { source, guard, renews } = this.#opening
    try {
      await guard.calm(source)
    } catch (error) {
      if (!(error instanceof MirrorError) || error.code !== 'MIRROR_1025') throw error
      if (renews) await this.#inTurn(async () => this.#end(false))
      else if (!(await this.letGo())) throw error
      const left = renews ? patienceMs : Math.min(patienceMs, Math.max(0, this.#leftMs))
      this.#idleMs += await guard.calm(source, left)
    }
  }

  async letGo(): Promise<boolean> {
    return this.#inTurn(async () => !this.#isOpen || this.#view.letGo())
  }

  async read(sql: string): ReturnType<Snapshot['read']> {
    return this.#within(async () => this.#view.read(sql, this.#bound))
  }

  async readUpTo(sql: string, mostBytes: number): ReturnType<Snapshot['readUpTo']> {
    return this.#within(async () => this.#view.readUpTo(sql, mostBytes, this.#bound))
  }

  async eachUpTo(
    ...[sql, mostBytes, visit]: Parameters<Snapshot['eachUpTo']>
  ): ReturnType<Snapshot['eachUpTo']> {
    // rows that were visited are not visited again
    return this.#within(async () => this.#view.eachUpTo(sql, mostBytes, visit, this.#bound), false)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#inTurn(async () => this.#end(false))
  }

  get #leftMs(): number {
    const { snapshotAgeMs } = this.#opening.guard.limits
    return this.#openedAt + snapshotAgeMs - marginMs(snapshotAgeMs) - performance.now()
  }

  /** With less than that a statement is not begun where a new view can be had. */
  get #leastMs(): number {
    return Math.min(aimMs, this.#opening.guard.limits.snapshotAgeMs / 3)
  }

  /** The limit of a statement that begins now, where it is less than the session's. */
  get #bound(): number | undefined {
    const left = Math.max(1, Math.ceil(this.#leftMs))
    return left < this.#opening.guard.limits.statementMs ? left : undefined
  }

  #watch(): void {
    this.#timer = setTimeout(
      () => {
        // Whoever reads next learns of a failure: the connection is broken then.
        this.#inTurn(async () => this.#end(true)).catch(() => undefined)
      },
      Math.max(0, this.#leftMs),
    )
  }

  async #end(isAtLimit: boolean): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    clearTimeout(this.#timer)
    try {
      await this.#view.close()
    } finally {
      this.#opening.guard.snapshot(performance.now() - this.#openedAt, isAtLimit)
    }
  }

  /** One thing after the other: the end must not come between a savepoint and the return to it. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work)
    this.#tail = turn.catch(() => undefined)
    return turn
  }

  async #within<T>(work: () => Promise<T>, mayRepeat = true): Promise<T> {
    return this.#inTurn(async () => {
      const { renews } = this.#opening
      for (let attempt = 0; ; attempt += 1) {
        if (this.#isOpen && this.#leftMs <= (renews ? this.#leastMs : 0)) await this.#end(true)
        if (!this.#isOpen) await this.#renew()
        try {
          return await work()
        } catch (error) {
          // It was ended at what was left, not at what a statement may take.
          if (!isStatementLimit(error) || this.#leftMs > 0) throw error
          await this.#end(true)
          if (!renews) throw this.#tooOld()
          if (attempt > 0 || !mayRepeat) throw error
        }
      }
    })
  }

  #tooOld(): MirrorError {
    const { snapshotAgeMs, threadsRunning } = this.#opening.guard.limits
    // It was not the reading that took so long.
    if (this.#idleMs > snapshotAgeMs / 2)
      return new MirrorError('MIRROR_1025', {
        detail: `more than ${threadsRunning} threads ran all the while`,
      })
    return new MirrorError('MIRROR_1026', { detail: `${snapshotAgeMs} ms` })
  }

  async #renew(): Promise<void> {
    const { source, expectedMs, trustLog, renews } = this.#opening
    if (!renews || this.#isClosed) throw this.#tooOld()
    this.#openedAt = performance.now()
    this.#view = await openSnapshot(source, expectedMs, trustLog)
    this.#isOpen = true
    this.#isRenewed = true
    this.#watch()
  }
}

/** Throws MIRROR_1025 when too many threads run on the source. */
export const openAgedSnapshot = async (opening: Opening): Promise<Snapshot> => {
  await opening.guard.calm(opening.source)
  const openedAt = performance.now()
  const view = await openSnapshot(opening.source, opening.expectedMs, opening.trustLog)
  return new AgedSnapshot(opening, view, openedAt)
}
