/** The record of each table: its state, its definition when it was loaded, its segments and their digests. */
import type { KeptDefinition, KeyBytes, RangeDigest, Segment } from '../model.ts'
import { inTransaction, type PostgresRow, type Target } from '../postgres.ts'
import type { Consistency, SnapshotProof, TableStateName } from '../types.ts'
import { type BrakeRecord, isoTime, raiseRevision } from './source.ts'

export interface TableRecord {
  readonly id: number
  readonly name: string
  readonly targetName: string
  readonly state: TableStateName
  /** column names, as loaded */
  readonly columns: readonly string[]
  readonly definition: KeptDefinition
  readonly fingerprint: string | null
  readonly rows: number
  readonly exactValues: number
  readonly consistency: Consistency
  readonly proof: SnapshotProof | null
  readonly provedAt: string | null
  readonly scanMs: number
  readonly nextSegment: number
  readonly brake: BrakeRecord | null
  /** the brake that was taken off, until a cycle has used the decision up */
  readonly accepted: string | null
  readonly refusal: { readonly code: string; readonly reason: string } | null
}

const columns = `table_id, table_name, target_name, state, definition, fingerprint, rows, exact_values, consistency,
  proof, ${isoTime('proved_at')}, scan_ms, next_segment, brake_code, brake_reason, ${isoTime('brake_since')},
  accepted, refusal_code, refusal_reason`

export const readTables = async (target: Target, sourceId: string): Promise<Map<string, TableRecord>> => {
  const rows = await target.rows(
    `SELECT ${columns} FROM mirror.table_state WHERE source_id = $1 ORDER BY table_name COLLATE "C"`,
    [sourceId],
  )
  return new Map(
    rows.map((row) => {
      const brakeCode = row[13] ?? null
      const refusalCode = row[17] ?? null
      const definition = JSON.parse(row[4] ?? '{"columns":[]}') as KeptDefinition
      const record: TableRecord = {
        id: Number(row[0]),
        name: row[1] ?? '',
        targetName: row[2] ?? '',
        state: (row[3] ?? 'waiting') as TableStateName,
        columns: definition.columns,
        definition,
        fingerprint: row[5] ?? null,
        rows: Number(row[6]),
        exactValues: Number(row[7]),
        consistency: (row[8] ?? 'cycle') as Consistency,
        proof: (row[9] ?? null) as SnapshotProof | null,
        provedAt: row[10] ?? null,
        scanMs: Number(row[11]),
        nextSegment: Number(row[12]),
        brake: brakeCode === null ? null : { code: brakeCode, reason: row[14] ?? '', since: row[15] ?? '' },
        accepted: row[16] ?? null,
        refusal: refusalCode === null ? null : { code: refusalCode, reason: row[18] ?? '' },
      }
      return [record.name, record] as const
    }),
  )
}

/** A record for a table that was not known, in state `waiting`. */
export const addTable = async (
  target: Target,
  sourceId: string,
  name: string,
  targetName: string,
): Promise<number> => {
  const [row] = await target.rows(
    `INSERT INTO mirror.table_state (source_id, table_name, target_name, state) VALUES ($1, $2, $3, 'waiting')
     ON CONFLICT (source_id, table_name) DO UPDATE SET target_name = EXCLUDED.target_name RETURNING table_id`,
    [sourceId, name, targetName],
  )
  return Number(row?.[0])
}

export interface TableProgress {
  readonly rows: number
  readonly exactValues: number
  readonly nextSegment: number
  readonly scanMs: number
  readonly proof: SnapshotProof
  readonly provedAt: string
}

/** The table is equal to the source as of `provedAt`. */
export const advanceTable = async (target: Target, id: number, progress: TableProgress): Promise<void> => {
  await target.run(
    `UPDATE mirror.table_state SET state = 'live', rows = $2, exact_values = $3, next_segment = $4, scan_ms = $5,
       proof = $6, proved_at = $7, accepted = NULL, refusal_code = NULL, refusal_reason = NULL
     WHERE table_id = $1`,
    [
      id,
      progress.rows,
      progress.exactValues,
      progress.nextSegment,
      progress.scanMs,
      progress.proof,
      progress.provedAt,
    ],
  )
}

export const defineTable = async (
  target: Target,
  id: number,
  definition: KeptDefinition,
  fingerprint: string,
  consistency: Consistency,
): Promise<void> => {
  await target.run(
    'UPDATE mirror.table_state SET definition = $2, fingerprint = $3, consistency = $4 WHERE table_id = $1',
    [id, JSON.stringify(definition), fingerprint, consistency],
  )
}

export const setConsistency = async (target: Target, id: number, consistency: Consistency): Promise<void> => {
  await target.run('UPDATE mirror.table_state SET consistency = $2 WHERE table_id = $1', [id, consistency])
}

/** `provedAt`: the last snapshot at which the table was equal to the source; there it stays. */
export const brakeTable = async (
  target: Target,
  id: number,
  code: string,
  reason: string,
  provedAt: string | null,
): Promise<void> => {
  await target.run(
    `UPDATE mirror.table_state SET state = 'braked', brake_code = $2, brake_reason = $3, brake_since = clock_timestamp(),
       proved_at = $4 WHERE table_id = $1`,
    [id, code, reason, provedAt],
  )
}

export const refuseTable = async (
  target: Target,
  id: number,
  code: string,
  reason: string,
): Promise<void> => {
  await target.run(
    "UPDATE mirror.table_state SET state = 'refused', refusal_code = $2, refusal_reason = $3 WHERE table_id = $1",
    [id, code, reason],
  )
}

/** `provedAt`: where a table stops being followed, the last snapshot at which it was equal to the source. */
export const setTableState = async (
  target: Target,
  id: number,
  state: TableStateName,
  provedAt: string | null,
): Promise<void> => {
  await target.run(
    'UPDATE mirror.table_state SET state = $2, accepted = NULL, proved_at = $3 WHERE table_id = $1',
    [id, state, provedAt],
  )
}

/** A decision holds for one cycle. `later`: tables that are still to follow in it */
export const useUpAcceptances = async (
  target: Target,
  sourceId: string,
  later: readonly string[],
): Promise<void> => {
  await target.run(
    `UPDATE mirror.table_state SET accepted = NULL
      WHERE source_id = $1 AND accepted IS NOT NULL AND brake_code IS NULL AND table_name <> ALL($2::text[])`,
    [sourceId, later],
  )
}

/**
 * Takes the brake off; what it held is done by the next cycle, also by that of a leader that has read the record already. False when the table has
 * no brake.
 */
export const acceptTable = async (target: Target, sourceId: string, name: string): Promise<boolean> =>
  inTransaction(target, async () => {
    // first, as in a cycle: it takes this lock before those of tables
    await raiseRevision(target, sourceId)
    const taken = await target.run(
      `UPDATE mirror.table_state SET state = 'live', brake_code = NULL, brake_reason = NULL, brake_since = NULL,
         accepted = concat_ws(' ', accepted, brake_code) WHERE source_id = $1 AND table_name = $2 AND brake_code IS NOT NULL`,
      [sourceId, name],
    )
    return taken > 0
  })

export const parseByteaArray = (text: string): Buffer[] =>
  text
    .slice(1, -1)
    .split(',')
    .map((item) => Buffer.from(item.replaceAll(/["\\x]/g, ''), 'hex'))

export const formatByteaArray = (key: KeyBytes | null): string | null =>
  key === null ? null : `{${key.map((part) => `"\\\\x${part.toString('hex')}"`).join(',')}}`

/** A row of segment_id, low_key, rows, digest. */
export const toSegment = (row: PostgresRow): Segment => ({
  id: Number(row[0]),
  low: row[1] === null || row[1] === undefined ? null : parseByteaArray(row[1]),
  rows: Number(row[2]),
  digest: BigInt(row[3] ?? '0'),
})

/** In key order. */
export const readSegments = async (target: Target, tableId: number): Promise<Segment[]> => {
  const rows = await target.rows(
    'SELECT segment_id, low_key, rows, digest FROM mirror.segment WHERE table_id = $1 ORDER BY position',
    [tableId],
  )
  return rows.map(toSegment)
}

/** Replaces all segments of a table: after a load, or where one was divided. */
export const replaceSegments = async (
  target: Target,
  tableId: number,
  segments: readonly Segment[],
): Promise<void> => {
  await target.run('DELETE FROM mirror.segment WHERE table_id = $1', [tableId])
  await target.run(
    `INSERT INTO mirror.segment (table_id, segment_id, position, low_key, rows, digest)
     SELECT $1, s.id, s.position, s.low::bytea[], s.rows, s.digest
       FROM unnest($2::int[], $3::int[], $4::text[], $5::bigint[], $6::numeric[]) AS s(id, position, low, rows, digest)`,
    [
      tableId,
      segments.map((segment) => segment.id),
      segments.map((_, index) => index),
      segments.map((segment) => formatByteaArray(segment.low)),
      segments.map((segment) => segment.rows),
      segments.map((segment) => String(segment.digest)),
    ],
  )
}

export const updateSegments = async (
  target: Target,
  tableId: number,
  digests: ReadonlyMap<number, RangeDigest>,
): Promise<void> => {
  const entries = [...digests]
  await target.run(
    `UPDATE mirror.segment AS s SET rows = n.rows, digest = n.digest
       FROM unnest($2::int[], $3::bigint[], $4::numeric[]) AS n(id, rows, digest)
      WHERE s.table_id = $1 AND s.segment_id = n.id`,
    [
      tableId,
      entries.map(([id]) => id),
      entries.map(([, digest]) => digest.rows),
      entries.map(([, digest]) => String(digest.digest)),
    ],
  )
}

/** Their digests become none that the source answers, so that their rows are compared when the table is next scanned. */
export const unsettleSegments = async (
  target: Target,
  tableId: number,
  segmentIds: readonly number[],
): Promise<void> => {
  await target.run(
    'UPDATE mirror.segment SET digest = digest + 1 WHERE table_id = $1 AND segment_id = ANY($2::int[])',
    [tableId, segmentIds],
  )
}
