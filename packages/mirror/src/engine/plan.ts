/**
 * First half of a cycle: what is to be done to a table, found by digests. Nothing is written here, and no row's values
 * travel: digests of all segments, then keys and digests of those that differ, held against what is recorded.
 */
import { differingSegments, mergeThin, segmentRows } from '../detect/segments.ts'
import type { DefinitionDifference } from '../detect/definition.ts'
import type { KeyedDigest, KeyId, RangeDigest, Segment } from '../model.ts'
import type { Target } from '../postgres.ts'
import { readRowDigests } from '../record/row-state.ts'
import type { TableRecord } from '../record/tables.ts'
import type { SourceRow } from '../source/connection.ts'
import { isStatementLimit } from '../source/errors.ts'
import { type KeyRange, segmentDigestsSql } from '../source/ranges.ts'
import { toRangeDigest } from '../source/rows.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { Pace } from './pace.ts'
import {
  type DifferingSegment,
  diffParts,
  type KeyAllowance,
  type Move,
  type PartDiff,
  type RecordedDigests,
} from './segment-diff.ts'

export interface PlacedKey extends KeyedDigest {
  readonly segment: number
  /** the digest that was recorded before; undefined: the row is new */
  readonly recorded: bigint | undefined
  readonly isShownWrong?: boolean
}

export interface PlacedId {
  readonly segment: number
  readonly id: KeyId
  /** the digest that was recorded for it; undefined: a row that nobody recorded */
  readonly recorded: bigint | undefined
  /** a comparison found it edited, though its digest does not tell */
  readonly isShownWrong?: boolean
}

export interface TablePlan {
  readonly table: SourceTable
  readonly record: TableRecord
  readonly inserted: readonly PlacedKey[]
  readonly changed: readonly PlacedKey[]
  readonly gone: readonly PlacedId[]
  /** segments whose digests are new */
  readonly digests: ReadonlyMap<number, RangeDigest>
  /** segments that `verify --repair` distrusts: what differs there is mended, whatever the policy */
  readonly distrusted: ReadonlySet<number>
  /** rows that a divided segment gives away */
  readonly moves: readonly Move[]
  /** of what differs, that which is too much to be held: it is read again when it is written */
  readonly later: readonly LaterSegment[]
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
  readonly how: 'hint' | 'digest' | 'deep' | 'load'
  /** what its definition became, when the copy is altered in place before its rows are written */
  readonly altered?: DefinitionDifference
  /** of a table without a key: what came and went; the lists above are empty then */
  readonly multiset?: {
    readonly arrived: ReadonlyMap<bigint, number>
    readonly gone: ReadonlyMap<bigint, number>
    /** too many of them to be held: the lists are empty, and the table is loaded anew */
    readonly isBeyond: boolean
  }
}

/** A segment of which only the counts are known yet. */
export interface LaterSegment extends DifferingSegment {
  /** what it is divided into: it is so, too, when it is read again */
  readonly parts: readonly Segment[]
  readonly inserted: number
  readonly changed: number
  readonly gone: number
}

export interface PlanContext {
  /** of the whole cycle; where it is used up, lists are not kept */
  readonly allowance: KeyAllowance
  readonly snapshot: Snapshot
  readonly target: Target
  readonly pace: Pace
}

export const rangesOf = (segments: readonly Segment[]): KeyRange[] =>
  segments.map((segment, index) => ({ low: segment.low, high: segments[index + 1]?.low ?? null }))

/** No segment has this one: it differs, whatever it holds. */
const unknownDigest: RangeDigest = { rows: -1, digest: -1n }

/** A server's parser, its stack and max_allowed_packet bear so much of a statement easily. */
const mostSegments = 100
const mostSqlLength = 400_000

/**
 * How many segments, from this one on, one statement takes: by the rows that they last held. Of one that is distrusted nobody knows; it is
 * taken for a whole one.
 */
const segmentsAtOnce = (
  table: SourceTable,
  segments: readonly Segment[],
  ranges: readonly KeyRange[],
  start: number,
  rows: number,
): number => {
  const { length } = segmentDigestsSql(table, ranges.slice(start, start + 1))
  const most = Math.max(1, Math.min(mostSegments, Math.floor(mostSqlLength / length)))
  let [count, sum] = [0, 0]
  for (; start + count < segments.length && count < most && (count === 0 || sum < rows); count += 1) {
    const held = segments[start + count]?.rows ?? 0
    sum += held < 0 ? segmentRows : held
  }
  return count
}

/** Digests of the first `count` segments, as many in one statement as the pace allows. */
const scanDigests = async (
  { snapshot, pace }: PlanContext,
  table: SourceTable,
  segments: readonly Segment[],
  count: number,
): Promise<RangeDigest[]> => {
  const ranges = rangesOf(segments).slice(0, count)
  const digests: RangeDigest[] = []
  while (digests.length < ranges.length) {
    const start = digests.length
    const part = ranges.slice(start, start + segmentsAtOnce(table, segments, ranges, start, pace.rows))
    await snapshot.ready()
    const began = performance.now()
    let found: readonly SourceRow[]
    try {
      found = await snapshot.read(segmentDigestsSql(table, part))
    } catch (error) {
      if (!isStatementLimit(error)) throw error
      pace.limitReached()
      // One segment alone that has grown beyond a statement: its keys are read a page at a time.
      if (part.length === 1) digests.push(unknownDigest)
      continue
    }
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

interface SegmentFound {
  /** the segment, or what it is divided into */
  readonly parts: readonly Segment[]
  readonly counts: Pick<LaterSegment, 'inserted' | 'changed' | 'gone'>
  /** undefined: too much to be held */
  readonly held: { readonly parts: readonly PartDiff[]; readonly gone: readonly PlacedId[] } | undefined
}

const readSegment = async (
  context: PlanContext,
  table: SourceTable,
  record: TableRecord,
  differs: DifferingSegment,
  recorded: Promise<RecordedDigests>,
): Promise<SegmentFound> => {
  const parts: Segment[] = []
  let held: PartDiff[] | undefined = []
  let inserted = 0
  let changed = 0
  const diff = diffParts(context, table, record.id, differs, recorded)
  for (;;) {
    const step = await diff.next()
    if (step.done === true) {
      const gone = step.value
      const keeps = held !== undefined && context.allowance.take(gone.length)
      return {
        parts,
        counts: { inserted, changed, gone: gone.length },
        held: keeps && held !== undefined ? { parts: held, gone } : undefined,
      }
    }
    const part = step.value
    parts.push(part.part)
    inserted += part.inserted.length
    changed += part.changed.length
    if (held !== undefined && context.allowance.take(part.inserted.length + part.changed.length))
      held.push(part)
    else held = undefined
  }
}

/** `seenFrom`: segments from this one on hold what the snapshot shows, as was seen when they were loaded from it */
export const planTable = async (
  context: PlanContext,
  table: SourceTable,
  record: TableRecord,
  segments: readonly Segment[],
  how: 'digest' | 'deep' | 'load' = 'digest',
  seenFrom = segments.length,
): Promise<TablePlan> => {
  // what was waited for a busy source is no part of the scan
  const started = performance.now() - context.snapshot.idleMs
  const ranges = rangesOf(segments)
  const differing = differingSegments(
    segments.slice(0, seenFrom),
    await scanDigests(context, table, segments, seenFrom),
  )

  const inserted: PlacedKey[][] = []
  const changed: PlacedKey[][] = []
  const gone: PlacedId[][] = []
  const moves: Move[] = []
  const later: LaterSegment[] = []
  const digests = new Map<number, RangeDigest>()
  const distrusted = new Set(segments.filter(({ rows }) => rows < 0).map(({ id }) => id))
  const divisions = new Map<number, Segment[]>()
  let { nextSegment } = record
  let rowsRead = 0
  const place = how === 'load' ? 'mirror_load' : 'mirror'

  const recordedOf = (index: number | undefined): Promise<RecordedDigests> | undefined => {
    const id = index === undefined ? undefined : segments[index]?.id
    const recorded = id === undefined ? undefined : readRowDigests(context.target, record.id, id, place)
    // should the comparison before it fail, it must not be left unheard
    recorded?.catch(() => undefined)
    return recorded
  }
  let recorded = recordedOf(differing[0])
  for (const [position, index] of differing.entries()) {
    const segment = segments[index]
    const range = ranges[index]
    const mine = recorded
    if (segment === undefined || range === undefined || mine === undefined) continue
    // PostgreSQL looks for those of the next segment while the source reads this one
    recorded = recordedOf(differing[position + 1])
    const differs: DifferingSegment = { segment, range, nextSegment, place }
    const found = await readSegment(context, table, record, differs, mine)
    const { parts, counts } = found
    rowsRead += parts.reduce((sum, part) => sum + part.rows, 0)
    nextSegment += parts.length - 1
    if (found.held === undefined) later.push({ ...differs, ...counts, parts })
    else {
      for (const part of found.held.parts) {
        inserted.push([...part.inserted])
        changed.push([...part.changed])
        if (part.move !== undefined) moves.push(part.move)
      }
      gone.push([...found.held.gone])
    }
    if (distrusted.has(segment.id)) for (const part of parts) distrusted.add(part.id)
    digests.set(segment.id, parts[0] ?? { rows: 0, digest: 0n })
    if (parts.length > 1) divisions.set(segment.id, [...parts])
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
    inserted: inserted.flat(),
    changed: changed.flat(),
    gone: gone.flat(),
    later,
    digests,
    distrusted,
    moves,
    segments: after,
    merges,
    divided: divisions.size + merges.length > 0,
    nextSegment,
    rows: after.reduce((sum, segment) => sum + segment.rows, 0),
    rowsRead,
    scanMs: performance.now() - context.snapshot.idleMs - started,
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
  later: [],
  digests: new Map(),
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

/** `verify --repair` enters a row that nobody recorded with digest 0. */
export const isRecorded = (digest: bigint | undefined): digest is bigint =>
  digest !== undefined && digest !== 0n

export const isUnchanged = (plan: TablePlan): boolean =>
  plan.digests.size + plan.changed.length + plan.gone.length === 0

/** The source's rows are other than recorded, or the record was distrusted: not drift alone. */
export const hasMoved = (plan: TablePlan): boolean => plan.digests.size > 0

const laterSum = (plan: TablePlan, what: 'inserted' | 'changed' | 'gone'): number =>
  plan.later.reduce((sum, segment) => sum + segment[what], 0)

/** Rows that the plan takes away. An update of a table without a key is one that goes and one that comes. */
export const deletesOf = (plan: TablePlan): number => {
  if (plan.multiset === undefined) return plan.gone.length + laterSum(plan, 'gone')
  if (plan.multiset.isBeyond) return Math.max(0, plan.record.rows - plan.rows)
  const count = (counts: ReadonlyMap<bigint, number>): number =>
    [...counts.values()].reduce((sum, rows) => sum + rows, 0)
  return Math.max(0, count(plan.multiset.gone) - count(plan.multiset.arrived))
}

/** Of them, those that stood in the source: what somebody else put into the copy goes without a loss. */
export const lossesOf = (plan: TablePlan): number =>
  deletesOf(plan) - plan.gone.filter(({ recorded }) => !isRecorded(recorded)).length

/** Rows that the plan overwrites. */
export const updatesOf = (plan: TablePlan): number => plan.changed.length + laterSum(plan, 'changed')

/** Rows that the plan puts in. */
export const insertsOf = (plan: TablePlan): number => plan.inserted.length + laterSum(plan, 'inserted')
