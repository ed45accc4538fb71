/** Changes of the source's schema, as cycles followed them; committed with the cycle, and covered by the chain of hashes. */
import type { Target } from '../postgres.ts'
import type { SchemaChange } from '../types.ts'
import { isoTime } from './source.ts'

/** A step of upgrades.ts. */
export const schemaChangeSchema = `
CREATE TABLE mirror.schema_change (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source_id text NOT NULL REFERENCES mirror.source,
  cycle bigint NOT NULL,
  table_name text NOT NULL,
  kind text NOT NULL,
  before jsonb,
  after jsonb,
  how text NOT NULL CHECK (how IN ('reload', 'in place', 'kept'))
);
CREATE INDEX ON mirror.schema_change (cycle);
CREATE INDEX ON mirror.schema_change (source_id, id);
COMMENT ON TABLE mirror.schema_change IS 'Changes of definitions in the source, and how each was followed';
`

export type RecordedSchemaChange = Omit<SchemaChange, 'cycle' | 'at'>

export const recordSchemaChanges = async (
  target: Target,
  sourceId: string,
  cycle: number,
  changes: readonly RecordedSchemaChange[],
): Promise<void> => {
  if (changes.length === 0) return
  const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))
  await target.run(
    `INSERT INTO mirror.schema_change (source_id, cycle, table_name, kind, before, after, how)
     SELECT $1, $2, c.table_name, c.kind, c.before, c.after, c.how
       FROM unnest($3::text[], $4::text[], $5::jsonb[], $6::jsonb[], $7::text[]) WITH ORDINALITY AS c(table_name, kind, before, after, how, n) ORDER BY n`,
    [
      sourceId,
      cycle,
      changes.map((change) => change.table),
      changes.map((change) => change.kind),
      changes.map((change) => json(change.before)),
      changes.map((change) => json(change.after)),
      changes.map((change) => change.how),
    ],
  )
}

/** Newest first. */
export const readSchemaChanges = async (
  target: Target,
  sourceId: string,
  query: { readonly table?: string; readonly since?: Date; readonly limit: number },
): Promise<SchemaChange[]> => {
  const rows = await target.rows(
    `SELECT s.cycle, ${isoTime('y.committed_at')}, s.table_name, s.kind, s.before, s.after, s.how
       FROM mirror.schema_change s JOIN mirror.cycle y ON y.id = s.cycle
      WHERE s.source_id = $1 AND ($2::text IS NULL OR s.table_name = $2) AND ($3::timestamptz IS NULL OR y.committed_at >= $3)
      ORDER BY s.id DESC LIMIT $4`,
    [sourceId, query.table ?? null, query.since?.toISOString() ?? null, query.limit],
  )
  const parse = (text: string | null | undefined): SchemaChange['before'] =>
    text === null || text === undefined ? null : (JSON.parse(text) as SchemaChange['before'])
  return rows.map((row) => ({
    cycle: Number(row[0]),
    at: row[1] ?? '',
    table: row[2] ?? '',
    kind: (row[3] ?? 'definition changed') as SchemaChange['kind'],
    before: parse(row[4]),
    after: parse(row[5]),
    how: (row[6] ?? 'reload') as SchemaChange['how'],
  }))
}
