/**
 * Is what was restored equal to what was recorded for the source? The restored server computes count and sum of the
 * same digest expression over all rows; where they differ, the rows' own digests, which are recorded too, tell which.
 */
import {
  type CanonicalKey,
  isWholeRowId,
  type KeyBytes,
  type KeyId,
  keyOfId,
  type Segment,
} from '../../model.ts'
import type { Target } from '../../postgres.ts'
import { wholeDigestSql } from '../../source/keyless.ts'
import { keysSql, type KeyRange, segmentDigestsSql } from '../../source/ranges.ts'
import { toKeyedDigest, toRangeDigest } from '../../source/rows.ts'
import type { SourceTable } from '../../source/tables.ts'
import type { DifferenceKind } from '../../types.ts'
import type { Destination } from './destination.ts'
import { type MirroredTable, recordedRows } from './mirrored.ts'

/** Ranges of one statement: bounds its text and its time. */
const rangesPerStatement = 100
const keysPerRead = 5_000

const rangeOf = (segments: readonly Segment[], index: number): KeyRange => ({
  low: segments[index]?.low ?? null,
  high: segments[index + 1]?.low ?? null,
})

export interface Difference {
  readonly id: KeyId
  readonly key: CanonicalKey
  readonly kind: DifferenceKind
}

export interface Proof {
  readonly rows: number
  readonly equal: boolean
  /** positions of the segments that differ */
  readonly differing: readonly number[]
}

export const proveTable = async (
  destination: Destination,
  table: SourceTable,
  recorded: MirroredTable,
): Promise<Proof> => {
  const { segments } = recorded
  if (table.key.length === 0) {
    const whole = toRangeDigest((await destination.rows(wholeDigestSql(table)))[0])
    const equal = whole.rows === recorded.rows && whole.digest === recorded.digest
    return { rows: whole.rows, equal, differing: [] }
  }
  const differing: number[] = []
  let rows = 0
  let digest = 0n
  for (let start = 0; start < segments.length; start += rangesPerStatement) {
    const part = segments.slice(start, start + rangesPerStatement)
    const found = await destination.rows(
      segmentDigestsSql(
        table,
        part.map((_, index) => rangeOf(segments, start + index)),
      ),
    )
    const byPosition = new Map(found.map((row) => [Number(row[0]?.toString('latin1')), row]))
    for (const [index, segment] of part.entries()) {
      const computed = toRangeDigest(byPosition.get(index))
      rows += computed.rows
      digest += computed.digest
      if (computed.rows !== segment.rows || computed.digest !== segment.digest) differing.push(start + index)
    }
  }
  return { rows, equal: rows === recorded.rows && digest === recorded.digest, differing }
}

/** Rows that differ from what was recorded, segment by segment. */
export const findDifferences = async (
  target: Target,
  destination: Destination,
  table: SourceTable,
  recorded: MirroredTable,
  differing: readonly number[],
  found: (difference: Difference) => void,
): Promise<void> => {
  for (const index of differing) {
    const segment = recorded.segments[index]
    if (segment === undefined) continue
    const left = new Map(await recordedRows(target, recorded, segment))
    const extra: Difference[] = []
    let after: KeyBytes | null = null
    for (;;) {
      const read = await destination.rows(
        keysSql(table, rangeOf(recorded.segments, index), after, keysPerRead),
      )
      const keys = read.map((row) => toKeyedDigest(table, row))
      for (const { id, key, digest } of keys) {
        const was = left.get(id)
        left.delete(id)
        if (was === undefined) extra.push({ id, key, kind: 'extra' })
        else if (was !== digest) found({ id, key, kind: 'changed' })
      }
      after = keys.at(-1)?.bytes ?? null
      if (keys.length < keysPerRead) break
    }
    // Of a row whose key PostgreSQL cannot hold the record knows a hash alone, under which it stands in exact_row.
    for (const id of left.keys()) {
      found({
        id,
        key: isWholeRowId(id) ? [`exact_row ${id.slice(1)}`] : keyOfId(id, table.key.length),
        kind: 'missing',
      })
    }
    for (const difference of extra) found(difference)
  }
}
