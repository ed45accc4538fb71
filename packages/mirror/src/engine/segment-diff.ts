/**
 * One differing segment, followed in the server's key order from its lower bound to the next, a part at a time: it may have
 * grown to any size, and no more of it than a part is held. Keys and digests travel, no values.
 *
 *   read a page of keys → cut off full parts → compare each with what is recorded → … → what was never met is gone
 *
 * Where it is read a second time (`parts`), it is divided at the same keys as the first time, however its rows have moved since.
 */
import { fullParts, segmentRows } from '../detect/segments.ts'
import { SegmentComparison } from '../diff/rows.ts'
import type { DigestDigits, KeyBytes, KeyedDigest, KeyId, Segment } from '../model.ts'
import { readRowDigests } from '../record/row-state.ts'
import { isStatementLimit, tooSlow } from '../source/errors.ts'
import { rowDigestDigits } from '../source/digest.ts'
import { keysSql, type KeyRange } from '../source/ranges.ts'
import { DigestSum } from '../source/digest-sum.ts'
import type { RowView } from '../source/row-view.ts'
import { keyReader } from '../source/rows.ts'
import type { SourceTable } from '../source/tables.ts'
import { tidyMemory } from '../memory.ts'
import type { PlacedId, PlacedKey, PlanContext } from './plan.ts'

export interface Move {
  readonly from: number
  readonly to: number
  readonly ids: readonly KeyId[]
}

/** What one part of a segment comes to. */
export interface PartDiff {
  readonly part: Segment
  readonly inserted: readonly PlacedKey[]
  readonly changed: readonly PlacedKey[]
  /** rows that the segment gives away to this part, where it was divided */
  readonly move: Move | undefined
}

export interface DifferingSegment {
  readonly segment: Segment
  readonly range: KeyRange
  /** the number of the second part, should it be divided; each further one takes the next */
  readonly nextSegment: number
  /** what it was divided into when it was read before, from another view */
  readonly parts?: readonly Segment[]
  /** where its recorded digests are */
  readonly place: 'mirror' | 'mirror_load'
}

type Differing = KeyedDigest & { readonly recorded: bigint | undefined }

/** As many rows in a row as a segment has when it is made: a part of a segment that is divided. */
interface Group {
  readonly first: KeyBytes
  readonly sum: DigestSum
  readonly inserted: Differing[]
  readonly changed: Differing[]
  /** of its rows, those that were recorded */
  readonly known: KeyId[]
}

const numberOf = (digits: DigestDigits): bigint => BigInt(`0x${digits}`)

/** By key; it is used up. */
export type RecordedDigests = Map<KeyId, DigestDigits>

/** Yields part after part, in key order; returns the rows that are no longer there. `recorded`: asked for before, if so. */
export async function* diffParts(
  { snapshot, target, pace }: Pick<PlanContext, 'snapshot' | 'target' | 'pace'>,
  table: SourceTable,
  tableId: number,
  { segment, range, nextSegment, place, parts: known }: DifferingSegment,
  recorded: Promise<RecordedDigests> = readRowDigests(target, tableId, segment.id, place),
): AsyncGenerator<PartDiff, readonly PlacedId[]> {
  const comparison = new SegmentComparison(await recorded)
  const keys = keyReader(table)
  const digest = rowDigestDigits(table.columns)
  const groups: Group[] = []
  let parts = 0
  /** of the range that is being read */
  let seen = 0
  const visit = (row: RowView): void => {
    const { id, digits } = keys.read(row)
    let group = groups.at(-1)
    if (group === undefined || group.sum.rows >= segmentRows) {
      group = { first: keys.last, sum: new DigestSum(), inserted: [], changed: [], known: [] }
      groups.push(group)
    }
    seen += 1
    group.sum.add(row.bytes, row.starts[0] ?? 0)
    const before = comparison.meet(id)
    if (before !== undefined) group.known.push(id)
    if (before === digits) return
    group[before === undefined ? 'inserted' : 'changed'].push({
      id,
      key: keys.key(id),
      bytes: keys.last,
      digest: numberOf(digits),
      recorded: before === undefined ? undefined : numberOf(before),
    })
  }
  const partOf = (some: readonly Group[], id: number, low: KeyBytes | null): PartDiff => {
    const placed = (what: 'inserted' | 'changed'): PlacedKey[] =>
      some.flatMap((group) => group[what].map((key) => ({ ...key, segment: id })))
    const ids = id === segment.id ? [] : some.flatMap(({ known: recorded }) => recorded)
    const rows = some.reduce((total, { sum }) => total + sum.rows, 0)
    const sumOfDigests = some.reduce((total, { sum }) => total + sum.digest, 0n)
    return {
      part: { id, low, rows, digest: sumOfDigests },
      inserted: placed('inserted'),
      changed: placed('changed'),
      move: ids.length === 0 ? undefined : { from: segment.id, to: id, ids },
    }
  }
  const next = (some: readonly Group[]): PartDiff => {
    const isFirst = parts === 0
    parts += 1
    return isFirst
      ? partOf(some, segment.id, segment.low)
      : partOf(some, nextSegment + parts - 2, some[0]?.first ?? null)
  }
  /** A page of keys into `groups`; true at the end of the range. */
  const readPage = async (within: KeyRange): Promise<boolean> => {
    const limit = pace.rows
    const after = seen === 0 ? null : keys.last
    await snapshot.ready()
    const began = performance.now()
    let isEnd = false
    try {
      const { rows } = await snapshot.eachUpTo(
        keysSql(table, within, after, limit, digest),
        Number.POSITIVE_INFINITY,
        visit,
      )
      pace.took(rows, performance.now() - began)
      isEnd = rows < limit
    } catch (error) {
      // Smaller and smaller where the server ends the statement at its limit; the smallest page must do. What came before is good.
      if (!isStatementLimit(error)) throw error
      pace.limitReached()
      if (pace.rows === limit) throw tooSlow(table, error)
    }
    tidyMemory()
    return isEnd
  }
  if (known === undefined) {
    for (let isEnd = false; !isEnd; ) {
      isEnd = await readPage(range)
      for (let full = fullParts(seen - parts * segmentRows, parts > 0); full > 0; full -= 1)
        yield next(groups.splice(0, 1))
    }
    if (groups.length > 0 || parts === 0) yield next(groups.splice(0))
  } else {
    for (const [index, { id, low }] of known.entries()) {
      const within: KeyRange = { low, high: known[index + 1]?.low ?? range.high }
      seen = 0
      for (let isEnd = false; !isEnd; ) {
        isEnd = await readPage(within)
        yield partOf(groups.splice(0), id, low)
      }
    }
  }
  return comparison.gone.map(([id, recordedDigest]) => ({
    segment: segment.id,
    id,
    recorded: recordedDigest,
  }))
}

/** How many keys one cycle may hold between its two halves: some 25 MB. What is beyond is read again when it is written. */
const mostHeldKeys = 50_000

export class KeyAllowance {
  #left = mostHeldKeys

  /** False, and nothing is taken, when there is not enough left. */
  take(keys: number): boolean {
    if (keys > this.#left) return false
    this.#left -= keys
    return true
  }
}
