/**
 * The leader's two connections and what it holds through them.
 *
 *   idle → lead() → leading → cycle()* → …      any error → idle, both connections given up
 *
 * Leadership is a session lock of the very connection that writes: when the connection is gone, so is the lock, and no
 * write can follow. The epoch, checked inside each transaction, covers what a lock cannot (facts: processes: one that was
 * frozen and wakes up).
 */
import { hostname } from 'node:os'
import { MirrorError } from '../errors.ts'
import { tableSelector } from '../names.ts'
import { PostgresConnection } from '../postgres.ts'
import { prepareRecord } from '../record/schema.ts'
import { evictFrozenLeader, heartbeatMs, readSource, rememberRedacted, tryLead } from '../record/source.ts'
import { SourceConnection } from '../source/connection.ts'
import type { Catalogue } from '../source/tables.ts'
import { databaseOf, sourceIdOf } from '../source-id.ts'
import type { MirrorOptions, SyncReport } from '../types.ts'
import { runCycle } from './cycle.ts'
import { DriftWatch } from './drift.ts'
import { defaultWholeLoadRows } from './load-begin.ts'
import { type Advance, LoadWork, type WorkContext } from './load-work.ts'
import { Pace } from './pace.ts'
import { StateCache } from './state.ts'
import { unmatchedNames } from './unmatched.ts'

/** Beyond any statement of a cycle on tables of ordinary size; a server that is silent for longer is taken for dead. */
const targetDeadlineMs = 120_000

/** An index of a large table takes minutes. */
const indexDeadlineMs = 6 * 3_600_000

export const openTarget = async (
  options: Pick<MirrorOptions, 'target'>,
  purpose: string,
  deadlineMs = targetDeadlineMs,
): Promise<PostgresConnection> =>
  PostgresConnection.open({
    url: options.target,
    deadlineMs,
    applicationName: `matricula mirror: ${purpose}`,
  })

export const openSource = async (
  options: Pick<MirrorOptions, 'source' | 'statementLimitMs'>,
): Promise<SourceConnection> =>
  SourceConnection.open({ url: options.source, statementLimitMs: options.statementLimitMs })

/** Values that are secrets in the portal's own schema; kept out of the ledger without being asked. */
const alwaysRedacted = [
  'account.password_hash',
  'session.token_hash',
  'activation.code_hash',
  'calendar_feed.token_hash',
]

const redactedBy = (options: Pick<MirrorOptions, 'redact'>): ReadonlySet<string> =>
  new Set([...alwaysRedacted, ...options.redact].map((name) => name.toLowerCase()))

/** Where all of it is scanned within this time, the truth costs as little as the hint, and has no blind spot. */
const defaultHintAboveMs = 100

const defaultDriftCheckMs = 3_600_000

export class LeaderSession {
  readonly #options: MirrorOptions
  readonly #cache: StateCache
  readonly #pace = new Pace()
  readonly #drift: DriftWatch
  readonly #loads: LoadWork
  readonly #onProgress: (table: string, rows: number, total: number) => void
  readonly #onUnmatched: (names: readonly string[]) => void
  #unmatched: readonly string[] = []
  #source: SourceConnection | undefined
  #target: PostgresConnection | undefined
  #epoch: number | undefined
  #heartbeat: NodeJS.Timeout | undefined

  constructor(
    options: MirrorOptions,
    onProgress: (table: string, rows: number, total: number) => void,
    onUnmatched: (names: readonly string[]) => void = () => undefined,
  ) {
    this.#options = options
    this.#cache = new StateCache(sourceIdOf(options))
    this.#drift = new DriftWatch(options.driftCheckMs ?? defaultDriftCheckMs)
    this.#onProgress = onProgress
    this.#loads = new LoadWork(async () => openTarget(options, 'indexes', indexDeadlineMs))
    this.#onUnmatched = onUnmatched
  }

  get epoch(): number | undefined {
    return this.#epoch
  }

  /** Throws MIRROR_4001, naming the other, when another mirror leads. */
  async lead(): Promise<number> {
    if (this.#epoch !== undefined && this.#target !== undefined && !this.#target.broken) return this.#epoch
    await this.#dropTarget()
    const target = await openTarget(this.#options, 'leader')
    try {
      await prepareRecord(target)
      const sourceId = sourceIdOf(this.#options)
      const name = `${hostname()} (process ${process.pid})`
      const lead = async (): Promise<number | undefined> =>
        tryLead(target, sourceId, databaseOf(this.#options.source), name)
      let epoch = await lead()
      if (epoch === undefined && (await evictFrozenLeader(target, sourceId))) epoch = await lead()
      if (epoch === undefined) {
        const record = await readSource(target, sourceId)
        throw new MirrorError(
          'MIRROR_4001',
          record?.leader === null ? {} : { detail: record?.leader ?? 'unknown' },
        )
      }
      await rememberRedacted(target, sourceId, redactedBy(this.#options))
      this.#target = target
      this.#epoch = epoch
      this.#heartbeat = setInterval(() => {
        // Queued behind whatever is under way on the connection; a failure is that of the next statement, too.
        target.rows('SELECT 1').catch(() => undefined)
      }, heartbeatMs)
      this.#heartbeat.unref()
      this.#cache.forget()
      return epoch
    } catch (error) {
      await target.close()
      throw error
    }
  }

  get isPaused(): Promise<boolean> {
    return this.#isPaused()
  }

  /**
   * One cycle; the caller leads. `busyMs`: how long the source worked for us. `alone`: nothing else is to be done, as in
   * `sync`: everything is scanned, and what is to be loaded is loaded to its end within it.
   */
  async cycle(alone: boolean): Promise<{ report: SyncReport; busyMs: number }> {
    return this.#guarded(async (work) => {
      const report = await runCycle({
        ...work,
        trustToken: !alone && (this.#options.layers?.includes('token') ?? true),
        trustHints: !alone && (this.#options.layers?.includes('hint') ?? true),
        hintAboveMs: this.#options.hintAboveMs ?? defaultHintAboveMs,
        selected: tableSelector(this.#options.tables, this.#options.exclude),
        maxDelete: this.#options.maxDelete,
        deepScanMs: this.#options.deepScanMs,
        onCatalogue: (catalogue) => this.#tellUnmatched(catalogue),
        onDrift: (table) => this.#options.onDriftOf?.[table] ?? this.#options.onDrift ?? 'repair',
        drift: this.#drift,
        wholeLoadRows: this.#options.wholeLoadRows ?? defaultWholeLoadRows,
        loadToTheEnd: alone ? async () => this.#loads.finish(work) : undefined,
      })
      return { report, busyMs: work.source.takeBusyMs() }
    })
  }

  /** Is there a load that the rests between cycles must leave room for? */
  get isLoading(): boolean {
    return this.#cache.isLoading
  }

  /** A piece of a load, if there is one to load now. */
  async advanceLoads(): Promise<{ advance: Advance; busyMs: number }> {
    return this.#guarded(async (work) => {
      const advance = await this.#loads.advance(work)
      return { advance, busyMs: work.source.takeBusyMs() }
    })
  }

  async #guarded<T>(work: (context: WorkContext) => Promise<T>): Promise<T> {
    const epoch = await this.lead()
    const target = this.#target
    if (target === undefined) throw new MirrorError('MIRROR_3005')
    try {
      if (this.#source === undefined || this.#source.broken) this.#source = await openSource(this.#options)
      return await work({
        source: this.#source,
        target,
        epoch,
        sourceId: sourceIdOf(this.#options),
        cache: this.#cache,
        pace: this.#pace,
        onProgress: this.#onProgress,
      })
    } catch (error) {
      this.#cache.forget()
      if (error instanceof MirrorError && error.code === 'MIRROR_1004') this.#pace.limitReached()
      // A statement may still be under way, or a snapshot open: a new connection costs less than to find out.
      this.#source?.destroy()
      this.#source = undefined
      if (target.broken || (error instanceof MirrorError && error.code === 'MIRROR_4002'))
        await this.#dropTarget()
      throw error
    }
  }

  /** Has a command changed the record, or paused the mirror, since the last cycle? */
  async isCalled(): Promise<boolean> {
    if (this.#target === undefined) return false
    const source = await readSource(this.#target, sourceIdOf(this.#options))
    return source !== undefined && (source.paused || this.#cache.isBehind(source.revision))
  }

  async close(): Promise<void> {
    await this.#source?.close()
    this.#source = undefined
    await this.#dropTarget()
  }

  /** Once, and again when something else does not fit. */
  #tellUnmatched(catalogue: Catalogue): void {
    const names = unmatchedNames(this.#options, catalogue)
    const isNews = names.some((name) => !this.#unmatched.includes(name))
    this.#unmatched = names
    if (isNews) this.#onUnmatched(names)
  }

  async #isPaused(): Promise<boolean> {
    if (this.#target === undefined) return false
    return (await readSource(this.#target, sourceIdOf(this.#options)))?.paused ?? false
  }

  async #dropTarget(): Promise<void> {
    const target = this.#target
    clearInterval(this.#heartbeat)
    this.#heartbeat = undefined
    this.#target = undefined
    this.#epoch = undefined
    await this.#loads.close()
    await target?.close()
  }
}
