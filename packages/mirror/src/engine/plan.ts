/**
 * First half of a cycle: what is to be done to a table, found by digests. Nothing is written here, and no row's values
 * travel: digests of all segments, then keys and digests of those that differ, held against what is recorded.
 */
import { differingSegments, digestOf, divideSegment, mergeThin } from '../detect/segments.ts'
import type { DefinitionDifference } from '../detect/definition.ts'
import { diffSegment } from '../diff/rows.ts'
import type { KeyedDigest, KeyId, RangeDigest, Segment } from '../model.ts'
import type { Target } from '../postgres.ts'
import { readRowStates } from '../record/row-state.ts'
import type { TableRecord } from '../record/tables.ts'
import { keysSql, type KeyRange, segmentDigestsSql } from '../source/ranges.ts'
import { toKeyedDigest, toRangeDigest } from '../source/rows.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { Pace } from './pace.ts'

export interface PlacedKey extends KeyedDigest {
  readonly segment: number
}

export interface PlacedId {
  readonly segment: number
  readonly id: KeyId
}

export interface TablePlan {
  readonly table: SourceTable
  readonly record: TableRecord
  readonly inserted: readonly PlacedKey[]
  readonly changed: readonly PlacedKey[]
  readonly gone: readonly PlacedId[]
  /** segments whose digests are new */
  readonly digests: ReadonlyMap<number, RangeDigest>
  /** the digests that were recorded for rows that changed or went */
  readonly recorded: ReadonlyMap<KeyId, bigint>
  /** segments that `verify --repair` distrusts: what differs there is mended, whatever the policy */
  readonly distrusted: ReadonlySet<number>
  /** rows that a divided segment gives away */
  readonly moves: readonly { readonly from: number; readonly to: number; readonly ids: readonly KeyId[] }[]
  /** all segments of the table after this cycle */
  readonly segments: readonly Segment[]
  /** segments that become part of a neighbour, after all rows are written */
  readonly merges: readonly { readonly from: number; readonly to: number }[]
  readonly divided: boolean
  readonly nextSegment: number
  readonly rows: number
  readonly rowsRead: number
  readonly scanMs: number
  /** the layer that found what is planned, or that nothing is */
  readonly how: 'hint' | 'digest' | 'deep'
  /** what its definition became, when the copy is altered in place before its rows are written */
  readonly altered?: DefinitionDifference
  /** of a table without a key: what came and went; the lists above are empty then */
  readonly multiset?: {
    readonly arrived: ReadonlyMap<bigint, number>
    readonly gone: ReadonlyMap<bigint, number>
  }
}

export interface PlanContext {
  readonly snapshot: Snapshot
  readonly target: Target
  readonly pace: Pace
}

const rangesOf = (segments: readonly Segment[]): KeyRange[] =>
  segments.map((segment, index) => ({ low: segment.low, high: segments[index + 1]?.low ?? null }))

/** Digests of all segments, as many in one statement as the pace allows by the rows that they last held. */
const scanDigests = async (
  { snapshot, pace }: PlanContext,
  table: SourceTable,
  segments: readonly Segment[],
): Promise<RangeDigest[]> => {
  const ranges = rangesOf(segments)
  const digests: RangeDigest[] = []
  while (digests.length < ranges.length) {
    const start = digests.length
    let end = start
    for (let rows = 0; end < ranges.length && (end === start || rows < pace.rows); end += 1) {
      rows += Math.max(0, segments[end]?.rows ?? 0)
    }
    const part = ranges.slice(start, end)
    const began = performance.now()
    const found = await snapshot.read(segmentDigestsSql(table, part))
    const byPosition = new Map(found.map((row) => [Number(row[0]?.toString('latin1')), row]))
    const read = part.map((_, index) => toRangeDigest(byPosition.get(index)))
    pace.took(
      read.reduce((sum, digest) => sum + digest.rows, 0),
      performance.now() - began,
    )
    for (const digest of read) digests.push(digest)
  }
  return digests
}

/** Keys and digests of a range, in the server's order, a piece at a time: it may have grown to any size. */
const readKeys = async (
  { snapshot, pace }: PlanContext,
  table: SourceTable,
  range: KeyRange,
): Promise<KeyedDigest[]> => {
  const keys: KeyedDigest[] = []
  for (;;) {
    const limit = pace.rows
    const began = performance.now()
    const rows = await snapshot.read(keysSql(table, range, keys.at(-1)?.bytes ?? null, limit))
    pace.took(rows.length, performance.now() - began)
    for (const row of rows) keys.push(toKeyedDigest(table, row))
    if (rows.length < limit) return keys
  }
}

export const planTable = async (
  context: PlanContext,
  table: SourceTable,
  record: TableRecord,
  segments: readonly Segment[],
  how: 'digest' | 'deep' = 'digest',
): Promise<TablePlan> => {
  const started = performance.now()
  const ranges = rangesOf(segments)
  const differing = differingSegments(segments, await scanDigests(context, table, segments))

  const inserted: PlacedKey[] = []
  const changed: PlacedKey[] = []
  const gone: PlacedId[] = []
  const digests = new Map<number, RangeDigest>()
  const moves: { from: number; to: number; ids: readonly KeyId[] }[] = []
  const digestsBefore = new Map<KeyId, bigint>()
  const distrusted = new Set(segments.filter(({ rows }) => rows < 0).map(({ id }) => id))
  const divisions = new Map<number, Segment[]>()
  let { nextSegment } = record
  let rowsRead = 0

  for (const index of differing) {
    const segment = segments[index]
    const range = ranges[index]
    if (segment === undefined || range === undefined) continue
    const keys = await readKeys(context, table, range)
    rowsRead += keys.length
    const recorded =
      (await readRowStates(context.target, record.id, [segment.id])).get(segment.id) ??
      new Map<KeyId, bigint>()
    const diff = diffSegment(recorded, keys)
    const parts = divideSegment(segment.low, keys).map((part, position) => ({
      ...part,
      id: position === 0 ? segment.id : nextSegment++,
    }))
    const placeOf = new Map<KeyId, number>()
    for (const part of parts) {
      for (const key of part.keys) placeOf.set(key.id, part.id)
      if (part.id === segment.id) continue
      const ids = part.keys.flatMap((key) => (recorded.has(key.id) ? key.id : []))
      moves.push({ from: segment.id, to: part.id, ids })
    }
    // One by one: a spread of a hundred thousand arguments overflows the stack.
    for (const key of diff.inserted) inserted.push({ ...key, segment: placeOf.get(key.id) ?? segment.id })
    for (const key of diff.changed) changed.push({ ...key, segment: placeOf.get(key.id) ?? segment.id })
    for (const id of diff.gone) gone.push({ id, segment: segment.id })
    for (const id of [...diff.changed.map((key) => key.id), ...diff.gone])
      digestsBefore.set(id, recorded.get(id) ?? 0n)
    if (distrusted.has(segment.id)) for (const part of parts) distrusted.add(part.id)
    digests.set(segment.id, digestOf(parts[0]?.keys ?? []))
    if (parts.length > 1) {
      divisions.set(
        segment.id,
        parts.map((part) => ({ id: part.id, low: part.low, ...digestOf(part.keys) })),
      )
    }
  }

  const divided = segments.flatMap((segment) => {
    const division = divisions.get(segment.id)
    if (division !== undefined) return division
    const digest = digests.get(segment.id)
    return digest === undefined ? [segment] : [{ ...segment, ...digest }]
  })
  const { segments: after, merges } = mergeThin(divided, new Set(digests.keys()))
  return {
    table,
    record,
    inserted,
    changed,
    gone,
    digests,
    recorded: digestsBefore,
    distrusted,
    moves,
    segments: after,
    merges,
    divided: divisions.size + merges.length > 0,
    nextSegment,
    rows: after.reduce((sum, segment) => sum + segment.rows, 0),
    rowsRead,
    scanMs: performance.now() - started,
    how,
  }
}

/** A table of which the server says that it stands still: nothing was read, nothing is to be done. */
export const planNothing = (
  table: SourceTable,
  record: TableRecord,
  segments: readonly Segment[],
): TablePlan => ({
  table,
  record,
  inserted: [],
  changed: [],
  gone: [],
  digests: new Map(),
  recorded: new Map(),
  distrusted: new Set(),
  moves: [],
  segments,
  merges: [],
  divided: false,
  nextSegment: record.nextSegment,
  rows: record.rows,
  rowsRead: 0,
  scanMs: record.scanMs,
  how: 'hint',
})

export const isUnchanged = (plan: TablePlan): boolean =>
  plan.digests.size + plan.changed.length + plan.gone.length === 0

/** The source's rows are other than recorded, or the record was distrusted: not drift alone. */
export const hasMoved = (plan: TablePlan): boolean => plan.digests.size > 0

/** Rows that the plan takes away. An update of a table without a key is one that goes and one that comes. */
export const deletesOf = (plan: TablePlan): number => {
  if (plan.multiset === undefined) return plan.gone.length
  const count = (counts: ReadonlyMap<bigint, number>): number =>
    [...counts.values()].reduce((sum, rows) => sum + rows, 0)
  return Math.max(0, count(plan.multiset.gone) - count(plan.multiset.arrived))
}
