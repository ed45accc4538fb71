/**
 * What was added to the engine's tables since version 1, in order: step n leads from version n to version n + 1. A
 * target that is there already is brought up to date by whoever leads next; a new one runs through all of them.
 */
import { conflictSchema } from './conflict.ts'
import { definitionsSchema } from './definitions.ts'
import { keylessSchema } from './keyless.ts'
import { schemaChangeSchema } from './schema-change.ts'
import { limitsSchema } from './limits.ts'
import { loadsSchema } from './loads.ts'
import { rowPackSchema } from './row-state.ts'

/**
 * Rows whose key PostgreSQL cannot hold, each kept whole (record/exact-row.ts). Keys of any length must find a place in the
 * record, and a B-tree entry holds 2,704 bytes: the indexes over keys hold hashes from here on. Of exact values there is one a
 * column; two 64-bit hashes are as good as the key there.
 */
const exactRows = `
CREATE TABLE mirror.exact_row (
  source_id text NOT NULL,
  table_name text NOT NULL,
  key_digest bytea NOT NULL,
  key bytea[] NOT NULL,
  column_names text[] NOT NULL,
  source_bytes bytea[] NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (source_id, table_name, key_digest)
);
COMMENT ON TABLE mirror.exact_row IS
  'Rows whose key PostgreSQL cannot hold, byte for byte; they do not stand in the mirrored table';
COMMENT ON COLUMN mirror.exact_row.source_bytes IS
  'Per column of column_names what the source sends for it; NULL is NULL';

ALTER TABLE mirror.exact_value DROP CONSTRAINT exact_value_pkey;
CREATE UNIQUE INDEX exact_value_key ON mirror.exact_value
  (source_id, table_name, hash_array_extended(key, 0), hash_array_extended(key, 1), column_name);

DROP INDEX mirror.change_source_id_table_name_key_idx;
CREATE INDEX change_key ON mirror.change (source_id, table_name, hash_array_extended(key, 0));
`

/** Cycles and ledger are covered by a chain of hashes (record/chain.ts). Rows from before have none. */
const hashChain = `
ALTER TABLE mirror.cycle ADD COLUMN previous bytea, ADD COLUMN chain bytea;
-- the newest link, so that a cycle cut off from the end is missed, too
ALTER TABLE mirror.source ADD COLUMN chain bytea;
-- broken links that somebody has acknowledged, as they stood then
CREATE TABLE mirror.acknowledged_break (
  source_id text NOT NULL REFERENCES mirror.source,
  cycle bigint NOT NULL,
  previous bytea,
  chain bytea,
  expected bytea,
  acknowledged_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
`

export const upgrades: readonly string[] = [
  exactRows,
  hashChain,
  definitionsSchema,
  keylessSchema,
  schemaChangeSchema,
  loadsSchema,
  conflictSchema,
  limitsSchema,
  rowPackSchema,
]
