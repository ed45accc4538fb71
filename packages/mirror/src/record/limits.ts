/**
 * What bounds the load on the source, as the leader was told it and as it measured; and when it waited, and for what. Written beside
 * the cycles: while it waits there is none.
 */
import { inTransaction, type Target } from '../postgres.ts'
import type { HistoryWait } from '../types.ts'
import { isoTime } from './source.ts'

/** A step of upgrades.ts. */
export const limitsSchema = `
CREATE TABLE mirror.limits (
  source_id text PRIMARY KEY REFERENCES mirror.source,
  -- of the one that led last: what it was told, and what it has measured since
  stated jsonb NOT NULL,
  measured jsonb,
  measured_at timestamptz,
  -- {code, reason, since}: it waits now. In a row that is there: on a full disk nothing else can be written
  waiting jsonb
);
CREATE TABLE mirror.wait (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id text NOT NULL REFERENCES mirror.source,
  code text NOT NULL,
  reason text NOT NULL,
  began_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL
);
CREATE INDEX ON mirror.wait (source_id, id);
COMMENT ON TABLE mirror.wait IS 'When the mirror could not follow, and why';
`

export interface StatedLimits {
  /** share of time, 0…1 */
  readonly share: number
  readonly statementMs: number
  readonly snapshotAgeMs: number
  readonly threadsRunning: number
  readonly pollMs: number
}

type Limit = 'share' | 'statementMs' | 'snapshotAgeMs' | 'threadsRunning'

/** How much there was, null before anything was measured, and how often the limit was reached. */
export type MeasuredLimits = Readonly<
  Record<Limit, { readonly measured: number | null; readonly reached: number }>
>

export interface LimitsRecord {
  readonly stated: StatedLimits
  readonly measured: MeasuredLimits | null
  readonly measuredAt: string | null
}

/** Pauses of one reason with less between them are one: a cycle that was let through does not end the trouble. */
const sameWait = '1 minute'

/** By whoever has begun to lead: what its predecessor waited for is over, or will be met anew. */
export const stateLimits = async (target: Target, sourceId: string, stated: StatedLimits): Promise<void> => {
  await target.run(
    `INSERT INTO mirror.limits (source_id, stated) VALUES ($1, $2)
     ON CONFLICT (source_id) DO UPDATE SET stated = EXCLUDED.stated, measured = NULL, measured_at = NULL`,
    [sourceId, JSON.stringify(stated)],
  )
  await endWait(target, sourceId)
}

export const noteMeasured = async (
  target: Target,
  sourceId: string,
  measured: MeasuredLimits,
): Promise<void> => {
  await target.run(
    'UPDATE mirror.limits SET measured = $2, measured_at = clock_timestamp() WHERE source_id = $1',
    [sourceId, JSON.stringify(measured)],
  )
}

export const beginWait = async (
  target: Target,
  sourceId: string,
  code: string,
  reason: string,
): Promise<void> => {
  await target.run(
    `UPDATE mirror.limits l SET waiting = jsonb_build_object('code', $2::text, 'reason', $3::text, 'since', coalesce(
         CASE WHEN l.waiting->>'code' = $2 THEN (l.waiting->>'since')::timestamptz END,
         (SELECT w.began_at FROM mirror.wait w WHERE w.source_id = $1 AND w.code = $2
             AND w.ended_at > clock_timestamp() - interval '${sameWait}' ORDER BY w.id DESC LIMIT 1),
         clock_timestamp()))
      WHERE l.source_id = $1`,
    [sourceId, code, reason],
  )
}

/** Into the history, and over. */
export const endWait = async (target: Target, sourceId: string): Promise<void> => {
  await inTransaction(target, async () => {
    const before = `SELECT source_id, waiting->>'code' AS code, waiting->>'reason' AS reason,
       (waiting->>'since')::timestamptz AS began_at FROM mirror.limits WHERE source_id = $1 AND waiting IS NOT NULL`
    const again = await target.run(
      `UPDATE mirror.wait w SET ended_at = clock_timestamp(), reason = b.reason FROM (${before}) b
        WHERE w.source_id = b.source_id AND w.code = b.code AND w.began_at = b.began_at`,
      [sourceId],
    )
    if (again === 0)
      await target.run(
        `INSERT INTO mirror.wait (source_id, code, reason, began_at, ended_at)
         SELECT b.source_id, b.code, b.reason, b.began_at, clock_timestamp() FROM (${before}) b`,
        [sourceId],
      )
    await target.run('UPDATE mirror.limits SET waiting = NULL WHERE source_id = $1', [sourceId])
  })
}

/** False in a record that an earlier version wrote and nobody has brought up to date yet. */
export const hasLimits = async (target: Target): Promise<boolean> =>
  (await target.rows("SELECT to_regclass('mirror.limits') IS NOT NULL"))[0]?.[0] === 't'

export const readLimits = async (target: Target, sourceId: string): Promise<LimitsRecord | undefined> => {
  const [row] = await target.rows(
    `SELECT stated, measured, ${isoTime('measured_at')} FROM mirror.limits WHERE source_id = $1`,
    [sourceId],
  )
  if (row === undefined) return undefined
  return {
    stated: JSON.parse(row[0] ?? '{}') as StatedLimits,
    measured: JSON.parse(row[1] ?? 'null') as MeasuredLimits | null,
    measuredAt: row[2] ?? null,
  }
}

export interface OpenWait {
  readonly code: string
  readonly reason: string
  readonly since: string
  /** by the target's own clock */
  readonly forMs: number
}

export const readWait = async (target: Target, sourceId: string): Promise<OpenWait | undefined> => {
  const [row] = await target.rows(
    `SELECT waiting->>'code', waiting->>'reason', ${isoTime("(waiting->>'since')::timestamptz")},
       greatest(0, extract(epoch FROM clock_timestamp() - (waiting->>'since')::timestamptz) * 1000)
       FROM mirror.limits WHERE source_id = $1 AND waiting IS NOT NULL`,
    [sourceId],
  )
  if (row === undefined) return undefined
  return { code: row[0] ?? '', reason: row[1] ?? '', since: row[2] ?? '', forMs: Number(row[3]) }
}

/** Newest first; what is waited for now stands before all. */
export const readWaits = async (
  target: Target,
  sourceId: string,
  query: { readonly since?: Date; readonly limit: number },
): Promise<HistoryWait[]> => {
  const now = await readWait(target, sourceId)
  const rows = await target.rows(
    `SELECT code, reason, ${isoTime('began_at')}, ${isoTime('ended_at')} FROM mirror.wait
      WHERE source_id = $1 AND ($2::timestamptz IS NULL OR ended_at >= $2) AND began_at IS DISTINCT FROM $4::timestamptz
      ORDER BY id DESC LIMIT $3`,
    [sourceId, query.since?.toISOString() ?? null, query.limit, now?.since ?? null],
  )
  const open = now === undefined ? [] : [[now.code, now.reason, now.since, null] as const]
  return [...open, ...rows].slice(0, query.limit).map((row) => ({
    // only codes of the table are ever recorded
    code: (row[0] ?? '') as HistoryWait['code'],
    reason: row[1] ?? '',
    since: row[2] ?? '',
    until: row[3] ?? null,
  }))
}
