/**
 * First half of a cycle: what is to be done to a table, found by digests. Nothing is written here, and no row's values
 * travel: digests of all segments, then keys and digests of those that differ, held against what is recorded.
 */
import { differingSegments, digestOf, divideSegment } from '../detect/segments.ts'
import { diffSegment } from '../diff/rows.ts'
import type { KeyedDigest, KeyId, RangeDigest, Segment } from '../model.ts'
import type { Target } from '../postgres.ts'
import { readRowStates } from '../record/row-state.ts'
import type { TableRecord } from '../record/tables.ts'
import { keysSql, type KeyRange, segmentDigestsSql } from '../source/ranges.ts'
import { toKeyedDigest, toRangeDigest } from '../source/rows.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'

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
  /** rows that a divided segment gives away */
  readonly moves: readonly { readonly from: number; readonly to: number; readonly ids: readonly KeyId[] }[]
  /** all segments of the table after this cycle */
  readonly segments: readonly Segment[]
  readonly divided: boolean
  readonly nextSegment: number
  readonly rows: number
  readonly rowsRead: number
  readonly scanMs: number
}

/** 16 × 2,000 rows take some 40 ms: far below the second for which an ALTER may wait, far above a round trip. */
const segmentsPerStatement = 16

const rangesOf = (segments: readonly Segment[]): KeyRange[] =>
  segments.map((segment, index) => ({ low: segment.low, high: segments[index + 1]?.low ?? null }))

const scanDigests = async (
  snapshot: Snapshot,
  table: SourceTable,
  ranges: readonly KeyRange[],
): Promise<RangeDigest[]> => {
  const digests: RangeDigest[] = []
  for (let start = 0; start < ranges.length; start += segmentsPerStatement) {
    const part = ranges.slice(start, start + segmentsPerStatement)
    const rows = await snapshot.read(segmentDigestsSql(table, part))
    const byPosition = new Map(rows.map((row) => [Number(row[0]?.toString('latin1')), row]))
    for (const index of part.keys()) digests.push(toRangeDigest(byPosition.get(index)))
  }
  return digests
}

export const planTable = async (
  snapshot: Snapshot,
  target: Target,
  table: SourceTable,
  record: TableRecord,
  segments: readonly Segment[],
): Promise<TablePlan> => {
  const started = performance.now()
  const ranges = rangesOf(segments)
  const found = await scanDigests(snapshot, table, ranges)
  const differing = differingSegments(segments, found)

  const inserted: PlacedKey[] = []
  const changed: PlacedKey[] = []
  const gone: PlacedId[] = []
  const digests = new Map<number, RangeDigest>()
  const moves: { from: number; to: number; ids: readonly KeyId[] }[] = []
  const divisions = new Map<number, Segment[]>()
  let { nextSegment } = record
  let rowsRead = 0

  for (const index of differing) {
    const segment = segments[index]
    const range = ranges[index]
    if (segment === undefined || range === undefined) continue
    const keys = (await snapshot.read(keysSql(table, range))).map((row) => toKeyedDigest(table, row))
    rowsRead += keys.length
    const recorded =
      (await readRowStates(target, record.id, [segment.id])).get(segment.id) ?? new Map<KeyId, bigint>()
    const diff = diffSegment(recorded, keys)
    const parts = divideSegment(segment.low, keys).map((part, position) => ({
      ...part,
      id: position === 0 ? segment.id : nextSegment++,
    }))
    const placeOf = new Map<KeyId, number>()
    for (const part of parts) {
      for (const key of part.keys) placeOf.set(key.id, part.id)
      if (part.id !== segment.id) {
        moves.push({
          from: segment.id,
          to: part.id,
          ids: part.keys.flatMap((key) => (recorded.has(key.id) ? key.id : [])),
        })
      }
    }
    const place = (key: KeyedDigest): PlacedKey => ({ ...key, segment: placeOf.get(key.id) ?? segment.id })
    inserted.push(...diff.inserted.map(place))
    changed.push(...diff.changed.map(place))
    gone.push(...diff.gone.map((id) => ({ id, segment: segment.id })))
    digests.set(segment.id, digestOf(parts[0]?.keys ?? []))
    if (parts.length > 1) {
      divisions.set(
        segment.id,
        parts.map((part) => ({ id: part.id, low: part.low, ...digestOf(part.keys) })),
      )
    }
  }

  const after = segments.flatMap((segment) => {
    const division = divisions.get(segment.id)
    if (division !== undefined) return division
    const digest = digests.get(segment.id)
    return digest === undefined ? [segment] : [{ ...segment, ...digest }]
  })
  return {
    table,
    record,
    inserted,
    changed,
    gone,
    digests,
    moves,
    segments: after,
    divided: divisions.size > 0,
    nextSegment,
    rows: after.reduce((sum, segment) => sum + segment.rows, 0),
    rowsRead,
    scanMs: performance.now() - started,
  }
}

export const isUnchanged = (plan: TablePlan): boolean => plan.digests.size === 0
