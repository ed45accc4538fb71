/** A table that is not there yet, or not as it is now: read in key order in pieces, copied, indexed, put in place. */
import { beginLoad, copyRows, finishLoad } from '../apply/load.ts'
import { segmentRows } from '../detect/segments.ts'
import type { KeyBytes, Segment } from '../model.ts'
import { postgresColumnName } from '../names.ts'
import { clearExactRows, putExactRows } from '../record/exact-row.ts'
import { clearExactValues, recordChanges, replaceExactValues } from '../record/ledger.ts'
import {
  beginRowStateLoad,
  copyRowStates,
  finishRowStateLoad,
  type RowStateEntry,
} from '../record/row-state.ts'
import { advanceTable, replaceSegments } from '../record/tables.ts'
import { pieceSql } from '../source/ranges.ts'
import { bytesOf, toMirrorRow } from '../source/rows.ts'
import type { SourceTable } from '../source/tables.ts'
import type { TableSync } from '../types.ts'
import { type ApplyContext, exactEntries, exactRowsOf } from './apply-plan.ts'
import { targetTable } from './shape.ts'

/** Rows of one piece at most, however narrow. */
const mostPieceRows = 20_000

export const loadTable = async (
  context: ApplyContext,
  table: SourceTable,
  tableId: number,
  provedAt: string,
  progress: (rows: number) => void,
): Promise<TableSync> => {
  const { snapshot, target, sourceId, pace } = context
  const shape = targetTable(sourceId, table)
  await beginLoad(target, shape, tableId)
  await beginRowStateLoad(target, tableId)
  await clearExactValues(target, sourceId, table.name)
  await clearExactRows(target, sourceId, table.name)

  const segments: Segment[] = [{ id: 0, low: null, rows: 0, digest: 0n }]
  let rowsTotal = 0
  let exactTotal = 0
  pace.unknownWidth()
  let limit = pace.wholeRows(mostPieceRows)
  let reading = snapshot.read(pieceSql(table, null, limit))
  for (;;) {
    const piece = await reading
    const rows = piece.map((row) => toMirrorRow(table, row))
    const last: KeyBytes | undefined = rows.at(-1)?.bytes
    const more = piece.length === limit && last !== undefined
    pace.carried(piece.length, bytesOf(piece))
    limit = pace.wholeRows(mostPieceRows)
    // The next piece is read while this one is copied. Should the copy fail first, the read must not be left unheard.
    reading = more ? snapshot.read(pieceSql(table, last, limit)) : Promise.resolve([])
    reading.catch(() => undefined)

    const entries: RowStateEntry[] = rows.map((row) => {
      let segment = segments.at(-1)
      if (segment === undefined || segment.rows >= segmentRows) {
        segment = { id: segments.length, low: row.bytes, rows: 0, digest: 0n }
        segments.push(segment)
      }
      segments[segments.length - 1] = {
        ...segment,
        rows: segment.rows + 1,
        digest: segment.digest + row.digest,
      }
      return { segment: segment.id, id: row.id, digest: row.digest }
    })
    if (rows.length > 0) {
      const standing = rows.filter((row) => row.whole === null)
      await copyRows(
        target,
        shape,
        tableId,
        standing.map((row) => row.shown),
      )
      await copyRowStates(target, tableId, entries)
      const whole = exactRowsOf(table, rows)
      await putExactRows(target, sourceId, table.name, whole)
      const exact = exactEntries(table, standing)
      exactTotal += exact.length + whole.length
      await replaceExactValues(target, sourceId, table.name, [], exact)
    }
    rowsTotal += rows.length
    progress(rowsTotal)
    if (!more) break
  }

  await finishLoad(
    target,
    shape,
    tableId,
    table.indexes.map((index) => index.columns.map(postgresColumnName)),
  )
  await finishRowStateLoad(target, tableId)
  await replaceSegments(target, tableId, segments)
  await advanceTable(target, tableId, {
    rows: rowsTotal,
    exactValues: exactTotal,
    nextSegment: segments.length,
    // A load says nothing about how long a scan takes; the first scan will.
    scanMs: 0,
    proof: snapshot.proof,
    provedAt,
  })
  await recordChanges(target, sourceId, context.cycle, [
    { table: table.name, key: null, op: 'load', before: null, after: { rows: String(rowsTotal) } },
  ])
  return {
    inserted: rowsTotal,
    updated: 0,
    deleted: 0,
    rowsRead: rowsTotal,
    exactValues: exactTotal,
    consistency: table.consistency,
    how: 'load',
  }
}
