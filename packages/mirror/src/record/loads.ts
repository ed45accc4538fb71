/**
 * Loads under way, each with how far it has come: committed with every piece, so that whoever leads next goes on there.
 *
 *   rows     pieces are read and copied; `position` is the last key that was copied, null before the first
 *   indexes  all rows are there; keys and indexes are being made, `steps` of them are
 *   ready    waits for the cycle whose snapshot proves it
 *
 * Exact values of a load stand in mirror.exact_value and mirror.exact_row like others, but under an identity that no source can have,
 * until the table is put in its place.
 */
import type { KeyBytes, Segment } from '../model.ts'
import type { Target } from '../postgres.ts'
import { clearExactRows } from './exact-row.ts'
import { clearExactValues } from './ledger.ts'
import { forgetRowStates, loadingNumber } from './row-state.ts'
import { formatByteaArray, parseByteaArray, toSegment } from './tables.ts'

/** A step of upgrades.ts. */
export const loadsSchema = `
CREATE TABLE mirror.load_state (
  table_id integer PRIMARY KEY REFERENCES mirror.table_state (table_id) ON DELETE CASCADE,
  -- of the definition that is being loaded
  fingerprint text NOT NULL,
  phase text NOT NULL DEFAULT 'rows',
  position bytea[],
  rows bigint NOT NULL DEFAULT 0,
  estimated_rows bigint NOT NULL,
  exact_values bigint NOT NULL DEFAULT 0,
  segments integer NOT NULL DEFAULT 0,
  steps integer NOT NULL DEFAULT 0,
  pieces bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE mirror.load_segment (
  table_id integer NOT NULL REFERENCES mirror.load_state (table_id) ON DELETE CASCADE,
  segment_id integer NOT NULL,
  low_key bytea[],
  rows bigint NOT NULL,
  digest numeric NOT NULL,
  PRIMARY KEY (table_id, segment_id)
);
`

export interface LoadRecord {
  readonly tableId: number
  readonly table: string
  readonly fingerprint: string
  readonly phase: 'rows' | 'indexes' | 'ready'
  readonly position: KeyBytes | null
  readonly rows: number
  /** by the source's statistics when the load began */
  readonly estimatedRows: number
  readonly exactValues: number
  /** numbered in key order, from 0 */
  readonly segments: number
  readonly steps: number
  /** not recorded: the segments from this one on hold what the cycle's own snapshot showed, so that it need not be proved */
  readonly seenFrom?: number
}

/** Where exact values of a load stand until it is in its place: no source's name holds a control character. */
export const stagedSource = (tableId: number): string => `\u0001loading ${tableId}`

/** False in a record that an earlier version wrote and nobody has brought up to date yet. */
export const hasLoads = async (target: Target): Promise<boolean> =>
  (await target.rows("SELECT to_regclass('mirror.load_state') IS NOT NULL"))[0]?.[0] === 't'

/** By table name. */
export const readLoads = async (
  target: Target,
  sourceId: string,
): Promise<ReadonlyMap<string, LoadRecord>> => {
  const rows = await target.rows(
    `SELECT l.table_id, t.table_name, l.fingerprint, l.phase, l.position, l.rows, l.estimated_rows, l.exact_values,
            l.segments, l.steps
       FROM mirror.load_state l JOIN mirror.table_state t USING (table_id) WHERE t.source_id = $1 ORDER BY l.table_id`,
    [sourceId],
  )
  return new Map(
    rows.map((row) => {
      const load: LoadRecord = {
        tableId: Number(row[0]),
        table: row[1] ?? '',
        fingerprint: row[2] ?? '',
        phase: (row[3] ?? 'rows') as LoadRecord['phase'],
        position: row[4] === null || row[4] === undefined ? null : parseByteaArray(row[4]),
        rows: Number(row[5]),
        estimatedRows: Number(row[6]),
        exactValues: Number(row[7]),
        segments: Number(row[8]),
        steps: Number(row[9]),
      }
      return [load.table, load] as const
    }),
  )
}

export const startLoad = async (
  target: Target,
  tableId: number,
  fingerprint: string,
  estimatedRows: number,
): Promise<void> => {
  await target.run(
    'INSERT INTO mirror.load_state (table_id, fingerprint, estimated_rows) VALUES ($1, $2, $3)',
    [tableId, fingerprint, estimatedRows],
  )
}

/** Within the transaction that copied the rows. `segments`: those that this piece filled or began. */
export const advanceLoad = async (
  target: Target,
  load: LoadRecord,
  segments: readonly Segment[],
): Promise<void> => {
  await target.run(
    `UPDATE mirror.load_state SET phase = $2, position = $3::text::bytea[], rows = $4, exact_values = $5, segments = $6,
       pieces = pieces + 1 WHERE table_id = $1`,
    [load.tableId, load.phase, formatByteaArray(load.position), load.rows, load.exactValues, load.segments],
  )
  if (segments.length === 0) return
  await target.run(
    `INSERT INTO mirror.load_segment (table_id, segment_id, low_key, rows, digest)
     SELECT $1, s.id, s.low::bytea[], s.rows, s.digest
       FROM unnest($2::int[], $3::text[], $4::bigint[], $5::numeric[]) AS s(id, low, rows, digest)
     ON CONFLICT (table_id, segment_id) DO UPDATE SET rows = EXCLUDED.rows, digest = EXCLUDED.digest`,
    [
      load.tableId,
      segments.map((segment) => segment.id),
      segments.map((segment) => formatByteaArray(segment.low)),
      segments.map((segment) => segment.rows),
      segments.map((segment) => String(segment.digest)),
    ],
  )
}

export const stepLoad = async (
  target: Target,
  tableId: number,
  steps: number,
  isLast: boolean,
): Promise<void> => {
  await target.run('UPDATE mirror.load_state SET steps = $2, phase = $3 WHERE table_id = $1', [
    tableId,
    steps,
    isLast ? 'ready' : 'indexes',
  ])
}

/** In key order; `from`: those with this number and above. */
export const readLoadSegments = async (target: Target, tableId: number, from = 0): Promise<Segment[]> => {
  const rows = await target.rows(
    `SELECT segment_id, low_key, rows, digest FROM mirror.load_segment
      WHERE table_id = $1 AND segment_id >= $2 ORDER BY segment_id`,
    [tableId, from],
  )
  return rows.map(toSegment)
}

/** Forgets the load and all that it left but the loading table itself. */
export const dropLoad = async (target: Target, tableId: number): Promise<void> => {
  await target.run('DELETE FROM mirror.load_state WHERE table_id = $1', [tableId])
  await forgetRowStates(target, loadingNumber(tableId))
  const staged = stagedSource(tableId)
  await clearExactValues(target, staged, String(tableId))
  await clearExactRows(target, staged, String(tableId))
}

/** What was loaded does not hold: the next cycle gives it up and begins again. */
export const restartLoad = async (target: Target, tableId: number): Promise<void> => {
  await target.run("UPDATE mirror.load_state SET fingerprint = 'distrusted' WHERE table_id = $1", [tableId])
}

/** What a load kept aside becomes the table's own, in the place of what was. */
export const publishExact = async (
  target: Target,
  sourceId: string,
  table: string,
  tableId: number,
): Promise<void> => {
  await clearExactValues(target, sourceId, table)
  await clearExactRows(target, sourceId, table)
  for (const relation of ['exact_value', 'exact_row']) {
    await target.run(
      `UPDATE mirror.${relation} SET source_id = $1, table_name = $2 WHERE source_id = $3 AND table_name = $4`,
      [sourceId, table, stagedSource(tableId), String(tableId)],
    )
  }
}

/** The load ends: its record goes, what it loaded stays. */
export const forgetLoad = async (target: Target, tableId: number): Promise<void> => {
  await target.run('DELETE FROM mirror.load_state WHERE table_id = $1', [tableId])
}
