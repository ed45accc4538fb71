/** Rows that a load has read → the loading table, their digests by segment, and what PostgreSQL cannot hold of them. */
import { copyRows } from '../apply/load.ts'
import { reuse } from '../byte-chunks.ts'
import { segmentRows } from '../detect/segments.ts'
import type { KeyBytes, Segment } from '../model.ts'
import type { Target } from '../postgres.ts'
import { putExactRows } from '../record/exact-row.ts'
import { replaceExactValues } from '../record/ledger.ts'
import { copyRowStates } from '../record/row-state.ts'
import type { SourceTable } from '../source/tables.ts'
import type { EncodedRows } from './load-encode.ts'
import { tidyAfter, tidyMemory } from '../memory.ts'
import { targetTable } from './shape.ts'

/** Rows of one statement at most, however narrow. */
export const mostPieceRows = 20_000

/** Where the exact values of what is loaded go. */
export interface ExactPlace {
  readonly sourceId: string
  readonly table: string
}

/** Wider ones exist several times over before they are sent. */
const wideRowBytes = 16_384

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

  /** the next row begins another segment */
  get isFull(): boolean {
    return this.#last.rows + this.#rows >= segmentRows
  }

  /** the number of the segment that is being filled */
  get current(): number {
    return this.#last.id
  }

  /** The number of the segment that begins with this key. */
  begin(low: KeyBytes): number {
    this.#done.push(this.#filled)
    this.#last = { id: this.count, low, rows: 0, digest: 0n }
    this.#rows = this.#high = this.#low = 0
    return this.#last.id
  }

  /** A row's digest, by its halves. */
  add(high: number, low: number): void {
    this.#rows += 1
    this.#high += high
    this.#low += low
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
  await copyRowStates(target, states)
  await putExactRows(target, place.sourceId, place.table, whole)
  await replaceExactValues(target, place.sourceId, place.table, [], exact)
  const bytes = lines.reduce((sum, chunk) => sum + chunk.length, 0)
  reuse(lines)
  reuse(states)
  if (bytes > wideRowBytes * rows) tidyMemory()
  else tidyAfter(bytes)
  return exact.length + whole.length
}
