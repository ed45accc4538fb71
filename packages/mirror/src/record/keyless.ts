/**
 * What is known of the rows of a table without a key: by the digest that the source gives, how many rows have it, and
 * PostgreSQL's own hash of such a row, by which the copy's rows are found again. Two digests may have one hash, where PostgreSQL shows
 * two values as one: then either of two rows that look the same may be taken away.
 */
import type { Target } from '../postgres.ts'

/** A step of upgrades.ts. */
export const keylessSchema = `
CREATE TABLE mirror.keyless_row (
  table_id integer NOT NULL REFERENCES mirror.table_state (table_id) ON DELETE CASCADE,
  digest bigint NOT NULL,
  row_hash bigint NOT NULL,
  rows bigint NOT NULL,
  PRIMARY KEY (table_id, digest)
);
COMMENT ON TABLE mirror.keyless_row IS 'Rows of tables without a key: how many of each, as the source digests them';
`

/** Digests are unsigned 64-bit numbers; bigint is signed: the same 64 bits. */
export const signedDigest = (digest: bigint): string => String(BigInt.asIntN(64, digest))
const unsigned = (text: string | null | undefined): bigint => BigInt.asUintN(64, BigInt(text ?? '0'))

const unsignedSql =
  'CASE WHEN digest < 0 THEN digest::numeric + 18446744073709551616 ELSE digest::numeric END'

/** digest → rows, of one slice */
export const readDigestCounts = async (
  target: Target,
  tableId: number,
  slice: { readonly count: number; readonly index: number },
): Promise<Map<bigint, number>> => {
  const rows = await target.rows(
    `SELECT digest, rows FROM mirror.keyless_row WHERE table_id = $1 AND mod(${unsignedSql}, $2) = $3`,
    [tableId, slice.count, slice.index],
  )
  return new Map(rows.map(([digest, count]) => [unsigned(digest), Number(count)]))
}

/** digest → PostgreSQL's hash of a row that has it */
export const readRowHashes = async (
  target: Target,
  tableId: number,
  digests: readonly bigint[],
): Promise<Map<bigint, string>> => {
  const rows = await target.rows(
    'SELECT digest, row_hash FROM mirror.keyless_row WHERE table_id = $1 AND digest = ANY($2::bigint[])',
    [tableId, digests.map(signedDigest)],
  )
  return new Map(rows.map(([digest, hash]) => [unsigned(digest), hash ?? '']))
}

/** So many rows fewer have these digests. */
export const takeDigestCounts = async (
  target: Target,
  tableId: number,
  gone: ReadonlyMap<bigint, number>,
): Promise<void> => {
  await target.run(
    `UPDATE mirror.keyless_row k SET rows = k.rows - g.rows
       FROM unnest($2::bigint[], $3::bigint[]) AS g(digest, rows) WHERE k.table_id = $1 AND k.digest = g.digest`,
    [tableId, [...gone.keys()].map(signedDigest), [...gone.values()]],
  )
  await target.run('DELETE FROM mirror.keyless_row WHERE table_id = $1 AND rows <= 0', [tableId])
}

export const clearDigestCounts = async (target: Target, tableId: number): Promise<void> => {
  await target.run('DELETE FROM mirror.keyless_row WHERE table_id = $1', [tableId])
}
