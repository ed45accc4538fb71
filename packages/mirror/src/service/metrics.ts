/**
 * Metrics for Prometheus, in a registry of their own (prom-client's global one would mix two mirrors in one
 * process). Counters follow the engine's events; gauges are asked for at the scrape.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { EngineEvent, StatusReport } from '../types.ts'
import type { ActivityLog } from './activity.ts'
import type { KnownState } from './known.ts'

export interface Metrics {
  readonly contentType: string
  note(event: EngineEvent): void
  render(): Promise<string>
}

/** From an idle poll (some ms) to a load of an hour. */
const CYCLE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600]

/** In base units, as Prometheus wants them. */
function limitsOf({ limits }: StatusReport) {
  if (limits === null) return []
  return [
    { name: 'share', unit: 1, value: limits.share },
    { name: 'statement_seconds', unit: 1_000, value: limits.statementMs },
    { name: 'snapshot_age_seconds', unit: 1_000, value: limits.snapshotAgeMs },
    { name: 'threads_running', unit: 1, value: limits.threadsRunning },
  ] as const
}

export function createMetrics(
  activity: ActivityLog,
  state: KnownState,
  clock: () => number = Date.now,
): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })

  const duration = new Histogram({
    name: 'mirror_cycle_duration_seconds',
    help: 'How long a cycle took, from snapshot to commit.',
    buckets: CYCLE_BUCKETS,
    registers,
  })
  const cycles = new Counter({
    name: 'mirror_cycles_total',
    help: 'Cycles by result: done, braked or failed.',
    labelNames: ['result'],
    registers,
  })
  const rows = new Counter({
    name: 'mirror_rows_total',
    help: 'Rows written to the target.',
    labelNames: ['op'],
    registers,
  })
  const retries = new Counter({
    name: 'mirror_retries_total',
    help: 'Attempts that failed and are made again, by error code.',
    labelNames: ['code'],
    registers,
  })
  const lag = new Gauge({
    name: 'mirror_lag_seconds',
    help: 'Age of the newest snapshot that the target is known to equal.',
    registers,
  })
  const busy = new Gauge({
    name: 'mirror_source_busy_ratio',
    help: 'Share of the last minute in which the source worked for the mirror.',
    registers,
  })
  const equal = new Gauge({
    name: 'mirror_table_equal',
    help: '1: the table equalled the source at the last snapshot; 0: not known to.',
    labelNames: ['table'],
    registers,
  })
  const leader = new Gauge({
    name: 'mirror_leader',
    help: '1: this process leads; 0: it stands by, waits or is paused.',
    registers,
  })
  const brakes = new Gauge({ name: 'mirror_brakes', help: 'Brakes that wait for a decision.', registers })
  const waiting = new Gauge({
    name: 'mirror_waiting',
    help: '1: the leader waits for what the code says; no series: it does not wait.',
    labelNames: ['code'],
    registers,
  })
  const ofLimit = { labelNames: ['limit'] as const, registers }
  const limit = new Gauge({
    ...ofLimit,
    name: 'mirror_limit',
    help: 'Bounds on the load of the source: share of time, one statement, age of a snapshot, threads running.',
  })
  const measured = new Gauge({
    ...ofLimit,
    name: 'mirror_limit_measured',
    help: 'What was measured of each: share of the last minute, longest statement and snapshot of this leader, threads as last asked.',
  })
  const reached = new Gauge({
    ...ofLimit,
    name: 'mirror_limit_reached',
    help: 'How often each was reached since this leader leads.',
  })
  const reachable = new Gauge({
    name: 'mirror_target_reachable',
    help: '1: the target answered this scrape.',
    registers,
  })

  // a series that is not there yet cannot be told from one that broke: start them all at nothing
  for (const op of ['insert', 'update', 'delete']) rows.inc({ op }, 0)
  for (const result of ['done', 'braked', 'failed']) cycles.inc({ result }, 0)

  async function gauge(): Promise<void> {
    const now = clock()
    busy.set(activity.busyRatio(now))
    leader.set(activity.current().role === 'leading' ? 1 : 0)
    const { known, error } = await state.look()
    reachable.set(error === null ? 1 : 0)
    if (known === null) {
      // no snapshot is known: a lag of 0 would be the one wrong answer
      lag.set(Number.NaN)
      return
    }
    const { status } = known
    lag.set(
      status.snapshotAt === null ? Number.NaN : Math.max(0, (now - Date.parse(status.snapshotAt)) / 1_000),
    )
    brakes.set(status.brakes.length)
    waiting.reset()
    if (status.waiting !== null) waiting.set({ code: status.waiting.code }, 1)
    for (const { name, unit, value } of limitsOf(status)) {
      limit.set({ limit: name }, value.limit / unit)
      measured.set({ limit: name }, value.measured === null ? Number.NaN : value.measured / unit)
      reached.set({ limit: name }, value.reached)
    }
    equal.reset()
    for (const [table, { state, provedAt }] of Object.entries(status.tables)) {
      equal.set({ table }, state === 'live' && provedAt !== null ? 1 : 0)
    }
    for (const table of Object.keys(status.refused)) equal.set({ table }, 0)
  }

  return {
    contentType: register.contentType,
    note(event) {
      if (event.type === 'waiting') {
        cycles.inc({ result: 'failed' })
        retries.inc({ code: 'code' in event.error ? String(event.error.code) : 'unknown' })
      }
      if (event.type !== 'cycle') return
      const { report } = event
      cycles.inc({ result: report.brakes.length > 0 ? 'braked' : 'done' })
      duration.observe(report.ms / 1_000)
      for (const table of Object.values(report.tables)) {
        rows.inc({ op: 'insert' }, table.inserted)
        rows.inc({ op: 'update' }, table.updated)
        rows.inc({ op: 'delete' }, table.deleted)
      }
    },
    async render() {
      await gauge()
      return register.metrics()
    },
  }
}
