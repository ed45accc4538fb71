/**
 * One piece of a load: about a quarter of a second of reading and copying, committed with the position that it reached.
 *
 *   BEGIN → epoch checked → read, copy; read, copy; … until the time is over → position, segments → COMMIT
 *
 * Each statement reads the rows behind a key that the server returned, in the server's own order, without a snapshot: the table goes
 * on changing meanwhile. What changed behind the position, or between two pieces, is found by the cycle that proves the
 * table; where the cycle's own snapshot is open already, the rows are read from it (load-in-view.ts). So a piece that was killed has left nothing, and whoever leads next goes on where the last one committed.
 */
import type { KeyBytes, Segment } from '../model.ts'
import { inTransaction, type Target } from '../postgres.ts'
import { advanceLoad, type LoadRecord, readLoadSegments, stagedSource } from '../record/loads.ts'
import { enterEpoch } from '../record/source.ts'
import type { SourceConnection } from '../source/connection.ts'
import type { Snapshot } from '../source/snapshot.ts'
import { isStatementLimit, tooSlow } from '../source/errors.ts'
import { loadSql } from '../source/ranges.ts'
import type { SourceTable } from '../source/tables.ts'
import { type EncodedRows, RowEncoder } from './load-encode.ts'
import { copyLoadedRows, mostPieceRows, SegmentFiller } from './load-rows.ts'
import { aimBytes, type Pace } from './pace.ts'

export interface PieceContext {
  readonly source: SourceConnection
  /** given: rows are read from it, so that it proves them */
  readonly view?: Snapshot | undefined
  readonly target: Target
  readonly sourceId: string
  readonly epoch: number
  readonly pace: Pace
}

/** Long enough that a commit a piece costs little, short enough that no cycle waits for it noticeably. */
const pieceMs = 250

/** What one statement of a load came to, and the segments that it filled or began. */
interface Answer extends EncodedRows {
  readonly isCut: boolean
  readonly filler: SegmentFiller
}

/** A statement that is under way, or done: of which rows. */
export interface Reading {
  readonly tableId: number
  readonly after: KeyBytes | null
  readonly limit: number
  readonly answer: Promise<Answer>
}

const lastSegment = async (target: Target, load: LoadRecord): Promise<Segment | undefined> =>
  (await readLoadSegments(target, load.tableId, load.segments - 1)).at(-1)

const sameKey = (a: KeyBytes | null, b: KeyBytes | null): boolean =>
  a === null || b === null ? a === b : a.every((part, index) => b[index]?.equals(part) === true)

/**
 * `ahead`: what an earlier piece read beyond itself, used where the load still stands there. `readsAhead`: so does this one, while it
 * writes its last rows; for who does nothing else on the source between two pieces.
 */
export const loadPiece = async (
  context: PieceContext,
  table: SourceTable,
  load: LoadRecord,
  { ahead, readsAhead }: { readonly ahead?: Reading | undefined; readonly readsAhead: boolean },
): Promise<{ readonly load: LoadRecord; readonly ahead?: Reading | undefined }> => {
  const { source, view, target, pace } = context
  const place = { sourceId: stagedSource(load.tableId), table: String(load.tableId) }
  const read = (after: KeyBytes | null, last: Segment | undefined): Reading => {
    const limit = pace.wholeRows(mostPieceRows)
    const work = async (): Promise<Answer> => {
      const began = performance.now()
      const filler = new SegmentFiller(last)
      const encoder = new RowEncoder(table, load.tableId, filler)
      const answer = await (view ?? source)
        .eachUpTo(loadSql(table, after, limit), aimBytes, (row) => encoder.add(row))
        .catch((error: unknown) => {
          throw limit === 1 && isStatementLimit(error) ? tooSlow(table, error) : error
        })
      pace.tookWhole(answer.rows, performance.now() - began)
      pace.carried(answer.rows, answer.bytes)
      return { ...encoder.take(), isCut: answer.isCut, filler }
    }
    const answer = work()
    // should the copy before it fail first, it must not be left unheard
    answer.catch(() => undefined)
    return { tableId: load.tableId, after, limit, answer }
  }
  return inTransaction(target, async () => {
    // Losing the last pieces with the server's crash loses nothing: their position goes with them.
    await target.run('SET LOCAL synchronous_commit = off')
    await enterEpoch(target, context.sourceId, context.epoch)
    const until = performance.now() + pieceMs
    let { position, rows, exactValues, segments } = load
    if (position === null) pace.unknownWidth()
    const goesOnWith = ahead?.tableId === load.tableId && sameKey(ahead.after, position) ? ahead : undefined
    let reading = goesOnWith ?? read(position, await lastSegment(target, load))
    const filled = new Map<number, Segment>()
    let isLast = false
    for (;;) {
      const found = await reading.answer
      position = found.last ?? position
      isLast = found.rows < reading.limit && !found.isCut
      for (const segment of found.filler.segments) filled.set(segment.id, segment)
      segments = found.filler.count
      const isOver = performance.now() >= until
      const next =
        isLast || (isOver && !readsAhead) ? undefined : read(position, found.filler.segments.at(-1))
      exactValues += await copyLoadedRows(target, table, load.tableId, found, place)
      rows += found.rows
      if (next !== undefined) reading = next
      if (next === undefined || isOver) break
    }
    const phase = isLast ? 'indexes' : 'rows'
    const after: LoadRecord = { ...load, phase, position, rows, exactValues, segments }
    await advanceLoad(target, after, [...filled.values()])
    return { load: after, ahead: isLast || !readsAhead ? undefined : reading }
  })
}
