/**
 * The state of the mirror as one sentence, the same on the command line and on the status page:
 * "Equal to the source as of 14:03:07, proved; 12 rows followed in the last minute."
 */
import type { Brake, HistoryReport, StatusReport } from '../types.ts'

/** The changes applied within the last minute, as far as one page of history tells. */
export interface Followed {
  readonly rows: number
  readonly more: boolean
}

export function followedOf(history: HistoryReport): Followed {
  // a load is one entry a table: its rows did not change, they were there before
  return {
    rows: history.changes.filter((change) => change.op !== 'load').length,
    more: history.next !== null,
  }
}

export interface SentenceOptions {
  readonly followed: Followed | null
  readonly now: number
  /** an instant (ISO 8601) in the reader's words */
  readonly time: (iso: string) => string
}

/** Older than this the sentence says so: ten polls at the default interval, many cycles of a busy one. */
const STALE_MS = 60_000

const number = (value: number): string => value.toLocaleString('en-US')
const tables = (value: number): string => `${number(value)} ${value === 1 ? 'table' : 'tables'}`

/** 3 s, 12 min, 5 h, 4 days */
export function ago(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [172_800_000, 'days'],
    [7_200_000, 'h'],
    [120_000, 'min'],
  ]
  const divisors: Readonly<Record<string, number>> = { days: 86_400_000, h: 3_600_000, min: 60_000 }
  const found = units.find(([least]) => ms >= least)
  if (found === undefined) return `${Math.max(0, Math.round(ms / 1_000))} s`
  return `${Math.floor(ms / (divisors[found[1]] ?? 1))} ${found[1]}`
}

/** What the snapshot's equality rests on, over all tables that follow it. */
function proofWord(status: StatusReport): string {
  const proofs = Object.values(status.tables).map((table) => table.proof)
  return proofs.includes('probable') ? 'most likely, not proved' : 'proved'
}

function equality(status: StatusReport, at: string, options: SentenceOptions): string {
  // a table that is accepted as gone is no part of the whole any more
  const states = Object.values(status.tables).filter((table) => table.state !== 'vanished')
  const live = states.filter((table) => table.state === 'live').length
  const whole = live === states.length && Object.keys(status.refused).length === 0
  const where = whole ? '' : ` in ${number(live)} of ${tables(states.length + refusedOnly(status))}`
  const age = options.now - Date.parse(at)
  const old = age > STALE_MS ? ` (${ago(age)} ago)` : ''
  return `qual to the source as of ${options.time(at)}${old}, ${proofWord(status)}${where}`
}

const refusedOnly = (status: StatusReport): number =>
  Object.keys(status.refused).filter((table) => !(table in status.tables)).length

function rowsFollowed({ followed }: SentenceOptions): string {
  if (followed === null) return ''
  if (followed.rows === 0) return '; no rows changed in the last minute'
  const rows = `${followed.more ? 'more than ' : ''}${number(followed.rows)} ${followed.rows === 1 ? 'row' : 'rows'}`
  return `; ${rows} followed in the last minute`
}

/** Shape: a StatusReport → one sentence, or two when nobody follows the source any more. */
export function statusSentence(status: StatusReport, options: SentenceOptions): string {
  const { snapshotAt } = status
  const loading = Object.values(status.tables).filter(
    (table) => table.state === 'loading' || table.state === 'waiting',
  )
  if (status.state === 'new' || snapshotAt === null) {
    return loading.length > 0
      ? `Loading for the first time: ${tables(loading.length)} to go.`
      : 'Nothing is mirrored yet.'
  }
  const equal = equality(status, snapshotAt, options)
  if (status.state === 'lagging') return `Lagging: ${status.waiting?.reason ?? 'it waits.'} E${equal}.`
  if (status.state === 'paused') return `Paused; e${equal}.`
  if (status.state === 'braked') {
    const count = status.brakes.length
    return `Stopped by ${count === 1 ? 'a brake' : `${count} brakes`} that ${count === 1 ? 'waits' : 'wait'} for a decision; e${equal}.`
  }
  const alone = status.leader === null ? ' No mirror is running now.' : ''
  return `E${equal}${status.leader === null ? '' : rowsFollowed(options)}.${alone}`
}

/** A name as a shell takes it, and `--accept` after that. */
const asArgument = (table: string): string =>
  /^[\w.-]+$/.test(table) ? table : `'${JSON.stringify([table]).replaceAll("'", `'\\''`)}'`

/** What to do about a brake, with the table's own name in the command. */
export const remedyOf = ({ table, remedy }: Brake): string =>
  table === null ? remedy : remedy.replace('--accept TABLE', () => `--accept ${asArgument(table)}`)
