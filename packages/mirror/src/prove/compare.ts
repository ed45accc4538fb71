/**
 * Source rows × mirror rows, key by key, over one view of each side. Nothing that is recorded is trusted: exact values and
 * rows kept whole are part of the copy, and are compared like it. Memory holds one piece of a table and the differences.
 */
import { readRows } from '../apply/rows.ts'
import { type TargetTable, tableName } from '../apply/shape.ts'
import {
  digestOfWholeRow,
  isWholeRowId,
  type KeyBytes,
  type KeyId,
  type KeyRef,
  type MirrorRow,
} from '../model.ts'
import { tidyMemory } from '../memory.ts'
import { quotePostgres } from '../names.ts'
import type { PostgresRow, Target } from '../postgres.ts'
import { countExactRows, eachExactRow, type ExactRow, readExactRows } from '../record/exact-row.ts'
import { countExactValues, eachExactKey, readExactValues } from '../record/ledger.ts'
import type { PartialAnswer } from '../source/connection.ts'
import { isStatementLimit, tooSlow } from '../source/errors.ts'
import { pieceSql, rowsByKeySql } from '../source/ranges.ts'
import { toMirrorRow } from '../source/rows.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { DifferenceKind } from '../types.ts'
import { keyOfMirrorRow, literalBytes, refOfExactRow, refOfKey, refOfRow } from './keys.ts'
import { shownAsPostgresPrints } from './shown.ts'

export interface Sides {
  readonly snapshot: Snapshot
  readonly target: Target
  readonly sourceId: string
  readonly table: SourceTable
  readonly shape: TargetTable
}

export interface Difference extends KeyRef {
  readonly kind: DifferenceKind
}

const pieceRows = 2_000
/** Of whole rows, however wide: what is read exists several times over while it is compared. */
const pieceBytes = 4_000_000
/** Keys remembered so as not to tell them twice; beyond it a row may be counted twice, as one and as its exact value. */
const mostTold = 100_000

/** A row of either side as one string, for comparison alone: an exact value is never equal to a shown one. */
const sourceText = (row: MirrorRow): string =>
  JSON.stringify(
    row.canonical.map((value, index) => {
      const exact = row.exact.get(index)
      return exact === undefined ? value : { exact: exact.bytes.toString('hex') }
    }),
  )

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

/** An entry for a column that the table does not have belongs to nothing. */
const knowsColumns = (table: SourceTable, exact: ExactOf): boolean =>
  [...(exact?.keys() ?? [])].every((name) => table.columns.some((column) => column.name === name))

const sameBytes = (a: readonly (Buffer | null)[], b: readonly (Buffer | null)[]): boolean =>
  a.length === b.length &&
  a.every((part, index) => {
    const other = b[index] ?? null
    return part === null || other === null ? part === other : part.equals(other)
  })

/** `kept` is what stands under the digest of the row's key. */
const isKeptWell = (table: SourceTable, row: MirrorRow, kept: ExactRow): boolean =>
  row.whole !== null &&
  sameBytes(row.bytes, kept.key) &&
  sameBytes(row.whole.values, kept.values) &&
  row.whole.reason === kept.reason &&
  kept.columns.length === table.columns.length &&
  table.columns.every((column, index) => column.name === kept.columns[index])

interface Compared {
  readonly differences: readonly Difference[]
  /** rows of the mirrored table, of exact_row and of exact_value that were met */
  readonly rows: number
  readonly wholeRows: number
  readonly entries: number
}

/** Compares rows of the source (some may be absent) with what the mirror holds under the same keys. */
const comparePart = async (
  sides: Sides,
  refs: readonly KeyRef[],
  rows: ReadonlyMap<KeyId, MirrorRow>,
): Promise<Compared> => {
  const { table, target, sourceId } = sides
  const standing = refs.filter(({ id }) => !isWholeRowId(id))
  const whole = refs.filter(({ id }) => isWholeRowId(id))
  const mirrored = await readRows(
    target,
    sides.shape,
    standing.filter((ref) => !ref.stray).map(({ key }) => key),
  )
  const exact = await readExactValues(
    target,
    sourceId,
    table.name,
    standing.map(({ key }) => key),
  )
  const kept = await readExactRows(
    target,
    sourceId,
    table.name,
    whole.map(({ id }) => digestOfWholeRow(id)),
  )
  const inMirror = new Map<KeyId, PostgresRow>()
  // A copy that has lost its primary key, or from which another table inherits, may show several rows under one key.
  const repeated = new Set<KeyId>()
  for (const row of mirrored) {
    const { id } = refOfKey(keyOfMirrorRow(table, row))
    if (inMirror.has(id)) repeated.add(id)
    inMirror.set(id, row)
  }
  const inExactRow = new Map(kept.map((row) => [refOfExactRow(table, row).id, row]))
  const suspects: { ref: KeyRef; source: MirrorRow; row: PostgresRow }[] = []
  const differences: Difference[] = []
  const kindOf = (ref: KeyRef): DifferenceKind | undefined => {
    const source = rows.get(ref.id)
    if (isWholeRowId(ref.id)) {
      const row = inExactRow.get(ref.id)
      if (source === undefined) return row === undefined ? undefined : 'extra'
      if (row === undefined) return 'missing'
      return isKeptWell(table, source, row) ? undefined : 'changed'
    }
    const row = inMirror.get(ref.id)
    const entries = exact.get(JSON.stringify(ref.key))
    if (source === undefined) return row === undefined && entries === undefined ? undefined : 'extra'
    if (row === undefined) return 'missing'
    if (repeated.has(ref.id)) return 'extra'
    if (!knowsColumns(table, entries) || sourceText(source) !== mirrorText(table, row, entries))
      return 'changed'
    if (source.exact.size > 0) suspects.push({ ref, source, row })
    return undefined
  }
  for (const ref of refs) {
    const kind = kindOf(ref)
    if (kind !== undefined) differences.push({ ...ref, kind })
  }
  const right = await shownAsPostgresPrints(sides, suspects)
  for (const [index, { ref }] of suspects.entries())
    if (right[index] !== true) differences.push({ ...ref, kind: 'shown' })
  return {
    differences,
    rows: mirrored.length,
    wholeRows: kept.length,
    entries: [...exact.values()].reduce((sum, columns) => sum + columns.size, 0),
  }
}

/**
 * Compares the whole table: all rows of the source, then what the mirror holds beyond those: rows, exact values, rows kept
 * whole that none of them met.
 */
export const compareTable = async (
  sides: Sides,
  found: (difference: Difference) => void,
): Promise<{ readonly rows: number }> => {
  const { table, snapshot, target, sourceId } = sides
  let rows = 0
  const met = { rows: 0, wholeRows: 0, entries: 0 }
  let after: KeyBytes | null = null
  let size = pieceRows
  for (;;) {
    let read: PartialAnswer
    const asked = size
    try {
      read = await snapshot.readUpTo(pieceSql(table, after, asked), pieceBytes)
    } catch (error) {
      if (!isStatementLimit(error)) throw error
      if (asked === 1) throw tooSlow(table, error)
      size = Math.ceil(asked / 8)
      continue
    }
    // what is beyond the bytes was read for nothing
    size = read.isCut ? read.rows.length : Math.min(pieceRows, asked * 2)
    const piece = read.rows.map((row) => toMirrorRow(table, row))
    if (piece.length === 0) break
    const compared = await comparePart(sides, piece.map(refOfRow), new Map(piece.map((row) => [row.id, row])))
    for (const difference of compared.differences) found(difference)
    rows += piece.length
    met.rows += compared.rows
    met.wholeRows += compared.wholeRows
    met.entries += compared.entries
    tidyMemory()
    after = piece.at(-1)?.bytes ?? null
    if (!read.isCut && piece.length < asked) break
  }
  const told = new Set<KeyId>()
  const once = (difference: Difference): void => {
    if (!told.has(difference.id)) found(difference)
    if (told.size < mostTold) told.add(difference.id)
  }
  const [count] = await target.rows(`SELECT count(*) FROM ${tableName(sides.shape)}`)
  if (Number(count?.[0]) !== met.rows) await findExtra(sides, once)
  if ((await countExactRows(target, sourceId, table.name)) !== met.wholeRows) {
    await eachExactRow(target, sourceId, table.name, pieceRows, async (kept) =>
      reportAbsent(
        sides,
        kept.map((row) => refOfExactRow(table, row)),
        once,
      ),
    )
  }
  if ((await countExactValues(target, sourceId, table.name)) !== met.entries) {
    await eachExactKey(target, sourceId, table.name, pieceRows, async (keys) =>
      reportAbsent(
        sides,
        keys.map((key) => refOfKey(key, true)),
        once,
      ),
    )
  }
  return { rows }
}

/** Those keys of the mirror that the source does not have. */
const reportAbsent = async (
  sides: Sides,
  refs: readonly KeyRef[],
  found: (difference: Difference) => void,
): Promise<void> => {
  const present = await presentIn(sides, refs)
  const absent = refs.filter((ref) => !present.has(ref.id))
  const { differences } = await comparePart(sides, absent, new Map())
  for (const difference of differences) found(difference)
}

/** The mirror's keys, in whatever order its own index has them, each looked up in the source. */
const findExtra = async (sides: Sides, found: (difference: Difference) => void): Promise<void> => {
  const { target } = sides
  const columns = sides.shape.key.map((index) => quotePostgres(sides.shape.columns[index]?.name ?? ''))
  await target.run(
    `DECLARE mirror_keys NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${tableName(sides.shape)}`,
  )
  const close = async (): Promise<unknown> => target.run('CLOSE mirror_keys')
  try {
    await eachFetched(sides, found)
  } catch (error) {
    // the next table of this view opens one of the same name
    await close().catch(() => undefined)
    throw error
  }
  await close()
}

const eachFetched = async (sides: Sides, found: (difference: Difference) => void): Promise<void> => {
  const { table, target } = sides
  for (;;) {
    const rows = await target.rows(`FETCH ${pieceRows} FROM mirror_keys`)
    if (rows.length === 0) return
    const keys = rows.map((row) =>
      table.key.map((index, position) => {
        const shown = row[position] ?? ''
        return table.columns[index]?.codec.decode(shown) ?? shown
      }),
    )
    await reportAbsent(
      sides,
      keys.map((key) => refOfKey(key)),
      found,
    )
  }
}

/** The statement for those rows of the source that have these keys; undefined: none of them can be a key there. */
const byKeys = ({ table }: Sides, refs: readonly KeyRef[]): string | undefined => {
  const keys = refs.flatMap((ref) => {
    const bytes = literalBytes(table, ref)
    return bytes === undefined ? [] : [bytes]
  })
  return keys.length === 0 ? undefined : rowsByKeySql(table, keys)
}

/** Those of the keys that the source has. */
const presentIn = async (sides: Sides, refs: readonly KeyRef[]): Promise<ReadonlySet<KeyId>> => {
  const sql = byKeys(sides, refs)
  const found = new Set<KeyId>()
  if (sql === undefined) return found
  await sides.snapshot.eachUpTo(
    sql,
    Number.POSITIVE_INFINITY,
    (row) => void found.add(toMirrorRow(sides.table, row.fields()).id),
  )
  return found
}

/** Compares again the rows under these keys, as many at a time as one answer holds. */
export const compareKeys = async (sides: Sides, refs: readonly KeyRef[]): Promise<readonly Difference[]> => {
  const found: Difference[] = []
  for (let left = refs; left.length > 0; ) {
    const sql = byKeys(sides, left)
    const answer = sql === undefined ? undefined : await sides.snapshot.readUpTo(sql, pieceBytes)
    const rows = new Map(
      (answer?.rows ?? []).map((row) => toMirrorRow(sides.table, row)).map((row) => [row.id, row]),
    )
    const isWhole = answer?.isCut !== true || !left.some(({ id }) => rows.has(id))
    const part = isWhole ? left : left.filter(({ id }) => rows.has(id))
    found.push(...(await comparePart(sides, part, rows)).differences)
    left = isWhole ? [] : left.filter(({ id }) => !rows.has(id))
  }
  return found
}
