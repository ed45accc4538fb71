/** The append-only history: cycles and the changes that each applied, in the transaction that applied them. */
import { createHmac } from 'node:crypto'
import type { CanonicalKey } from '../model.ts'
import { copyChunks, copyField, type Target } from '../postgres.ts'
import type { ChangeOp, RowImage, SnapshotProof } from '../types.ts'
import { isLinked, linkCycle, quietLink } from './chain.ts'
import { escapeNul, unescapeNul } from './key-id.ts'
import { isoTime, progressColumns, progressValues, type SourceProgress } from './source.ts'

export interface Change {
  readonly table: string
  readonly key: CanonicalKey | null
  readonly op: ChangeOp
  readonly before: RowImage | null
  readonly after: RowImage | null
}

/** The cycle's own transaction need not wait for the disk; the setting ends with it. */
const unwaited = "set_config('synchronous_commit', 'off', true)"

const shareQuiet = `
  WITH held AS MATERIALIZED (
    SELECT source_id FROM mirror.source WHERE source_id = $1 AND epoch = $9 AND revision = $10
       AND NOT EXISTS (SELECT 1 FROM mirror.control c WHERE c.source_id = $1 AND c.paused) FOR UPDATE
  ), now AS MATERIALIZED (
    SELECT held.source_id, nextval(pg_get_serial_sequence('mirror.cycle', 'id')) AS id, clock_timestamp() AS at, ${unwaited}
      FROM held
  ), shared AS (
    UPDATE mirror.cycle y SET id = now.id, snapshot_at = $2, committed_at = now.at, proof = $11, quiet_cycles = y.quiet_cycles + 1,
       chain = ${quietLink({
         id: 'now.id',
         snapshotAt: '$2::timestamptz',
         committedAt: 'now.at',
         proof: '$11::text',
         quietCycles: 'y.quiet_cycles + 1',
       })}
      FROM now
     WHERE y.id = (SELECT max(id) FROM mirror.cycle WHERE source_id = $1) AND y.quiet_cycles > 0 AND ${isLinked}
    RETURNING y.source_id, y.id, y.chain
  )
  UPDATE mirror.source s SET cycle = shared.id, chain = shared.chain, accepted = NULL, ${progressColumns}
    FROM shared WHERE s.source_id = shared.source_id RETURNING shared.id`

/** What a cycle that found nothing is committed on. */
export interface Standing {
  readonly sourceId: string
  readonly epoch: number
  readonly revision: number
}

/**
 * A cycle that found nothing, after others that found nothing: one row a second would fill the table, so consecutive ones share a
 * row, which takes the number and the times of the last. All of it is one statement and its own transaction: it is sent once a second
 * for as long as nobody writes.
 * @returns the cycle's number; undefined, and nothing was done: there is no such row, or somebody else has moved the record or paused the mirror
 */
export const shareQuietCycle = async (
  target: Target,
  { sourceId, epoch, revision }: Standing,
  progress: Omit<SourceProgress, 'cycle'>,
  proof: SnapshotProof,
): Promise<number | undefined> => {
  const [row] = await target.rows(
    shareQuiet,
    [sourceId, ...progressValues(progress), epoch, revision, proof],
    { prepared: 'mirror_quiet' },
  )
  return row === undefined ? undefined : Number(row[0])
}

/** The first cycle that found nothing; others may come to share its row. */
export const beginQuietCycle = async (
  target: Target,
  sourceId: string,
  snapshotAt: string,
  proof: SnapshotProof,
): Promise<number> => {
  const [row] = await target.rows(
    `INSERT INTO mirror.cycle (source_id, snapshot_at, committed_at, proof, changes, quiet_cycles, quiet_since)
     SELECT $1, $2, clock_timestamp(), $3, 0, 1, $2 FROM (SELECT ${unwaited}) AS unwaited RETURNING id`,
    [sourceId, snapshotAt, proof],
  )
  await linkCycle(target, Number(row?.[0]))
  return Number(row?.[0])
}

/** A cycle whose changes are recorded as they are applied: closed at the end with what it came to. */
export const openCycle = async (target: Target, sourceId: string, snapshotAt: string): Promise<number> => {
  const [row] = await target.rows(
    `INSERT INTO mirror.cycle (source_id, snapshot_at, committed_at, proof, changes)
     VALUES ($1, $2, clock_timestamp(), 'single', 0) RETURNING id`,
    [sourceId, snapshotAt],
  )
  return Number(row?.[0])
}

/** How the snapshot was read is known only when all of it has been. */
export const closeCycle = async (
  target: Target,
  cycle: number,
  changes: number,
  proof: SnapshotProof,
): Promise<void> => {
  await target.run(
    'UPDATE mirror.cycle SET changes = $2, proof = $3, committed_at = clock_timestamp() WHERE id = $1',
    [cycle, changes, proof],
  )
  await linkCycle(target, cycle)
}

/** Two-dimensional arrays must not be ragged: each key travels as PostgreSQL's text of an array. */
const arrayText = (key: CanonicalKey): string =>
  `{${key.map((part) => `"${part.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`

/** In the ledger a key may hold NUL, which PostgreSQL's text cannot: escaped there (key-id.ts), and nowhere else. */
const ledgerKey = (key: CanonicalKey | null): string | null =>
  key === null ? null : arrayText(key.map(escapeNul))

const parseKey = (text: string): CanonicalKey => JSON.parse(text) as string[]

/** Keys have any length: the index over them holds their hash. */
const hasKey = (column: string, key: string): string =>
  `hash_array_extended(${column}, 0) = hash_array_extended(${key}, 0) AND ${column} = ${key}`

export const recordChanges = async (
  target: Target,
  sourceId: string,
  cycle: number,
  changes: readonly Change[],
): Promise<void> => {
  if (changes.length === 0) return
  const image = (row: RowImage | null): string | null => (row === null ? null : JSON.stringify(row))
  const lines = function* (): Generator<string> {
    for (const { table, key, op, before, after } of changes) {
      const fields = [sourceId, String(cycle), table, ledgerKey(key), op, image(before), image(after)]
      yield fields.map(copyField).join('\t')
    }
  }
  await target.copy(
    'COPY mirror.change (source_id, cycle, table_name, key, op, before, after) FROM STDIN',
    copyChunks(lines()),
  )
}

export interface ExactEntry {
  readonly key: CanonicalKey
  readonly column: string
  readonly bytes: Buffer
  readonly reason: string
}

/** Takes away the exact entries of these rows and puts in the new ones. */
export const replaceExactValues = async (
  target: Target,
  sourceId: string,
  table: string,
  keys: readonly CanonicalKey[],
  entries: readonly ExactEntry[],
): Promise<void> => {
  if (keys.length > 0) {
    await target.run(
      `DELETE FROM mirror.exact_value e USING unnest($3::text[]) AS k
        WHERE e.source_id = $1 AND e.table_name = $2 AND ${hasKey('e.key', 'k::text[]')}`,
      [sourceId, table, keys.map(arrayText)],
    )
  }
  if (entries.length === 0) return
  await target.run(
    `INSERT INTO mirror.exact_value (source_id, table_name, key, column_name, bytes, reason)
     SELECT $1, $2, e.key::text[], e.column_name, e.bytes, e.reason
       FROM unnest($3::text[], $4::text[], $5::bytea[], $6::text[]) AS e(key, column_name, bytes, reason)`,
    [
      sourceId,
      table,
      entries.map((entry) => arrayText(entry.key)),
      entries.map((entry) => entry.column),
      entries.map((entry) => `\\x${entry.bytes.toString('hex')}`),
      entries.map((entry) => entry.reason),
    ],
  )
}

export const clearExactValues = async (target: Target, sourceId: string, table: string): Promise<void> => {
  await target.run('DELETE FROM mirror.exact_value WHERE source_id = $1 AND table_name = $2', [
    sourceId,
    table,
  ])
}

export const countExactValues = async (target: Target, sourceId: string, table: string): Promise<number> => {
  const [row] = await target.rows(
    'SELECT count(*) FROM mirror.exact_value WHERE source_id = $1 AND table_name = $2',
    [sourceId, table],
  )
  return Number(row?.[0])
}

/** All keys of a table that have exact entries, a piece at a time, within the caller's transaction. */
export const eachExactKey = async (
  target: Target,
  sourceId: string,
  table: string,
  piece: number,
  visit: (keys: readonly CanonicalKey[]) => Promise<void>,
): Promise<void> => {
  await target.run(
    `DECLARE exact_keys NO SCROLL CURSOR FOR SELECT DISTINCT array_to_json(key)::text FROM mirror.exact_value
      WHERE source_id = $1::text AND table_name = $2::text`,
    [sourceId, table],
  )
  for (;;) {
    const rows = await target.rows(`FETCH ${piece} FROM exact_keys`)
    if (rows.length > 0) await visit(rows.map(([key]) => parseKey(key ?? '[]')))
    if (rows.length < piece) break
  }
  await target.run('CLOSE exact_keys')
}

/** The exact entries of these rows: key as JSON text → column → bytes. */
export const readExactValues = async (
  target: Target,
  sourceId: string,
  table: string,
  keys: readonly CanonicalKey[],
): Promise<Map<string, Map<string, Buffer>>> => {
  const rows = await target.rows(
    `SELECT array_to_json(e.key), e.column_name, e.bytes FROM mirror.exact_value e, unnest($3::text[]) AS k
      WHERE e.source_id = $1 AND e.table_name = $2 AND ${hasKey('e.key', 'k::text[]')}`,
    [sourceId, table, keys.map(arrayText)],
  )
  const found = new Map<string, Map<string, Buffer>>()
  for (const [key, column, bytes] of rows) {
    const id = JSON.stringify(parseKey(key ?? '[]'))
    const columns = found.get(id) ?? new Map<string, Buffer>()
    columns.set(column ?? '', Buffer.from((bytes ?? '\\x').slice(2), 'hex'))
    found.set(id, columns)
  }
  return found
}

/** What stands in the ledger for a redacted value: equal values, equal marks; nobody without the key can try values. */
export const redactedMark = (key: Buffer, value: string): string =>
  `redacted:${createHmac('sha256', key).update(value).digest('hex').slice(0, 24)}`

export interface ChangePage {
  readonly id: number
  readonly cycle: number
  readonly at: string
  readonly table: string
  readonly key: readonly string[] | null
  readonly op: ChangeOp
  readonly before: RowImage | null
  readonly after: RowImage | null
}

/** Does the history tell of a table of this name, be it gone or called otherwise by now? */
export const isTold = async (target: Target, sourceId: string, table: string): Promise<boolean> => {
  const [row] = await target.rows(
    `SELECT EXISTS (SELECT 1 FROM mirror.change WHERE source_id = $1 AND table_name = $2)
         OR EXISTS (SELECT 1 FROM mirror.schema_change WHERE source_id = $1 AND table_name = $2)`,
    [sourceId, table],
  )
  return row?.[0] === 't'
}

/** Newest first. */
export const readChanges = async (
  target: Target,
  sourceId: string,
  query: {
    readonly table?: string
    readonly key?: CanonicalKey
    readonly since?: Date
    readonly before?: number
    readonly limit: number
  },
): Promise<ChangePage[]> => {
  const rows = await target.rows(
    `SELECT c.id, c.cycle, ${isoTime('y.committed_at')}, c.table_name, array_to_json(c.key), c.op, c.before, c.after
       FROM mirror.change c JOIN mirror.cycle y ON y.id = c.cycle
      WHERE c.source_id = $1 AND ($2::text IS NULL OR c.table_name = $2) AND ($3::text IS NULL OR ${hasKey('c.key', '$3::text[]')})
        AND ($4::timestamptz IS NULL OR y.committed_at >= $4) AND ($5::bigint IS NULL OR c.id < $5)
      ORDER BY c.id DESC LIMIT $6`,
    [
      sourceId,
      query.table ?? null,
      ledgerKey(query.key ?? null),
      query.since?.toISOString() ?? null,
      query.before ?? null,
      query.limit,
    ],
  )
  return rows.map((row) => ({
    id: Number(row[0]),
    cycle: Number(row[1]),
    at: row[2] ?? '',
    table: row[3] ?? '',
    key: row[4] === null || row[4] === undefined ? null : parseKey(row[4]).map(unescapeNul),
    op: (row[5] ?? 'load') as ChangeOp,
    before: row[6] === null || row[6] === undefined ? null : (JSON.parse(row[6]) as RowImage),
    after: row[7] === null || row[7] === undefined ? null : (JSON.parse(row[7]) as RowImage),
  }))
}

export const readCycles = async (
  target: Target,
  sourceId: string,
  since: Date | undefined,
  limit: number,
): Promise<
  { cycle: number; snapshotAt: string; committedAt: string; proof: SnapshotProof; changes: number }[]
> => {
  const rows = await target.rows(
    `SELECT id, ${isoTime('snapshot_at')}, ${isoTime('committed_at')}, proof, changes FROM mirror.cycle
      WHERE source_id = $1 AND ($2::timestamptz IS NULL OR committed_at >= $2) ORDER BY id DESC LIMIT $3`,
    [sourceId, since?.toISOString() ?? null, limit],
  )
  return rows.map((row) => ({
    cycle: Number(row[0]),
    snapshotAt: row[1] ?? '',
    committedAt: row[2] ?? '',
    proof: (row[3] ?? 'single') as SnapshotProof,
    changes: Number(row[4]),
  }))
}
