/**
 * The cycle that proves a loaded table. It was filled piece by piece while it went on changing; its recorded digests say what
 * was read. Held against the cycle's snapshot like those of any followed table they show every row that is not what it
 * is there. These are mended in the loading table, and then it takes its name: all within the cycle's transaction.
 */
import { loadingTable, putInPlace } from '../apply/load.ts'
import { forgetLoad, type LoadRecord, publishExact } from '../record/loads.ts'
import { attachRowStates } from '../record/row-state.ts'
import type { TableRecord } from '../record/tables.ts'
import type { TableSync } from '../types.ts'
import { type ApplyContext, applyPlan } from './apply-plan.ts'
import { loadedTable, recordLoad } from './load-table.ts'
import type { TablePlan } from './plan.ts'
import { targetTable } from './shape.ts'

/** A load that is ready, with what the snapshot shows to be different from what was loaded. */
export interface Finish {
  readonly load: LoadRecord
  readonly plan: TablePlan
}

/** A table's record as it is while it is compared with what was loaded of it. */
export const recordOfLoad = (record: TableRecord, load: LoadRecord): TableRecord => ({
  ...record,
  rows: load.rows,
  exactValues: load.exactValues,
  nextSegment: load.segments,
})

export const finishLoad = async (
  context: ApplyContext,
  { load, plan }: Finish,
  provedAt: string,
): Promise<TableSync> => {
  const { target, sourceId } = context
  const { table } = plan
  const shape = targetTable(sourceId, table)
  await attachRowStates(target, load.tableId)
  await publishExact(target, sourceId, table.name, load.tableId)
  const applied = await applyPlan(context, { ...plan, divided: true }, provedAt, {
    shape: loadingTable(shape, load.tableId),
    tells: false,
  })
  await forgetLoad(target, load.tableId)
  await recordLoad(target, sourceId, context.cycle, table, plan.rows)
  // Last of all: whoever reads the table that gives way waits from here to the commit.
  await putInPlace(target, shape, load.tableId)
  return loadedTable(table, plan.rows, applied.exactValues)
}
