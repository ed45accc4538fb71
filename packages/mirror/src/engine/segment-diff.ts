/**
 * One differing segment, followed in the server's key order from its lower bound to the next, a part at a time: it may have
 * grown to any size, and no more of it than a part is held. Keys and digests travel, no values.
 *
 *   read a page of keys → cut off full parts → compare each with what is recorded → … → what was never met is gone
 */
import { digestOf, fullParts, segmentRows } from '../detect/segments.ts'
import { diffSegment } from '../diff/rows.ts'
import type { KeyBytes, KeyedDigest, KeyId, Segment } from '../model.ts'
import { readRowStates } from '../record/row-state.ts'
import { isStatementLimit } from '../source/connection.ts'
import { keysSql, type KeyRange } from '../source/ranges.ts'
import { toKeyedDigest } from '../source/rows.ts'
import type { SourceTable } from '../source/tables.ts'
import { tidyMemory } from './memory.ts'
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
  /** where its recorded digests are */
  readonly place: 'mirror' | 'mirror_load'
}

/** Yields part after part, in key order; returns the rows that are no longer there. */
export async function* diffParts(
  { snapshot, target, pace }: Omit<PlanContext, 'allowance'>,
  table: SourceTable,
  tableId: number,
  { segment, range, nextSegment, place }: DifferingSegment,
): AsyncGenerator<PartDiff, readonly PlacedId[]> {
  const recorded =
    (await readRowStates(target, tableId, [segment.id], place)).get(segment.id) ?? new Map<KeyId, bigint>()
  let parts = 0
  const partOf = (keys: readonly KeyedDigest[]): PartDiff => {
    const id = parts === 0 ? segment.id : nextSegment + parts - 1
    const low = parts === 0 ? segment.low : (keys[0]?.bytes ?? null)
    parts += 1
    const { inserted, changed } = diffSegment(recorded, keys)
    const ids = id === segment.id ? [] : keys.flatMap((key) => (recorded.has(key.id) ? key.id : []))
    const place = (key: KeyedDigest): PlacedKey => ({ ...key, segment: id, recorded: recorded.get(key.id) })
    const placed = { inserted: inserted.map(place), changed: changed.map(place) }
    for (const key of keys) recorded.delete(key.id)
    return {
      part: { id, low, ...digestOf(keys) },
      ...placed,
      move: ids.length === 0 ? undefined : { from: segment.id, to: id, ids },
    }
  }
  /** Smaller and smaller where the server ends the statement at its limit; the smallest page must do. */
  const readPage = async (after: KeyBytes | null) => {
    for (;;) {
      const limit = pace.rows
      await snapshot.ready()
      const began = performance.now()
      try {
        const rows = await snapshot.read(keysSql(table, range, after, limit))
        pace.took(rows.length, performance.now() - began)
        return { rows, limit }
      } catch (error) {
        if (!isStatementLimit(error)) throw error
        pace.limitReached()
        if (pace.rows === limit) throw error
      }
    }
  }
  let held: KeyedDigest[] = []
  let last: KeyedDigest | undefined
  for (;;) {
    const { rows, limit } = await readPage(last?.bytes ?? null)
    for (const row of rows) held.push((last = toKeyedDigest(table, row)))
    const isEnd = rows.length < limit
    tidyMemory()
    for (let full = fullParts(held.length, parts > 0); full > 0; full -= 1) {
      yield partOf(held.slice(0, segmentRows))
      held = held.slice(segmentRows)
    }
    if (isEnd) break
  }
  if (held.length > 0 || parts === 0) yield partOf(held)
  return [...recorded].map(([id, digest]) => ({ segment: segment.id, id, recorded: digest }))
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
