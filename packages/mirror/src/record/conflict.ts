/** Conflicts: rows of the copy that were not what the engine wrote, with both versions. Committed with the cycle that met them. */
import type { CanonicalKey } from '../model.ts'
import type { Target } from '../postgres.ts'
import type { Conflict, RowImage } from '../types.ts'
import { escapeNul, unescapeNul } from './key-id.ts'
import { isoTime } from './source.ts'

/** A step of upgrades.ts. */
export const conflictSchema = `
CREATE TABLE mirror.conflict (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id text NOT NULL REFERENCES mirror.source,
  cycle bigint NOT NULL,
  table_name text NOT NULL,
  -- as the ledger tells keys; empty for a table without one
  key jsonb NOT NULL,
  kind text NOT NULL CHECK (kind IN ('changed', 'missing', 'extra')),
  -- what should stand there, and what stood there
  expected jsonb,
  found jsonb,
  outcome text NOT NULL CHECK (outcome IN ('repaired', 'kept', 'stopped'))
);
CREATE INDEX ON mirror.conflict (cycle);
CREATE INDEX ON mirror.conflict (source_id, table_name, md5(key::text), id);
COMMENT ON TABLE mirror.conflict IS 'Rows of the copy that somebody else changed, with both versions';
-- when the copy was last compared with what is recorded, as a whole
ALTER TABLE mirror.source ADD COLUMN drift_checked_at timestamptz;
`

export type RecordedConflict = Omit<Conflict, 'cycle' | 'at' | 'table'>

const json = (image: RowImage | null): string | null => (image === null ? null : JSON.stringify(image))
const keyText = (key: CanonicalKey): string => JSON.stringify(key.map(escapeNul))

/** One that is kept is met again each time: it is recorded once, until one of its versions is another. */
export const recordConflicts = async (
  target: Target,
  sourceId: string,
  cycle: number,
  table: string,
  conflicts: readonly RecordedConflict[],
): Promise<void> => {
  if (conflicts.length === 0) return
  await target.run(
    `INSERT INTO mirror.conflict (source_id, cycle, table_name, key, kind, expected, found, outcome)
     SELECT $1, $2, $3, c.key, c.kind, c.expected, c.found, c.outcome
       FROM unnest($4::jsonb[], $5::text[], $6::jsonb[], $7::jsonb[], $8::text[]) WITH ORDINALITY AS c(key, kind, expected, found, outcome, n)
      WHERE c.outcome <> 'kept' OR NOT EXISTS (
        SELECT 1 FROM (SELECT k.* FROM mirror.conflict k WHERE k.source_id = $1 AND k.table_name = $3
                         AND md5(k.key::text) = md5(c.key::text) AND k.key = c.key ORDER BY k.id DESC LIMIT 1) AS last
         WHERE last.outcome = 'kept' AND last.kind = c.kind
           AND last.expected IS NOT DISTINCT FROM c.expected AND last.found IS NOT DISTINCT FROM c.found)
      ORDER BY c.n`,
    [
      sourceId,
      cycle,
      table,
      conflicts.map(({ key }) => keyText(key)),
      conflicts.map(({ kind }) => kind),
      conflicts.map(({ expected }) => json(expected)),
      conflicts.map(({ found }) => json(found)),
      conflicts.map(({ outcome }) => outcome),
    ],
  )
}

/** False in a record that an earlier version wrote and nobody has brought up to date yet. */
export const hasConflicts = async (target: Target): Promise<boolean> =>
  (await target.rows("SELECT to_regclass('mirror.conflict') IS NOT NULL"))[0]?.[0] === 't'

/** By table: all that were recorded, and the rows that stand kept now. */
export const countConflicts = async (
  target: Target,
  sourceId: string,
): Promise<ReadonlyMap<string, { readonly conflicts: number; readonly kept: number }>> => {
  const rows = await target.rows(
    `SELECT table_name, count(*), count(*) FILTER (WHERE outcome = 'kept' AND number = 1)
       FROM (SELECT table_name, outcome, row_number() OVER (PARTITION BY table_name, key ORDER BY id DESC) AS number
               FROM mirror.conflict WHERE source_id = $1) AS c GROUP BY table_name`,
    [sourceId],
  )
  return new Map(
    rows.map(([name, conflicts, kept]) => [name ?? '', { conflicts: Number(conflicts), kept: Number(kept) }]),
  )
}

/** Newest first. */
export const readConflicts = async (
  target: Target,
  sourceId: string,
  query: { readonly table?: string; readonly since?: Date; readonly limit: number },
): Promise<Conflict[]> => {
  const rows = await target.rows(
    `SELECT f.cycle, ${isoTime('y.committed_at')}, f.table_name, f.key, f.kind, f.expected, f.found, f.outcome
       FROM mirror.conflict f JOIN mirror.cycle y ON y.id = f.cycle
      WHERE f.source_id = $1 AND ($2::text IS NULL OR f.table_name = $2) AND ($3::timestamptz IS NULL OR y.committed_at >= $3)
      ORDER BY f.id DESC LIMIT $4`,
    [sourceId, query.table ?? null, query.since?.toISOString() ?? null, query.limit],
  )
  const image = (text: string | null | undefined): RowImage | null =>
    text === null || text === undefined ? null : (JSON.parse(text) as RowImage)
  return rows.map((row) => ({
    cycle: Number(row[0]),
    at: row[1] ?? '',
    table: row[2] ?? '',
    key: (JSON.parse(row[3] ?? '[]') as string[]).map(unescapeNul),
    kind: (row[4] ?? 'changed') as Conflict['kind'],
    expected: image(row[5]),
    found: image(row[6]),
    outcome: (row[7] ?? 'repaired') as Conflict['outcome'],
  }))
}

/** How long ago the copy was last compared as a whole, in ms by the target's own clock; null: never. */
export const sinceDriftCheck = async (target: Target, sourceId: string): Promise<number | null> => {
  const [row] = await target.rows(
    'SELECT extract(epoch FROM clock_timestamp() - drift_checked_at) * 1000 FROM mirror.source WHERE source_id = $1',
    [sourceId],
  )
  return row?.[0] === null || row?.[0] === undefined ? null : Number(row[0])
}

export const noteDriftCheck = async (target: Target, sourceId: string): Promise<void> => {
  await target.run('UPDATE mirror.source SET drift_checked_at = clock_timestamp() WHERE source_id = $1', [
    sourceId,
  ])
}
