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
  /** the key behind which it ends */
  readonly position: KeyBytes | null
  /** nothing is behind it */
  readonly isLast: boolean
  /** a row of it is larger than answers are meant to be: of such no more than one is held beside the one that is copied */
  readonly isHuge: boolean
  readonly filler: SegmentFiller
}

/** A statement that is under way, or done: of which rows. */
interface Reading {
  readonly tableId: number
  readonly after: KeyBytes | null
  readonly answer: Promise<Answer>
}

/** What a piece has read beyond itself, in key order. */
export type Ahead = readonly Reading[]

/**
 * So many answers are read, or wait, while one is copied. With one the source would stand still whenever it is the quicker of the two for a
 * moment, and the target whenever it is (0076); each holds some two megabytes.
 */
const mostAhead = 2

const lastSegment = async (target: Target, load: LoadRecord): Promise<Segment | undefined> =>
  (await readLoadSegments(target, load.tableId, load.segments - 1)).at(-1)

const sameKey = (a: KeyBytes | null, b: KeyBytes | null): boolean =>
  a === null || b === null ? a === b : a.every((part, index) => b[index]?.equals(part) === true)

/** Reads answer after answer, each behind the last one, as long as there is room for them. */
class ReadAhead {
  readonly #read: (after: KeyBytes | null, last: Segment | undefined) => Reading
  /** that are under way, or wait to be taken */
  readonly #readings: Reading[] = []
  #room = 0
  /** the last of them, or the last that was taken, when it has arrived: behind it is read on */
  #end: Answer | undefined

  constructor(read: (after: KeyBytes | null, last: Segment | undefined) => Reading) {
    this.#read = read
  }

  add(reading: Reading): void {
    this.#readings.push(reading)
    // a failure is told to whoever takes it; should the copy before it fail first, nobody does
    this.#goOnBehind(reading).catch(() => undefined)
  }

  async take(): Promise<Answer> {
    const [reading] = this.#readings
    if (reading === undefined) throw new Error('nothing is being read')
    const answer = await reading.answer
    this.#readings.shift()
    return answer
  }

  /** From now on so many are read, or wait: none, and nothing more is begun. */
  allow(room: number): void {
    this.#room = room
    this.#goOn()
  }

  get left(): Ahead {
    return [...this.#readings]
  }

  async #goOnBehind(reading: Reading): Promise<void> {
    const answer = await reading.answer
    if (this.#readings.at(-1) !== reading) return
    this.#end = answer
    this.#goOn()
  }

  #goOn(): void {
    const end = this.#end
    if (end === undefined || end.isLast) return
    if (this.#readings.length >= (end.isHuge ? Math.min(1, this.#room) : this.#room)) return
    this.#end = undefined
    this.add(this.#read(end.position, end.filler.segments.at(-1)))
  }
}

/**
 * `ahead`: what an earlier piece read beyond itself, used where the load still stands there. `readsAhead`: so does this one, while it
 * writes its last rows; for who does nothing else on the source between two pieces.
 */
export const loadPiece = async (
  context: PieceContext,
  table: SourceTable,
  load: LoadRecord,
  { ahead = [], readsAhead }: { readonly ahead?: Ahead | undefined; readonly readsAhead: boolean },
): Promise<{ readonly load: LoadRecord; readonly ahead: Ahead }> => {
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
      const rows = encoder.take()
      const isLast = rows.rows < limit && !answer.isCut
      return { ...rows, position: rows.last ?? after, isLast, isHuge: answer.bytes > 2 * aimBytes, filler }
    }
    return { tableId: load.tableId, after, answer: work() }
  }
  return inTransaction(target, async () => {
    // Losing the last pieces with the server's crash loses nothing: their position goes with them.
    await target.run('SET LOCAL synchronous_commit = off')
    await enterEpoch(target, context.sourceId, context.epoch)
    const until = performance.now() + pieceMs
    let { position, rows, exactValues, segments } = load
    if (position === null) pace.unknownWidth()
    const [first] = ahead
    const goesOn = first?.tableId === load.tableId && sameKey(first.after, position)
    const answers = new ReadAhead(read)
    for (const reading of goesOn ? ahead : [read(position, await lastSegment(target, load))])
      answers.add(reading)
    const room = readsAhead ? mostAhead : 1
    const filled = new Map<number, Segment>()
    let isLast = false
    try {
      for (let isOver = false; !isOver && !isLast; ) {
        answers.allow(room)
        const found = await answers.take()
        isOver = performance.now() >= until
        answers.allow(isOver && !readsAhead ? 0 : room)
        ;({ position, isLast } = found)
        for (const segment of found.filler.segments) filled.set(segment.id, segment)
        segments = found.filler.count
        exactValues += await copyLoadedRows(target, table, load.tableId, found, place)
        rows += found.rows
      }
    } finally {
      answers.allow(0)
    }
    const phase = isLast ? 'indexes' : 'rows'
    const after: LoadRecord = { ...load, phase, position, rows, exactValues, segments }
    await advanceLoad(target, after, [...filled.values()])
    return { load: after, ahead: answers.left }
  })
}
