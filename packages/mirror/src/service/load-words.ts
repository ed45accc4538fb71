/** What the mirror asks of the source, said for people: its bounds, what was measured of them, and how often it looks. */
import type { LimitStatus, StatusReport } from '../types.ts'

const seconds = (ms: number): string => `${ms / 1_000} s`
const percent = (share: number): string => `${Math.round(share * 1_000) / 10}%`

export const loadHeading = ['load on the source', 'limit', 'measured', 'reached'] as const

/** A row of `loadHeading` for each bound; none where nobody has led yet. */
export const loadRows = ({
  limits,
}: StatusReport): readonly (readonly [string, string, string, number])[] => {
  if (limits === null) return []
  const row = (name: string, limit: LimitStatus, show: (value: number) => string) =>
    [name, show(limit.limit), limit.measured === null ? '' : show(limit.measured), limit.reached] as const
  return [
    row('share of its time, last minute', limits.share, percent),
    row('longest statement', limits.statementMs, seconds),
    row('oldest snapshot', limits.snapshotAgeMs, seconds),
    row('threads running', limits.threadsRunning, (value) => value.toLocaleString('en-US')),
  ]
}

/** One cycle looks at all tables, so that they share its interval; '' where there is none yet. */
export const intervalSentence = ({ tables }: StatusReport): string => {
  const ms = Math.max(...Object.values(tables).map(({ intervalMs }) => intervalMs))
  return Number.isFinite(ms)
    ? `While the source is written to, each table is looked at every ${Number((ms / 1_000).toPrecision(2))} s.`
    : ''
}
