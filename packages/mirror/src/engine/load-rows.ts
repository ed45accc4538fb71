/** Rows that a load has read → the loading table, their digests by segment, and what PostgreSQL cannot hold of them. */
import { copyRows } from '../apply/load.ts'
import { segmentRows } from '../detect/segments.ts'
import type { MirrorRow, Segment } from '../model.ts'
import type { Target } from '../postgres.ts'
import { putExactRows } from '../record/exact-row.ts'
import { replaceExactValues } from '../record/ledger.ts'
import { copyRowStates, type RowStateEntry } from '../record/row-state.ts'
import type { SourceTable } from '../source/tables.ts'
import { exactEntries, exactRowsOf } from './apply-plan.ts'
import { tidyMemory } from './memory.ts'
import { targetTable } from './shape.ts'

/** Rows of one statement at most, however narrow. */
export const mostPieceRows = 20_000

/** Where the exact values of what is loaded go. */
export interface ExactPlace {
  readonly sourceId: string
  readonly table: string
}

/** Fills segments in key order, numbered from 0; the first begins before all keys. */
export class SegmentFiller {
  readonly #segments: Segment[]
  readonly #first: number

  /** `last`: the segment to go on with; absent at the beginning */
  constructor(last?: Segment) {
    this.#segments = [last ?? { id: 0, low: null, rows: 0, digest: 0n }]
    this.#first = last?.id ?? 0
  }

  /** those that were begun or filled */
  get segments(): readonly Segment[] {
    return this.#segments
  }

  get count(): number {
    return this.#first + this.#segments.length
  }

  add(row: MirrorRow): RowStateEntry {
    let segment = this.#segments.at(-1)
    if (segment === undefined || segment.rows >= segmentRows) {
      segment = { id: this.count, low: row.bytes, rows: 0, digest: 0n }
      this.#segments.push(segment)
    }
    const filled = { ...segment, rows: segment.rows + 1, digest: segment.digest + row.digest }
    this.#segments[this.#segments.length - 1] = filled
    return { segment: filled.id, id: row.id, digest: row.digest }
  }
}

/** Copies the rows; returns how many exact values and whole rows there were among them. */
export const copyLoadedRows = async (
  target: Target,
  table: SourceTable,
  tableId: number,
  rows: readonly MirrorRow[],
  filler: SegmentFiller,
  place: ExactPlace,
): Promise<number> => {
  if (rows.length === 0) return 0
  const entries = rows.map((row) => filler.add(row))
  const standing = rows.filter((row) => row.whole === null)
  await copyRows(
    target,
    targetTable('', table),
    tableId,
    standing.map((row) => row.shown),
  )
  await copyRowStates(target, tableId, entries)
  const whole = exactRowsOf(table, rows)
  await putExactRows(target, place.sourceId, place.table, whole)
  const exact = exactEntries(table, standing)
  await replaceExactValues(target, place.sourceId, place.table, [], exact)
  tidyMemory()
  return exact.length + whole.length
}
