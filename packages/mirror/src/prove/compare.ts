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
  /** absent for a row that only the mirror has */
  readonly bytes: KeyBytes | undefined
  readonly kind: DifferenceKind
  /** what each side holds, to tell a row that is being followed from one that stands still; null: no such row */
  readonly source: string | null
  readonly mirror: string | null
}

const pieceRows = 2_000

/** A row of either side as one string, for comparison alone. */
const sourceText = (row: MirrorRow): string =>
  JSON.stringify(row.canonical.map((value, index) => row.exact.get(index)?.bytes.toString('hex') ?? value))

const mirrorKey = (table: SourceTable, row: PostgresRow): CanonicalKey =>
  table.key.map((index) => {
    const shown = row[index] ?? ''
    return table.columns[index]?.codec.decode(shown) ?? shown
  })

type ExactOf = ReadonlyMap<string, Buffer> | undefined

const mirrorText = (table: SourceTable, row: PostgresRow, exact: ExactOf): string =>
  JSON.stringify(
    table.columns.map((column, index) => {
      const shown = row[index] ?? null
      return exact?.get(column.name)?.toString('hex') ?? (shown === null ? null : column.codec.decode(shown))
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
  keys: readonly { readonly key: CanonicalKey; readonly bytes: KeyBytes | undefined }[],
  rows: ReadonlyMap<KeyId, MirrorRow>,
): Promise<Difference[]> => {
  const { table, target, sourceId } = sides
  const wanted = keys.map((entry) => entry.key)
  const mirrored = await readRows(target, sides.shape, wanted)
  const exact = await readExactValues(target, sourceId, table.name, wanted)
  const inMirror = new Map(mirrored.map((row) => [keyIdOf(mirrorKey(table, row)), row]))
  return keys.flatMap(({ key, bytes }): Difference[] => {
    const id = keyIdOf(key)
    const source = rows.get(id)
    const row = inMirror.get(id)
    const texts = {
      source: source === undefined ? null : sourceText(source),
      mirror: row === undefined ? null : mirrorText(table, row, exact.get(JSON.stringify(key))),
    }
    if (source === undefined) return row === undefined ? [] : [{ key, bytes, kind: 'extra', ...texts }]
    if (row === undefined) return [{ key, bytes, kind: 'missing', ...texts }]
    if (texts.source !== texts.mirror) return [{ key, bytes, kind: 'changed', ...texts }]
    return shownIsRight(table, source, row) ? [] : [{ key, bytes, kind: 'shown', ...texts }]
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
    const differences = await comparePart(sides, piece, new Map(piece.map((row) => [row.id, row])))
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
  const { table, target, snapshot } = sides
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
      const known = keys.flatMap((key) => {
        const bytes = keyBytes(table, key)
        return bytes === undefined ? [] : [bytes]
      })
      const present = new Set(
        (known.length === 0 ? [] : await snapshot.read(rowsByKeySql(table, known))).map(
          (row) => toMirrorRow(table, row).id,
        ),
      )
      const absent = keys.filter((key) => !present.has(keyIdOf(key)))
      const differences = await comparePart(
        sides,
        absent.map((key) => ({ key, bytes: keyBytes(table, key) })),
        new Map(),
      )
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

/** Compares again the rows under these keys. */
export const compareKeys = async (
  sides: Sides,
  keys: readonly CanonicalKey[],
): Promise<readonly Difference[]> => {
  const wanted = keys.map((key) => ({ key, bytes: keyBytes(sides.table, key) }))
  const known = wanted.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes]))
  const rows =
    known.length === 0
      ? []
      : (await sides.snapshot.read(rowsByKeySql(sides.table, known))).map((row) =>
          toMirrorRow(sides.table, row),
        )
  return comparePart(sides, wanted, new Map(rows.map((row) => [row.id, row])))
}
