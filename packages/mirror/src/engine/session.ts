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
import { PostgresConnection, type Target } from '../postgres.ts'
import { beginWait, endWait, noteMeasured, stateLimits } from '../record/limits.ts'
import { prepareRecord } from '../record/schema.ts'
import {
  evictFrozenLeader,
  forgetToken,
  heartbeatMs,
  readSource,
  rememberRedacted,
  tryLead,
} from '../record/source.ts'
import { SourceConnection } from '../source/connection.ts'
import { isSameServer, type ServerSeen } from '../source/same-server.ts'
import type { Catalogue } from '../source/tables.ts'
import { databaseOf, sourceIdOf } from '../source-id.ts'
import type { MirrorOptions, SyncReport } from '../types.ts'
import type { CycleContext } from './context.ts'
import { runCycle } from './cycle.ts'
import { DriftWatch } from './drift.ts'
import { Due } from './due.ts'
import { SourceGuard } from './guard.ts'
import { defaultWholeLoadRows } from './load-begin.ts'
import { type Advance, LoadWork, type WorkContext } from './load-work.ts'
import { Pace } from './pace.ts'
import { SlowTables } from './slow-tables.ts'
import { StateCache } from './state.ts'
import { unmatchedNames } from './unmatched.ts'
import { UnsteadyTables } from './unsteady.ts'

/** Beyond any statement of a cycle on tables of ordinary size; a server that is silent for longer is taken for dead. Below `Silence.within`. */
const targetDeadlineMs = 120_000

/** An index of a large table takes minutes, and so may the upgrade of a large record. */
const slowDeadlineMs = 6 * 3_600_000

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
  onStatement?: (ms: number, isEnded: boolean) => void,
): Promise<SourceConnection> =>
  SourceConnection.open({
    url: options.source,
    statementLimitMs: options.statementLimitMs,
    ...(onStatement === undefined ? {} : { onStatement }),
  })

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

/** Of what is measured `status` is never older. */
const noteMs = 5_000

/** They pass within a moment, or are another mirror's matter. */
const passing: ReadonlySet<string> = new Set(['MIRROR_2004', 'MIRROR_4001', 'MIRROR_4002', 'MIRROR_4006'])

export class LeaderSession {
  readonly #options: MirrorOptions
  readonly #cache: StateCache
  readonly #pace = new Pace()
  readonly #drift: DriftWatch
  readonly #deepScan = new Due()
  readonly #definitionsRead = new Due()
  readonly #loads: LoadWork
  readonly #guard: SourceGuard
  readonly #slowTables: SlowTables
  readonly #unsteady = new UnsteadyTables()
  readonly #onProgress: (table: string, rows: number, total: number) => void
  readonly #onUnmatched: (names: readonly string[]) => void
  #unmatched: readonly string[] = []
  #source: SourceConnection | undefined
  #target: PostgresConnection | undefined
  #epoch: number | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #notedAt = Number.NEGATIVE_INFINITY
  #isWaiting = false
  /** that was read last, whatever became of the connection */
  #server: ServerSeen | undefined
  #lostBusyMs = 0

  constructor(
    options: MirrorOptions,
    onProgress: (table: string, rows: number, total: number) => void,
    onUnmatched: (names: readonly string[]) => void = () => undefined,
  ) {
    this.#options = options
    this.#cache = new StateCache(sourceIdOf(options))
    this.#drift = new DriftWatch(options.driftCheckMs ?? defaultDriftCheckMs)
    this.#guard = new SourceGuard(options)
    this.#slowTables = new SlowTables(this.#guard.limits.snapshotAgeMs)
    this.#onProgress = onProgress
    this.#loads = new LoadWork(async () => openTarget(options, 'indexes', slowDeadlineMs))
    this.#onUnmatched = onUnmatched
  }

  /** Throws MIRROR_4001, naming the other, when another mirror leads. */
  async lead(): Promise<number> {
    if (this.#epoch !== undefined && this.#target !== undefined && !this.#target.broken) return this.#epoch
    await this.#dropTarget()
    const target = await openTarget(this.#options, 'leader')
    try {
      await prepareRecord(target, async () => openTarget(this.#options, 'upgrade', slowDeadlineMs))
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
      await stateLimits(target, sourceId, this.#guard.limits)
      this.#isWaiting = false
      this.#notedAt = Number.NEGATIVE_INFINITY
      this.#target = target
      this.#epoch = epoch
      this.#heartbeat = setInterval(() => {
        // A statement under way is a sign of life itself. A failure is that of the next statement, too.
        if (!target.busy) target.rows('SELECT 1').catch(() => undefined)
      }, heartbeatMs)
      this.#heartbeat.unref()
      this.#cache.forget()
      return epoch
    } catch (error) {
      await target.close()
      throw error
    }
  }

  /**
   * Has `mirror pause` been said? False while nothing leads, and where the next cycle is going to find out by itself: it ends in MIRROR_4003
   * then.
   */
  async isPaused(): Promise<boolean> {
    if (this.#target === undefined || this.#cache.asRead(this.#target) !== undefined) return false
    return (await readSource(this.#target, sourceIdOf(this.#options), true))?.paused ?? false
  }

  /**
   * One cycle; the caller leads. `busyMs`: how long the source worked for us. `alone`: nothing else is to be done, as in
   * `sync`: everything is scanned, and what is to be loaded is loaded to its end within it.
   */
  async cycle(alone: boolean): Promise<{ report: SyncReport; busyMs: number }> {
    const policies = new Map(Object.entries(this.#options.onDriftOf ?? {}))
    return this.#guarded(async (work) => {
      const context: CycleContext = {
        ...work,
        guard: this.#guard,
        slowTables: this.#slowTables,
        unsteady: this.#unsteady,
        after: undefined,
        trustToken: !alone && (this.#options.layers?.includes('token') ?? true),
        trustHints: !alone && (this.#options.layers?.includes('hint') ?? true),
        hintAboveMs: this.#options.hintAboveMs ?? defaultHintAboveMs,
        selected: tableSelector(this.#options.tables, this.#options.exclude),
        maxDelete: this.#options.maxDelete,
        deepScanMs: this.#options.deepScanMs,
        deepScan: this.#deepScan,
        definitionsRead: this.#definitionsRead,
        onCatalogue: (catalogue) => this.#tellUnmatched(catalogue),
        onDrift: (table) => policies.get(table) ?? this.#options.onDrift ?? 'repair',
        drift: this.#drift,
        wholeLoadRows: this.#options.wholeLoadRows ?? defaultWholeLoadRows,
        stopIndexes: async (tableIds) => this.#loads.stop(tableIds),
        loadToTheEnd: alone ? async (view) => this.#loads.finish({ ...work, view }) : undefined,
      }
      const report = await this.#wholeCycle(context)
      this.#guard.passed()
      const busyMs = work.source.takeBusyMs()
      this.#guard.spent(busyMs)
      await this.#noteMeasured(work.target, alone).catch(() => {
        // The cycle is committed, and its report must not be lost. What ails the target is the next cycle's, which notes it anew.
        this.#notedAt = Number.NEGATIVE_INFINITY
      })
      return { report, busyMs }
    })
  }

  /** What fits into the common snapshot, and then what is too slow for it. */
  async #wholeCycle(context: CycleContext): Promise<SyncReport> {
    const first = await runCycle(context)
    this.#slowTables.scanned(first.scans)
    this.#unsteady.passed(Object.keys(first.report.tables))
    if (first.slow.size === 0) return first.report
    const second = await runCycle({ ...context, after: first })
    this.#slowTables.scanned(second.scans)
    this.#unsteady.passed(Object.keys(second.report.tables))
    this.#slowTables.followed()
    return {
      ...second.report,
      snapshot: first.report.snapshot,
      tables: { ...first.report.tables, ...second.report.tables },
      ms: first.report.ms + second.report.ms,
    }
  }

  /** At most once in a while, since it is a commit of its own. */
  async #noteMeasured(target: Target, atOnce = false): Promise<void> {
    if (!atOnce && performance.now() - this.#notedAt < noteMs) return
    this.#notedAt = performance.now()
    await noteMeasured(target, sourceIdOf(this.#options), this.#guard.measured)
  }

  /**
   * Tells the record what the mirror waits for, as far as the target can still be told: it answers `status` and `history`. Never
   * throws.
   */
  async noteWaiting(error: MirrorError): Promise<void> {
    const target = this.#target
    if (target === undefined || target.broken || passing.has(error.code)) return
    const sourceId = sourceIdOf(this.#options)
    try {
      await beginWait(target, sourceId, error.code, error.message)
      this.#isWaiting = true
      await this.#noteMeasured(target)
    } catch {
      // what it waits for may be the target itself, or its disk: `run` says it in log, metrics and readiness
    }
  }

  /** A cycle went through: nothing is waited for. Never throws: where it cannot be noted, the next cycle is noted. */
  async noteFollowing(): Promise<void> {
    if (!this.#isWaiting || this.#target === undefined) return
    try {
      await endWait(this.#target, sourceIdOf(this.#options))
      this.#isWaiting = false
    } catch {
      // what ails the target is the next cycle's to tell
    }
  }

  /** Is there a load that the rests between cycles must leave room for? */
  get isLoading(): boolean {
    return this.#cache.isLoading
  }

  /** A piece of a load, if there is one to load now. */
  async advanceLoads(): Promise<{ advance: Advance; busyMs: number }> {
    return this.#guarded(async (work) => {
      const advance = await this.#loads.advance(work)
      const busyMs = work.source.takeBusyMs()
      this.#guard.spent(busyMs)
      return { advance, busyMs }
    })
  }

  async #guarded<T>(work: (context: WorkContext) => Promise<T>): Promise<T> {
    const epoch = await this.lead()
    const target = this.#target
    if (target === undefined) throw new MirrorError('MIRROR_3005')
    try {
      if (this.#source === undefined || this.#source.broken) await this.#connectSource(target, epoch)
      if (this.#source === undefined) throw new MirrorError('MIRROR_1004')
      return await work({
        source: this.#source,
        target,
        epoch,
        sourceId: sourceIdOf(this.#options),
        cache: this.#cache,
        pace: this.#pace,
        onProgress: this.#onProgress,
        isCalm: async () => this.#isCalm(),
      })
    } catch (error) {
      this.#cache.forget()
      const code = error instanceof MirrorError ? error.code : undefined
      if (error instanceof MirrorError && code === 'MIRROR_2004') this.#unsteady.struck(error.table)
      if (code === 'MIRROR_1004') {
        // of which kind the statement was is not known here
        this.#pace.limitReached()
        this.#pace.wholeLimitReached()
      }
      if (error instanceof MirrorError && code === 'MIRROR_1026') this.#slowTables.struck(error.table)
      const busyMs = this.#source?.takeBusyMs() ?? 0
      this.#lostBusyMs += busyMs
      this.#guard.spent(busyMs)
      // A statement may still be under way, or a snapshot open: a new connection costs less than to find out. A snapshot that we
      // ended ourselves is closed by now, and in a mirror that is paused none was opened.
      if (code !== 'MIRROR_1025' && code !== 'MIRROR_1026' && code !== 'MIRROR_4003') {
        this.#source?.destroy()
        this.#source = undefined
      }
      if (target.broken || (error instanceof MirrorError && error.code === 'MIRROR_4002'))
        await this.#dropTarget()
      throw error
    }
  }

  /** What is known of one server's log and tables says nothing of another's. */
  async #connectSource(target: Target, epoch: number): Promise<void> {
    // with the connections beside it, which may be alive
    this.#source?.destroy()
    this.#source = undefined
    const source = await openSource(this.#options, (ms, isEnded) => this.#guard.statement(ms, isEnded))
    try {
      const server = await source.server()
      if (this.#server !== undefined && !isSameServer(this.#server, server)) {
        await forgetToken(target, sourceIdOf(this.#options), epoch)
        this.#cache.forget()
      }
      this.#server = server
      this.#source = source
    } catch (error) {
      source.destroy()
      throw error
    }
  }

  /** How long the source worked for what was thrown away, since this was last asked: it counts as work, too. */
  takeLostBusyMs(): number {
    const lost = this.#lostBusyMs
    this.#lostBusyMs = 0
    return lost
  }

  /** A rest was longer than the poll interval, since the share of time asked for it. */
  noteRest(): void {
    this.#guard.rested()
  }

  async #isCalm(): Promise<boolean> {
    return this.#source === undefined || (await this.#guard.isCalm(this.#source))
  }

  /** Has a command changed the record, or paused the mirror, since the last cycle? */
  async isCalled(): Promise<boolean> {
    if (this.#target === undefined) return false
    const source = await readSource(this.#target, sourceIdOf(this.#options), true)
    const isCalled = source !== undefined && (source.paused || this.#cache.isBehind(source.revision))
    if (isCalled) this.#cache.forgetSource()
    return isCalled
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
