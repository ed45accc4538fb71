/**
 * One piece of a load: about a quarter of a second of reading and copying, committed with the position that it reached.
 *
 *   BEGIN → epoch checked → read, copy; read, copy; … until the time is over → position, segments → COMMIT
 *
 * Each statement reads the rows behind a key that the server returned, in the server's own order, without a snapshot: the table goes
 * on changing meanwhile. What changed behind the position, or between two pieces, is found by the cycle that proves the
 * table. So a piece that was killed has left nothing, and whoever leads next goes on where the last one committed.
 */
import type { KeyBytes, Segment } from '../model.ts'
import { inTransaction, type Target } from '../postgres.ts'
import { advanceLoad, type LoadRecord, readLoadSegments, stagedSource } from '../record/loads.ts'
import { enterEpoch } from '../record/source.ts'
import type { SourceConnection } from '../source/connection.ts'
import { loadSql } from '../source/ranges.ts'
import type { SourceTable } from '../source/tables.ts'
import { RowEncoder } from './load-encode.ts'
import { copyLoadedRows, mostPieceRows, SegmentFiller } from './load-rows.ts'
import { aimBytes, type Pace } from './pace.ts'

export interface PieceContext {
  readonly source: SourceConnection
  readonly target: Target
  readonly sourceId: string
  readonly epoch: number
  readonly pace: Pace
}

/** Long enough that a commit a piece costs little, short enough that no cycle waits for it noticeably. */
const pieceMs = 250

const lastSegment = async (target: Target, load: LoadRecord): Promise<Segment | undefined> =>
  (await readLoadSegments(target, load.tableId, load.segments - 1)).at(-1)

export const loadPiece = async (
  context: PieceContext,
  table: SourceTable,
  load: LoadRecord,
): Promise<LoadRecord> => {
  const { source, target, pace } = context
  const place = { sourceId: stagedSource(load.tableId), table: String(load.tableId) }
  return inTransaction(target, async () => {
    // Losing the last pieces with the server's crash loses nothing: their position goes with them.
    await target.run('SET LOCAL synchronous_commit = off')
    await enterEpoch(target, context.sourceId, context.epoch)
    const filler = new SegmentFiller(await lastSegment(target, load))
    const until = performance.now() + pieceMs
    let { position, rows, exactValues } = load
    const read = async (after: KeyBytes | null, limit: number) => {
      const began = performance.now()
      const encoder = new RowEncoder(table, load.tableId, filler)
      const answer = await source.eachUpTo(loadSql(table, after, limit), aimBytes, (row) => encoder.add(row))
      pace.tookWhole(answer.rows, performance.now() - began)
      pace.carried(answer.rows, answer.bytes)
      return { ...encoder.take(), isCut: answer.isCut }
    }
    if (position === null) pace.unknownWidth()
    let limit = pace.wholeRows(mostPieceRows)
    let reading = read(position, limit)
    let isLast = false
    for (;;) {
      const found = await reading
      position = found.last ?? position
      isLast = found.rows < limit && !found.isCut
      const goesOn = !isLast && performance.now() < until
      limit = pace.wholeRows(mostPieceRows)
      const next = goesOn ? read(position, limit) : undefined
      next?.catch(() => undefined)
      exactValues += await copyLoadedRows(target, table, load.tableId, found, place)
      rows += found.rows
      if (next === undefined) break
      reading = next
    }
    const after: LoadRecord = {
      ...load,
      phase: isLast ? 'indexes' : 'rows',
      position,
      rows,
      exactValues,
      segments: filler.count,
    }
    await advanceLoad(target, after, filler.segments)
    return after
  })
}
