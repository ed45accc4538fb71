/**
 * Which segments of a table are to be held against the record row by row. By digests where few differ: many segments in one statement, and
 * only those that differ are read again. By rows, without asking for their digests first, where most of the last ones did: the sum of a segment's
 * digests is then made here, of the very numbers that the source would have summed (detect/expectation.ts; 0069).
 */
import type { Expectation } from '../detect/expectation.ts'
import { differingSegments, segmentRows } from '../detect/segments.ts'
import type { RangeDigest, Segment } from '../model.ts'
import type { SourceRow } from '../source/connection.ts'
import { isStatementLimit } from '../source/errors.ts'
import { type KeyRange, segmentDigestsSql } from '../source/ranges.ts'
import { toRangeDigest } from '../source/rows.ts'
import type { SourceTable } from '../source/tables.ts'
import type { PlanContext } from './plan.ts'

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

type Scanning = Pick<PlanContext, 'snapshot' | 'pace'>

/** Digests of these ranges, in one statement; undefined where the server ended it at its limit: fewer are to be asked for. */
const readDigests = async (
  { snapshot, pace }: Scanning,
  table: SourceTable,
  ranges: readonly KeyRange[],
): Promise<readonly RangeDigest[] | undefined> => {
  await snapshot.ready()
  const began = performance.now()
  let found: readonly SourceRow[]
  try {
    found = await snapshot.read(segmentDigestsSql(table, ranges))
  } catch (error) {
    if (!isStatementLimit(error)) throw error
    pace.limitReached()
    // One segment alone that has grown beyond a statement: its keys are read a page at a time.
    return ranges.length === 1 ? [unknownDigest] : undefined
  }
  const byPosition = new Map(found.map((row) => [Number(row[0]?.toString('latin1')), row]))
  const digests = ranges.map((_, index) => toRangeDigest(byPosition.get(index)))
  pace.took(
    digests.reduce((sum, digest) => sum + digest.rows, 0),
    performance.now() - began,
  )
  return digests
}

export interface Suspect {
  /** of the segment, whose rows are to be held against the record now */
  readonly index: number
  /** the one that comes after it, as far as can be told */
  readonly next: number | undefined
  /** Its digest differs. Where that was not asked for, its rows tell, and so must `expectation` be told. */
  readonly isTold: boolean
}

/** In key order, as far as is asked for: the next one may depend on what the last one came to. */
export async function* suspectSegments(
  context: Scanning,
  table: SourceTable,
  segments: readonly Segment[],
  count: number,
  expectation: Expectation,
): AsyncGenerator<Suspect, void> {
  const ranges = rangesOf(segments)
  for (let start = 0; start < count; ) {
    if (expectation.isByRows) {
      const next = start + 1
      yield { index: start, next: next < count ? next : undefined, isTold: false }
      start = next
      continue
    }
    const most = Math.min(
      count - start,
      expectation.mostDigests,
      segmentsAtOnce(table, segments, ranges, start, context.pace.rows),
    )
    const recorded = segments.slice(start, start + most)
    const digests = await readDigests(context, table, ranges.slice(start, start + most))
    if (digests === undefined) continue
    const differing = differingSegments(recorded, digests)
    for (const position of recorded.keys()) expectation.saw(differing.includes(position))
    for (const [position, at] of differing.entries()) {
      const next = differing[position + 1]
      yield { index: start + at, next: next === undefined ? undefined : start + next, isTold: true }
    }
    start += most
  }
}
