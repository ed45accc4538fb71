/** The record of one source: who leads, how far it is proved, whether it is paused or braked. */
import { randomBytes } from 'node:crypto'
import { MirrorError } from '../errors.ts'
import type { Target } from '../postgres.ts'

export interface BrakeRecord {
  readonly code: string
  readonly reason: string
  readonly since: string
}

export interface SourceRecord {
  readonly sourceId: string
  readonly databaseName: string
  readonly identity: string | null
  readonly tableTimes: Readonly<Record<string, string>>
  readonly position: string | null
  readonly token: string | null
  readonly epoch: number
  readonly leader: string | null
  readonly revision: number
  readonly paused: boolean
  readonly cycle: number | null
  readonly snapshotAt: string | null
  readonly deepScanAt: string | null
  readonly brake: BrakeRecord | null
  /** the brake that was taken off, until a cycle has used the decision up */
  readonly accepted: string | null
  readonly redactionKey: Buffer
  /** TABLE.COLUMN in lower case */
  readonly redacted: readonly string[]
  /** tables are being loaded, where that was asked for */
  readonly loading: boolean
}

/** A timestamptz as ISO 8601 with microseconds. */
export const isoTime = (column: string): string =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const columns = `source_id, identity, table_times, position, token, epoch, leader, revision,
  coalesce((SELECT c.paused FROM mirror.control c WHERE c.source_id = source.source_id), false), cycle,
  ${isoTime('snapshot_at')}, ${isoTime('deep_scan_at')}, brake_code, brake_reason, ${isoTime('brake_since')},
  accepted, redaction_key, array_to_json(redacted), database_name`

/** In a record that an earlier version wrote there is no such table. */
const isLoading =
  'EXISTS (SELECT 1 FROM mirror.load_state l JOIN mirror.table_state t USING (table_id) WHERE t.source_id = source.source_id)'

const maybeNumber = (text: string | null | undefined): number | null =>
  text === null || text === undefined ? null : Number(text)

/** `leads`: the record is of this version, and loads are asked for. */
export const readSource = async (
  target: Target,
  sourceId: string,
  leads = false,
): Promise<SourceRecord | undefined> => {
  const [row] = await target.rows(
    `SELECT ${columns}${leads ? `, ${isLoading}` : ''} FROM mirror.source WHERE source_id = $1`,
    [sourceId],
    leads ? { prepared: 'mirror_source' } : {},
  )
  if (row === undefined) return undefined
  const brakeCode = row[12] ?? null
  return {
    sourceId: row[0] ?? '',
    identity: row[1] ?? null,
    tableTimes: JSON.parse(row[2] ?? '{}') as Record<string, string>,
    position: row[3] ?? null,
    token: row[4] ?? null,
    epoch: Number(row[5]),
    leader: row[6] ?? null,
    revision: Number(row[7]),
    paused: row[8] === 't',
    cycle: maybeNumber(row[9]),
    snapshotAt: row[10] ?? null,
    deepScanAt: row[11] ?? null,
    brake: brakeCode === null ? null : { code: brakeCode, reason: row[13] ?? '', since: row[14] ?? '' },
    accepted: row[15] ?? null,
    redactionKey: Buffer.from((row[16] ?? '\\x').slice(2), 'hex'),
    redacted: JSON.parse(row[17] ?? '[]') as string[],
    databaseName: row[18] ?? '',
    loading: row[19] === 't',
  }
}

/** The lock of one source in the target: two keys, so that it cannot meet another application's by accident. */
const leaderLock = "hashtext('matricula mirror'), hashtext($1)"

/** Tries to become the only writer: session lock, then a new epoch. False when another mirror holds the lock. */
export const tryLead = async (
  target: Pick<Target, 'rows'>,
  sourceId: string,
  databaseName: string,
  name: string,
): Promise<number | undefined> => {
  const [lock] = await target.rows(`SELECT pg_try_advisory_lock(${leaderLock})`, [sourceId])
  if (lock?.[0] !== 't') return undefined
  const [row] = await target.rows(
    `INSERT INTO mirror.source (source_id, database_name, redaction_key, epoch, leader) VALUES ($1, $2, $3, 1, $4)
     ON CONFLICT (source_id) DO UPDATE SET epoch = mirror.source.epoch + 1, leader = EXCLUDED.leader
     RETURNING epoch`,
    [sourceId, databaseName, `\\x${randomBytes(32).toString('hex')}`, name],
  )
  return Number(row?.[0])
}

/** What was once kept out of ledger and answers stays out. */
export const rememberRedacted = async (
  target: Target,
  sourceId: string,
  columns: ReadonlySet<string>,
): Promise<void> => {
  await target.run(
    `UPDATE mirror.source SET redacted = redacted || ARRAY(SELECT unnest($2::text[]) EXCEPT SELECT unnest(redacted))
      WHERE source_id = $1 AND NOT redacted @> $2::text[]`,
    [sourceId, [...columns]],
  )
}

/** The lock of source $1, as pg_locks lists it. */
const heldLock = `l.locktype = 'advisory' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid::bigint = hashtext('matricula mirror')::bigint & 4294967295
  AND l.objid::bigint = hashtext($1)::bigint & 4294967295`

/** The name and epoch of the mirror that holds the lock now; null when nobody does. */
export const currentLeader = async (
  target: Target,
  sourceId: string,
): Promise<{ name: string; epoch: number } | null> => {
  const [row] = await target.rows(
    `SELECT s.leader, s.epoch FROM mirror.source s
      WHERE s.source_id = $1 AND EXISTS (SELECT 1 FROM pg_locks l WHERE ${heldLock})`,
    [sourceId],
  )
  return row === undefined ? null : { name: row[0] ?? '', epoch: Number(row[1]) }
}

/** How often a leader gives a sign of life on its connection, whatever it waits for. */
export const heartbeatMs = 3_000
/** In seconds. */
export interface Silence {
  /** Between two statements. Five signs missed: the process is frozen, or its machine is cut off and nobody has told the server. */
  readonly between: number
  /** Within one that waits for the leader's rows: more than the leader itself gives any statement. */
  readonly within: number
}

const frozenAfter: Silence = { between: 15, within: 150 }

/**
 * Ends the leader's connection when it has been silent for too long, and with it its lock. One whose last sign lies in the future has been
 * silent since the server's clock was set back. Were it to wake up, its
 * transaction is gone, and the epoch will have moved. True when there was one to end.
 */
export const evictFrozenLeader = async (
  target: Target,
  sourceId: string,
  { between, within }: Silence = frozenAfter,
): Promise<boolean> => {
  const rows = await target.rows(
    `SELECT pg_terminate_backend(a.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE ${heldLock} AND abs(extract(epoch FROM clock_timestamp() - a.state_change))
        > CASE WHEN a.state <> 'active' THEN $2::float8 WHEN a.wait_event = 'ClientRead' THEN $3::float8 ELSE 'infinity' END`,
    [sourceId, between, within],
  )
  return rows.length > 0
}

/**
 * First statement of each writing transaction: locks the record and makes sure that the epoch is still ours, so that a
 * mirror that was frozen and woke up later cannot write (fencing). Returns the record's revision.
 */
export const enterEpoch = async (target: Target, sourceId: string, epoch: number): Promise<number> => {
  const [row] = await target.rows(
    'SELECT epoch, revision FROM mirror.source WHERE source_id = $1 FOR UPDATE',
    [sourceId],
  )
  if (row === undefined || Number(row[0]) !== epoch) {
    throw new MirrorError('MIRROR_4002', { detail: `epoch ${epoch}, now ${row?.[0] ?? 'none'}` })
  }
  return Number(row[1])
}

export interface SourceProgress {
  readonly cycle: number
  readonly snapshotAt: string
  readonly databaseName: string
  readonly identity: string | null
  /** null: as before; a long list need not be written once a second */
  readonly tableTimes: Readonly<Record<string, string>> | null
  readonly position: string | null
  readonly token: string | null
  /** every table was scanned, on nobody's word */
  readonly deep: boolean
}

/** Over `mirror.source s`; $2 to $8 are `progressValues`. */
export const progressColumns = `snapshot_at = $2, identity = $3, table_times = coalesce($4, s.table_times),
       position = $5, token = $6, deep_scan_at = CASE WHEN $7 THEN $2::timestamptz ELSE s.deep_scan_at END,
       database_name = $8`

export const progressValues = (progress: Omit<SourceProgress, 'cycle'>): readonly unknown[] => [
  progress.snapshotAt,
  progress.identity,
  progress.tableTimes === null ? null : JSON.stringify(progress.tableTimes),
  progress.position,
  progress.token,
  progress.deep,
  progress.databaseName,
]

/**
 * Moves the record to the snapshot that is about to be committed. An accepted brake is used up by that, unless `isPart`: other tables, to which the
 * decision applies as well, are still to follow.
 */
export const advanceSource = async (
  target: Target,
  sourceId: string,
  progress: SourceProgress,
  isPart = false,
): Promise<void> => {
  await target.run(
    `UPDATE mirror.source s SET cycle = $9, accepted = CASE WHEN $10 THEN s.accepted END, ${progressColumns} WHERE source_id = $1`,
    [sourceId, ...progressValues(progress), progress.cycle, isPart],
  )
}

/** What the log said last is no word on what is going to be read now: the next cycle looks. */
export const forgetToken = async (target: Target, sourceId: string, epoch: number): Promise<void> => {
  await target.run('UPDATE mirror.source SET token = NULL WHERE source_id = $1 AND epoch = $2', [
    sourceId,
    epoch,
  ])
}

export const brakeSource = async (
  target: Target,
  sourceId: string,
  code: string,
  reason: string,
): Promise<void> => {
  await target.run(
    `UPDATE mirror.source SET brake_code = $2, brake_reason = $3, brake_since = clock_timestamp() WHERE source_id = $1`,
    [sourceId, code, reason],
  )
}

export const setPaused = async (target: Target, sourceId: string, paused: boolean): Promise<void> => {
  await target.run(
    `INSERT INTO mirror.control (source_id, paused) VALUES ($1, $2)
     ON CONFLICT (source_id) DO UPDATE SET paused = EXCLUDED.paused`,
    [sourceId, paused],
  )
}

/** For commands beside the leader: each raises the revision, at which the leader reads the record anew. */
export const acceptSource = async (target: Target, sourceId: string): Promise<boolean> =>
  (await target.run(
    `UPDATE mirror.source SET brake_code = NULL, brake_reason = NULL, brake_since = NULL, accepted = brake_code,
       revision = revision + 1 WHERE source_id = $1 AND brake_code IS NOT NULL`,
    [sourceId],
  )) > 0

export const raiseRevision = async (target: Target, sourceId: string): Promise<void> => {
  await target.run('UPDATE mirror.source SET revision = revision + 1 WHERE source_id = $1', [sourceId])
}
