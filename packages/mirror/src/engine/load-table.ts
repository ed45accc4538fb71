/**
 * A small table that is not there yet, or not as it is now, within the cycle's own snapshot and transaction: read in key
 * order, copied, indexed, put in place. Large ones: load-begin.ts.
 */
import { beginLoad, finishLoad } from '../apply/load.ts'
import type { KeyBytes } from '../model.ts'
import { postgresColumnName } from '../names.ts'
import type { Target } from '../postgres.ts'
import { clearExactRows } from '../record/exact-row.ts'
import { clearExactValues, recordChanges } from '../record/ledger.ts'
import { attachRowStates, beginRowStateLoad } from '../record/row-state.ts'
import { advanceTable, replaceSegments } from '../record/tables.ts'
import { isStatementLimit, tooSlow } from '../source/errors.ts'
import { loadSql } from '../source/ranges.ts'
import type { SourceTable } from '../source/tables.ts'
import type { TableSync } from '../types.ts'
import type { ApplyContext } from './apply-plan.ts'
import { RowEncoder } from './load-encode.ts'
import { copyLoadedRows, mostPieceRows, SegmentFiller } from './load-rows.ts'
import { aimBytes } from './pace.ts'
import { targetTable } from './shape.ts'

export const indexColumns = (table: SourceTable): string[][] =>
  table.indexes.map((index) => index.columns.map(postgresColumnName))

/** What the ledger and the answer say of a load, large or small. */
export const recordLoad = async (
  target: Target,
  sourceId: string,
  cycle: number,
  table: SourceTable,
  rows: number,
): Promise<void> => {
  await recordChanges(target, sourceId, cycle, [
    { table: table.name, key: null, op: 'load', before: null, after: { rows: String(rows) } },
  ])
}

export const loadedTable = (table: SourceTable, rows: number, exactValues: number): TableSync => ({
  inserted: rows,
  updated: 0,
  deleted: 0,
  rowsRead: rows,
  exactValues,
  consistency: table.consistency,
  how: 'load',
})

export const loadTable = async (
  context: ApplyContext,
  table: SourceTable,
  tableId: number,
  provedAt: string,
  progress: (rows: number) => void,
): Promise<TableSync> => {
  const { snapshot, target, sourceId, pace } = context
  const shape = targetTable(sourceId, table)
  const place = { sourceId, table: table.name }
  await beginLoad(target, shape, tableId)
  await beginRowStateLoad(target, tableId)
  await clearExactValues(target, sourceId, table.name)
  await clearExactRows(target, sourceId, table.name)

  const filler = new SegmentFiller()
  let rowsTotal = 0
  let exactTotal = 0
  pace.unknownWidth()
  /** Statements in a row that the server ended before they gave a row. */
  let fruitless = 0
  const read = async (after: KeyBytes | null) => {
    const limit = pace.wholeRows(mostPieceRows)
    const began = performance.now()
    const encoder = new RowEncoder(table, tableId, filler)
    let isLast = false
    try {
      const sql = loadSql(table, after, limit)
      const answer = await snapshot.eachUpTo(sql, aimBytes, (row) => encoder.add(row))
      pace.tookWhole(answer.rows, performance.now() - began)
      pace.carried(answer.rows, answer.bytes)
      isLast = !answer.isCut && answer.rows < limit
    } catch (error) {
      // Ended at its limit, or with the view: what came before is good, and it goes on behind that, in smaller pieces.
      if (!isStatementLimit(error)) throw error
      pace.wholeLimitReached()
      if (encoder.rows === 0 && limit === 1 && fruitless > 0) throw tooSlow(table, error)
    }
    fruitless = encoder.rows === 0 ? fruitless + 1 : 0
    const piece = encoder.take()
    return { ...piece, position: piece.last ?? after, isLast }
  }
  let reading = read(null)
  for (;;) {
    const piece = await reading
    // The next piece is read while this one is copied. Should the copy fail first, the read must not be left unheard.
    const next = piece.isLast ? undefined : read(piece.position)
    next?.catch(() => undefined)
    exactTotal += await copyLoadedRows(target, table, tableId, piece, place)
    rowsTotal += piece.rows
    progress(rowsTotal)
    if (next === undefined) break
    reading = next
  }

  await finishLoad(target, shape, tableId, indexColumns(table))
  await attachRowStates(target, tableId)
  await replaceSegments(target, tableId, filler.segments)
  await advanceTable(target, tableId, {
    rows: rowsTotal,
    exactValues: exactTotal,
    nextSegment: filler.count,
    // A load says nothing about how long a scan takes; the first scan will.
    scanMs: 0,
    proof: snapshot.proof,
    provedAt,
  })
  await recordLoad(target, sourceId, context.cycle, table, rowsTotal)
  return loadedTable(table, rowsTotal, exactTotal)
}
