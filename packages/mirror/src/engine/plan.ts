/**
 * First half of a cycle: what is to be done to a table, found by digests. Nothing is written here, and no row's values
 * travel: digests of the segments, then keys and digests of those that differ, held against what is recorded (segment-scan.ts).
 */
import { Expectation } from '../detect/expectation.ts'
import { mergeThin } from '../detect/segments.ts'
import type { DefinitionDifference } from '../detect/definition.ts'
import type { KeyedDigest, KeyId, RangeDigest, Segment } from '../model.ts'
import type { Target } from '../postgres.ts'
import { readRowDigests } from '../record/row-state.ts'
import type { TableRecord } from '../record/tables.ts'
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
import { rangesOf, suspectSegments } from './segment-scan.ts'

export interface PlacedKey extends KeyedDigest {
  readonly segment: number
  /** the digest that was recorded before; undefined: the row is new */
  readonly recorded: bigint | undefined
  readonly isKnownWrong?: boolean
}

export interface PlacedId {
  readonly segment: number
  readonly id: KeyId
  /** the digest that was recorded for it; undefined: a row that nobody recorded */
  readonly recorded: bigint | undefined
  /** a comparison found it edited, though its digest does not tell */
  readonly isKnownWrong?: boolean
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
  /** by table: what its segments came to lately */
  readonly expectation: (tableId: number) => Expectation
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

/** Not one of its rows is other than recorded, nor is their sum. */
const isAsRecorded = (segment: Segment, { parts, counts }: SegmentFound): boolean =>
  parts.reduce((sum, part) => sum + part.rows, 0) === segment.rows &&
  parts.reduce((sum, part) => sum + part.digest, 0n) === segment.digest &&
  counts.inserted + counts.changed + counts.gone === 0

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
  // what a load has put together says nothing of the table's changes
  const expectation = how === 'load' ? new Expectation() : context.expectation(record.id)

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

  /** asked for before it is needed, so that PostgreSQL looks for them while the source reads what comes before */
  let ahead: { readonly index: number; readonly recorded: Promise<RecordedDigests> } | undefined
  const recordedOf = async (index: number, id: number): Promise<RecordedDigests> =>
    ahead?.index === index ? ahead.recorded : readRowDigests(context.target, record.id, id, place)
  const askAhead = (index: number | undefined): void => {
    const id = index === undefined ? undefined : segments[index]?.id
    if (index === undefined || id === undefined) return
    const recorded = readRowDigests(context.target, record.id, id, place)
    // should what comes before it fail, it must not be left unheard
    recorded.catch(() => undefined)
    ahead = { index, recorded }
  }
  for await (const { index, next, isTold } of suspectSegments(
    context,
    table,
    segments,
    seenFrom,
    expectation,
  )) {
    const segment = segments[index]
    const range = ranges[index]
    if (segment === undefined || range === undefined) continue
    const mine = recordedOf(index, segment.id)
    askAhead(next)
    const differs: DifferingSegment = { segment, range, nextSegment, place }
    const found = await readSegment(context, table, record, differs, mine)
    const { parts, counts } = found
    rowsRead += parts.reduce((sum, part) => sum + part.rows, 0)
    const isSame = !isTold && isAsRecorded(segment, found)
    if (!isTold) expectation.saw(!isSame)
    if (isSame) continue
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
