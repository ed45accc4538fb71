/**
 * Source rows × mirror rows, key by key, over one view of each side, trusting nothing that is recorded but the exact
 * values (which are part of the copy). Memory holds one piece of a table and the differences.
 */
import { readRows } from '../apply/rows.ts'
import { type TargetTable, tableName } from '../apply/shape.ts'
import { type CanonicalKey, type KeyBytes, type KeyId, keyIdOf, type MirrorRow } from '../model.ts'
import { quotePostgres } from '../names.ts'
import type { PostgresRow, Target } from '../postgres.ts'
import { readExactValues } from '../record/ledger.ts'
import type { SourceRow } from '../source/connection.ts'
import { pieceSql, rowsByKeySql } from '../source/ranges.ts'
import { toMirrorRow } from '../source/rows.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { DifferenceKind } from '../types.ts'

export interface Sides {
  readonly snapshot: Snapshot
  readonly target: Target
  readonly sourceId: string
  readonly table: SourceTable
  readonly shape: TargetTable
}

export interface Difference {
  readonly key: CanonicalKey
  readonly kind: DifferenceKind
}

const pieceRows = 2_000

/** A row of either side as one string, for comparison alone: an exact value is never equal to a shown one. */
const sourceText = (row: MirrorRow): string =>
  JSON.stringify(
    row.canonical.map((value, index) => {
      const exact = row.exact.get(index)
      return exact === undefined ? value : { exact: exact.bytes.toString('hex') }
    }),
  )

/** The key under which a row stands in the mirror. */
export const keyOfMirrorRow = (table: SourceTable, row: PostgresRow): CanonicalKey =>
  table.key.map((index) => {
    const shown = row[index] ?? ''
    return table.columns[index]?.codec.decode(shown) ?? shown
  })

type ExactOf = ReadonlyMap<string, Buffer> | undefined

const mirrorText = (table: SourceTable, row: PostgresRow, exact: ExactOf): string =>
  JSON.stringify(
    table.columns.map((column, index) => {
      const bytes = exact?.get(column.name)
      if (bytes !== undefined) return { exact: bytes.toString('hex') }
      const shown = row[index] ?? null
      return shown === null ? null : column.codec.decode(shown)
    }),
  )

/** Beside an exact value the mirror must show what the codec shows for it. */
const shownIsRight = (table: SourceTable, source: MirrorRow, row: PostgresRow): boolean =>
  [...source.exact.keys()].every((index) => {
    const expected = source.shown[index] ?? null
    const shown = row[index] ?? null
    // jsonb prints a document in its own way; that it is there is all that its text can tell.
    if (table.columns[index]?.codec.postgresType === 'jsonb') return (expected === null) === (shown === null)
    return expected === shown
  })

/** Compares rows of the source (some may be absent) with what the mirror holds under the same keys. */
const comparePart = async (
  sides: Sides,
  keys: readonly CanonicalKey[],
  rows: ReadonlyMap<KeyId, MirrorRow>,
): Promise<Difference[]> => {
  const { table, target, sourceId } = sides
  const mirrored = await readRows(target, sides.shape, keys)
  const exact = await readExactValues(target, sourceId, table.name, keys)
  const inMirror = new Map(mirrored.map((row) => [keyIdOf(keyOfMirrorRow(table, row)), row]))
  return keys.flatMap((key): Difference[] => {
    const id = keyIdOf(key)
    const source = rows.get(id)
    const row = inMirror.get(id)
    if (source === undefined) return row === undefined ? [] : [{ key, kind: 'extra' }]
    if (row === undefined) return [{ key, kind: 'missing' }]
    if (sourceText(source) !== mirrorText(table, row, exact.get(JSON.stringify(key))))
      return [{ key, kind: 'changed' }]
    return shownIsRight(table, source, row) ? [] : [{ key, kind: 'shown' }]
  })
}

/** Compares the whole table: all rows of the source, then those rows of the mirror that none of them met. */
export const compareTable = async (
  sides: Sides,
  found: (difference: Difference) => void,
): Promise<{ readonly rows: number }> => {
  const { table, snapshot, target } = sides
  let rows = 0
  let met = 0
  let after: KeyBytes | null = null
  for (;;) {
    const read: SourceRow[] = await snapshot.read(pieceSql(table, after, pieceRows))
    const piece = read.map((row) => toMirrorRow(table, row))
    if (piece.length === 0) break
    const differences = await comparePart(
      sides,
      piece.map((row) => row.key),
      new Map(piece.map((row) => [row.id, row])),
    )
    for (const difference of differences) found(difference)
    rows += piece.length
    met += piece.length - differences.filter((difference) => difference.kind === 'missing').length
    after = piece.at(-1)?.bytes ?? null
    if (piece.length < pieceRows) break
  }
  const [count] = await target.rows(`SELECT count(*) FROM ${tableName(sides.shape)}`)
  if (Number(count?.[0]) !== met) await findExtra(sides, found)
  return { rows }
}

/** The mirror's keys, in whatever order its own index has them, each looked up in the source. */
const findExtra = async (sides: Sides, found: (difference: Difference) => void): Promise<void> => {
  const { table, target } = sides
  const columns = sides.shape.key.map((index) => quotePostgres(sides.shape.columns[index]?.name ?? ''))
  await target.run(
    `DECLARE mirror_keys NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${tableName(sides.shape)}`,
  )
  try {
    for (;;) {
      const rows = await target.rows(`FETCH ${pieceRows} FROM mirror_keys`)
      if (rows.length === 0) break
      const keys = rows.map((row) =>
        table.key.map((index, position) => {
          const shown = row[position] ?? ''
          return table.columns[index]?.codec.decode(shown) ?? shown
        }),
      )
      const present = await sourceRows(sides, keys)
      const absent = keys.filter((key) => !present.has(keyIdOf(key)))
      const differences = await comparePart(sides, absent, new Map())
      for (const difference of differences) found(difference)
    }
  } finally {
    await target.run('CLOSE mirror_keys')
  }
}

/** Canonical strings → the bytes of which a literal is made; undefined where the source cannot hold such a key at all. */
const keyBytes = (table: SourceTable, key: CanonicalKey): KeyBytes | undefined => {
  const bytes = key.map((part, position) => {
    const type = table.columns[table.key[position] ?? -1]?.codec.postgresType
    return type === 'bytea' ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part, 'utf8')
  })
  try {
    for (const [position, index] of table.key.entries()) {
      table.columns[index]?.codec.literal?.(bytes[position] ?? Buffer.alloc(0))
    }
    return bytes
  } catch {
    return undefined
  }
}

/** Those rows of the source that have these keys. */
const sourceRows = async (sides: Sides, keys: readonly CanonicalKey[]): Promise<Map<KeyId, MirrorRow>> => {
  const known = keys.flatMap((key) => {
    const bytes = keyBytes(sides.table, key)
    return bytes === undefined ? [] : [bytes]
  })
  if (known.length === 0) return new Map()
  const rows = (await sides.snapshot.read(rowsByKeySql(sides.table, known))).map((row) =>
    toMirrorRow(sides.table, row),
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** Compares again the rows under these keys. */
export const compareKeys = async (
  sides: Sides,
  keys: readonly CanonicalKey[],
): Promise<readonly Difference[]> => {
  return comparePart(sides, keys, await sourceRows(sides, keys))
}
