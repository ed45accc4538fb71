/** Rows that a load has read → the loading table, their digests by segment, and what PostgreSQL cannot hold of them. */
import { copyRows } from '../apply/load.ts'
import { segmentRows } from '../detect/segments.ts'
import type { KeyBytes, Segment } from '../model.ts'
import type { Target } from '../postgres.ts'
import { putExactRows } from '../record/exact-row.ts'
import { replaceExactValues } from '../record/ledger.ts'
import { copyRowStates } from '../record/row-state.ts'
import type { SourceTable } from '../source/tables.ts'
import type { EncodedRows } from './load-encode.ts'
import { tidyMemory } from './memory.ts'
import { targetTable } from './shape.ts'

/** Rows of one statement at most, however narrow. */
export const mostPieceRows = 20_000

/** Where the exact values of what is loaded go. */
export interface ExactPlace {
  readonly sourceId: string
  readonly table: string
}

const upperHalf = 2n ** 32n

/** Fills segments in key order, numbered from 0; the first begins before all keys. */
export class SegmentFiller {
  readonly #done: Segment[] = []
  #last: Segment
  // Of what was added to the last one, the sums of its digests' halves: below 2^53 for any number of rows that a segment may have.
  #rows = 0
  #high = 0
  #low = 0

  /** `last`: the segment to go on with; absent at the beginning */
  constructor(last?: Segment) {
    this.#last = last ?? { id: 0, low: null, rows: 0, digest: 0n }
  }

  /** those that were begun or filled */
  get segments(): readonly Segment[] {
    return [...this.#done, this.#filled]
  }

  get count(): number {
    return this.#last.id + 1
  }

  /** A row's digest by its halves, and how to come by its key. The number of its segment. */
  add(high: number, low: number, key: () => KeyBytes): number {
    if (this.#last.rows + this.#rows >= segmentRows) {
      this.#done.push(this.#filled)
      this.#last = { id: this.count, low: key(), rows: 0, digest: 0n }
      this.#rows = this.#high = this.#low = 0
    }
    this.#rows += 1
    this.#high += high
    this.#low += low
    return this.#last.id
  }

  get #filled(): Segment {
    const { id, low, rows, digest } = this.#last
    const sum = BigInt(this.#high) * upperHalf + BigInt(this.#low)
    return { id, low, rows: rows + this.#rows, digest: digest + sum }
  }
}

/** Copies the rows; returns how many exact values and whole rows there were among them. */
export const copyLoadedRows = async (
  target: Target,
  table: SourceTable,
  tableId: number,
  encoded: EncodedRows,
  place: ExactPlace,
): Promise<number> => {
  const { rows, lines, states, exact, whole } = encoded
  if (rows === 0) return 0
  if (lines.length > 0) await copyRows(target, targetTable('', table), tableId, lines)
  await copyRowStates(target, tableId, states)
  await putExactRows(target, place.sourceId, place.table, whole)
  await replaceExactValues(target, place.sourceId, place.table, [], exact)
  tidyMemory()
  return exact.length + whole.length
}
