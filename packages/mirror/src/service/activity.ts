/**
 * What this process has been doing, learnt from the engine's events alone. It answers readiness and metrics while
 * either database is away.
 *
 *   starting → leading | standby        on the events of the same name; a cycle, too, means that we lead
 *   leading, standby → waiting          the engine could not go on and tries again
 *   any → paused                        until a cycle, `leading` or `standby` follows
 */
import type { EngineEvent, SyncReport } from '../types.ts'

export type Role = 'starting' | 'leading' | 'standby' | 'waiting' | 'paused'

export interface Activity {
  readonly role: Role
  /** when anything was last heard of the engine's work, ms since 1970 */
  readonly lastSignAt: number
  readonly lastCycle: { readonly report: SyncReport; readonly at: number } | null
  readonly waiting: { readonly error: Error; readonly attempt: number; readonly delayMs: number } | null
  readonly progress: { readonly table: string; readonly rows: number; readonly total: number } | null
}

export interface ActivityLog {
  current(): Activity
  /** 0…1: the share of the last minute in which the source worked for us */
  busyRatio(now: number): number
  note(event: EngineEvent, now: number): void
}

const WINDOW_MS = 60_000

export function createActivityLog(startedAt: number): ActivityLog {
  let activity: Activity = {
    role: 'starting',
    lastSignAt: startedAt,
    lastCycle: null,
    waiting: null,
    progress: null,
  }
  let busy: readonly { readonly at: number; readonly ms: number }[] = []

  const change = (event: EngineEvent, now: number): Partial<Activity> => {
    const settled = { lastSignAt: now, waiting: null, progress: null }
    if (event.type === 'cycle')
      return { ...settled, role: 'leading', lastCycle: { report: event.report, at: now } }
    if (event.type === 'leading') return { lastSignAt: now, waiting: null, role: 'leading' }
    if (event.type === 'progress') {
      return { lastSignAt: now, progress: { table: event.table, rows: event.rows, total: event.total } }
    }
    if (event.type === 'waiting') {
      const { error, attempt, delayMs } = event
      // no sign of life: it is the very thing that lets readiness lapse
      return { role: 'waiting', waiting: { error, attempt, delayMs } }
    }
    // a remark about the settings: it says nothing of the work
    if (event.type === 'unmatched') return {}
    return { ...settled, role: event.type }
  }

  return {
    current: () => activity,
    busyRatio(now) {
      const from = Math.max(startedAt, now - WINDOW_MS)
      const sum = busy.filter(({ at }) => at >= from).reduce((total, { ms }) => total + ms, 0)
      return Math.min(1, sum / Math.max(1, now - from))
    },
    note(event, now) {
      activity = { ...activity, ...change(event, now) }
      if (event.type === 'cycle')
        busy = [...busy.filter(({ at }) => at >= now - WINDOW_MS), { at: now, ms: event.busyMs }]
    },
  }
}

export interface Readiness {
  readonly ready: boolean
  readonly role: Role
  readonly reasons: readonly string[]
}

/** A mirror that has shown no sign for this long is not following: a minute, or ten polls where these are rare. */
export const readyBoundMs = (pollMs: number): number => Math.max(60_000, 10 * pollMs)

/**
 * Ready: it leads or stands by, its last cycle (or its work on the first load) is not older than the bound, and no
 * brake holds the whole; one that holds a single table leaves the others live.
 */
export function readiness(activity: Activity, boundMs: number, now: number): Readiness {
  const { role, lastCycle, waiting, progress, lastSignAt } = activity
  const age = now - lastSignAt
  const reasons: string[] = []
  if (role === 'starting') reasons.push('the first cycle has not begun')
  if (role === 'paused') reasons.push('paused by an operator')
  if (role === 'leading' && lastCycle?.report.brakes.some(({ table }) => table === null) === true)
    reasons.push('stopped by a brake that waits for a decision')
  if (waiting !== null) reasons.push(`waiting for ${awaited(waiting.error)}: ${waiting.error.message}`)
  if (role === 'leading' && lastCycle === null) {
    reasons.push(
      progress === null
        ? 'the first cycle is under way'
        : `loading ${progress.table}: ${progress.rows} of ${progress.total} rows`,
    )
  }
  if (role === 'leading' && lastCycle !== null && age > boundMs) {
    reasons.push(`no cycle for ${Math.round(age / 1_000)} s; the bound is ${boundMs / 1_000} s`)
  }
  return { ready: reasons.length === 0, role, reasons }
}

/** What an error makes the mirror wait for, told by its code. */
export function awaited(error: Error): string {
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'MIRROR_4001') return 'the mirror that leads'
  if (code.startsWith('MIRROR_41')) return 'a decision'
  if (code.startsWith('MIRROR_1') || code.startsWith('MIRROR_2')) return 'the source'
  if (code.startsWith('MIRROR_3')) return 'the target'
  return 'the cause to pass'
}
