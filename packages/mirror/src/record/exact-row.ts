/**
 * mirror.exact_row: rows whose key PostgreSQL cannot hold (NUL in a text, a zero date, a TIME beyond a day, an invalid ENUM,
 * a key too long for a B-tree), kept whole, byte for byte. Such a row does not stand in the mirrored table.
 *
 *   source_id, table_name   as everywhere in schema mirror
 *   key_digest    SHA-256 over the key's source bytes, each part after its length (four bytes, the highest first)
 *   key           the key's source bytes, in key order
 *   column_names  the table's columns by the source's names, in the source's order
 *   source_bytes  for each of them what the source sends for `codec.read(column)`; an element NULL is NULL
 *   reason        why, in words
 *
 * `codec.encode`, `codec.canonical` and `codec.literal` take these bytes as they take a row's. Bytes rather than text: neither text nor
 * jsonb can hold NUL, and a digest as the key, since an index entry is bounded.
 */
import type { KeyBytes } from '../model.ts'
import type { PostgresRow, Target } from '../postgres.ts'

export interface ExactRow {
  readonly digest: Buffer
  readonly key: KeyBytes
  readonly columns: readonly string[]
  readonly values: readonly (Buffer | null)[]
  readonly reason: string
}

const hex = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`

/** PostgreSQL's text of a bytea[]: parameters of arrays of arrays must not be ragged. */
const arrayText = (parts: readonly (Buffer | null)[]): string =>
  `{${parts.map((part) => (part === null ? 'NULL' : `"\\\\x${part.toString('hex')}"`)).join(',')}}`

const parseArray = (text: string): (Buffer | null)[] =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : Buffer.from(item.replaceAll(/["\\x]/g, ''), 'hex')))

const columns = 'key_digest, key, array_to_json(column_names), source_bytes, reason'

const toExactRow = (row: readonly (string | null)[]): ExactRow => ({
  digest: Buffer.from((row[0] ?? '\\x').slice(2), 'hex'),
  key: parseArray(row[1] ?? '{}').map((part) => part ?? Buffer.alloc(0)),
  columns: JSON.parse(row[2] ?? '[]') as string[],
  values: parseArray(row[3] ?? '{}'),
  reason: row[4] ?? '',
})

export const readExactRows = async (
  target: Target,
  sourceId: string,
  table: string,
  digests: readonly Buffer[],
): Promise<ExactRow[]> => {
  if (digests.length === 0) return []
  const rows = await target.rows(
    `SELECT ${columns} FROM mirror.exact_row
      WHERE source_id = $1 AND table_name = $2 AND key_digest = ANY($3::bytea[])`,
    [sourceId, table, digests.map(hex)],
  )
  return rows.map(toExactRow)
}

/** All of a table, a piece at a time, within the caller's transaction. */
export const eachExactRow = async (
  target: Target,
  sourceId: string,
  table: string,
  piece: number,
  visit: (rows: readonly ExactRow[]) => Promise<void>,
): Promise<void> => {
  let after: string | null = null
  for (;;) {
    const rows: PostgresRow[] = await target.rows(
      `SELECT ${columns} FROM mirror.exact_row
        WHERE source_id = $1 AND table_name = $2 AND ($3::bytea IS NULL OR key_digest > $3) ORDER BY key_digest LIMIT ${piece}`,
      [sourceId, table, after],
    )
    if (rows.length > 0) await visit(rows.map(toExactRow))
    if (rows.length < piece) return
    after = rows.at(-1)?.[0] ?? after
  }
}

/** The keys' digests of all of a table, a piece at a time. */
export const eachExactDigest = async (
  target: Target,
  sourceId: string,
  table: string,
  piece: number,
  visit: (digests: readonly Buffer[]) => Promise<void>,
): Promise<void> => {
  let after: string | null = null
  for (;;) {
    const rows: PostgresRow[] = await target.rows(
      `SELECT key_digest FROM mirror.exact_row
        WHERE source_id = $1 AND table_name = $2 AND ($3::bytea IS NULL OR key_digest > $3) ORDER BY key_digest LIMIT ${piece}`,
      [sourceId, table, after],
    )
    await visit(rows.map(([digest]) => Buffer.from((digest ?? '\\x').slice(2), 'hex')))
    if (rows.length < piece) return
    after = rows.at(-1)?.[0] ?? after
  }
}

/** Puts the rows in, or in the place of those with the same keys. */
export const putExactRows = async (
  target: Target,
  sourceId: string,
  table: string,
  rows: readonly ExactRow[],
): Promise<void> => {
  if (rows.length === 0) return
  await target.run(
    `INSERT INTO mirror.exact_row (source_id, table_name, key_digest, key, column_names, source_bytes, reason)
     SELECT $1, $2, r.digest, r.key::bytea[], ARRAY(SELECT json_array_elements_text(r.names::json)), r.bytes::bytea[], r.reason
       FROM unnest($3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[]) AS r(digest, key, names, bytes, reason)
     ON CONFLICT (source_id, table_name, key_digest) DO UPDATE SET key = EXCLUDED.key,
       column_names = EXCLUDED.column_names, source_bytes = EXCLUDED.source_bytes, reason = EXCLUDED.reason`,
    [
      sourceId,
      table,
      rows.map((row) => hex(row.digest)),
      rows.map((row) => arrayText(row.key)),
      rows.map((row) => JSON.stringify(row.columns)),
      rows.map((row) => arrayText(row.values)),
      rows.map((row) => row.reason),
    ],
  )
}

export const deleteExactRows = async (
  target: Target,
  sourceId: string,
  table: string,
  digests: readonly Buffer[],
): Promise<void> => {
  if (digests.length === 0) return
  await target.run(
    'DELETE FROM mirror.exact_row WHERE source_id = $1 AND table_name = $2 AND key_digest = ANY($3::bytea[])',
    [sourceId, table, digests.map(hex)],
  )
}

export const clearExactRows = async (target: Target, sourceId: string, table: string): Promise<void> => {
  await target.run('DELETE FROM mirror.exact_row WHERE source_id = $1 AND table_name = $2', [sourceId, table])
}

export const countExactRows = async (target: Target, sourceId: string, table: string): Promise<number> => {
  const [row] = await target.rows(
    'SELECT count(*) FROM mirror.exact_row WHERE source_id = $1 AND table_name = $2',
    [sourceId, table],
  )
  return Number(row?.[0])
}

/** A column of the source has another name: so have the values and rows that are kept aside. */
export const renameExactColumn = async (
  target: Target,
  sourceId: string,
  table: string,
  from: string,
  to: string,
): Promise<void> => {
  await target.run(
    `UPDATE mirror.exact_value SET column_name = $4 WHERE source_id = $1 AND table_name = $2 AND column_name = $3`,
    [sourceId, table, from, to],
  )
  await target.run(
    `UPDATE mirror.exact_row SET column_names = array_replace(column_names, $3, $4) WHERE source_id = $1 AND table_name = $2`,
    [sourceId, table, from, to],
  )
}
