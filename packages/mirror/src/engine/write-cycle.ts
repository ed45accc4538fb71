/** The decisions of a cycle, written within the transaction that its owner has begun. */
import { createSchema, namesInSchema } from '../apply/load.ts'
import { MirrorError } from '../errors.ts'
import { postgresName } from '../names.ts'
import { sqlStateOf } from '../postgres.ts'
import { closeCycle, openCycle } from '../record/ledger.ts'
import { addTable, brakeTable, refuseTable, setTableState, useUpAcceptances } from '../record/tables.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { TableSync } from '../types.ts'
import { applyPlan } from './apply-plan.ts'
import type { CycleContext } from './context.ts'
import type { Decisions } from './decide.ts'
import { loadTable } from './load-table.ts'
import { isUnchanged } from './plan.ts'
import type { MirrorState } from './state.ts'

export const unchangedTable = (how: TableSync['how'], exactValues: number): TableSync => ({
  inserted: 0,
  updated: 0,
  deleted: 0,
  rowsRead: 0,
  exactValues,
  consistency: 'cycle',
  how,
})

/** A schema or table that stands where ours should and was not made by us is left alone. */
const checkTargetIsOurs = async (
  context: CycleContext,
  state: MirrorState,
  decisions: Decisions,
): Promise<void> => {
  if (decisions.loads.length === 0) return
  const ours = new Set(
    [...state.tables.values()].filter((table) => table.fingerprint !== null).map((table) => table.targetName),
  )
  const names = await namesInSchema(context.target, context.sourceId)
  const foreign =
    state.source.cycle === null
      ? names
      : names.filter(
          (name) => decisions.loads.some(({ table }) => postgresName(table.name) === name) && !ours.has(name),
        )
  if (foreign.length > 0) {
    throw new MirrorError('MIRROR_3003', {
      detail: `schema ${context.sourceId}: ${foreign.slice(0, 5).join(', ')}`,
    })
  }
}

/**
 * A value, a name, a size or a dependent object that PostgreSQL does not take (classes 22, 42, 54, 2B): the same
 * statement fails again in every cycle. A full disk or a lost connection is of the whole.
 */
const isOfItsTable = (error: MirrorError): boolean =>
  error.code === 'MIRROR_2009' || (error.code === 'MIRROR_3006' && /^(22|42|54|2B)/.test(sqlStateOf(error)))

export const writeCycle = async (
  context: CycleContext,
  state: MirrorState,
  decisions: Decisions,
  snapshot: Snapshot,
): Promise<{ cycle: number; tables: Record<string, TableSync>; refusedNow: readonly number[] }> => {
  const { target, sourceId } = context
  await checkTargetIsOurs(context, state, decisions)
  await createSchema(target, sourceId)
  const cycle = await openCycle(target, sourceId, snapshot.at)
  const apply = {
    snapshot,
    target,
    sourceId,
    cycle,
    pace: context.pace,
    redaction: { key: state.source.redactionKey, columns: new Set(state.source.redacted) },
  }
  const tables: Record<string, TableSync> = {}
  for (const { name, refusal, record } of decisions.refusals) {
    const id = record?.id ?? (await addTable(target, sourceId, name, postgresName(name)))
    await refuseTable(target, id, refusal.code, refusal.reason)
  }
  for (const { record, code, reason } of decisions.brakes) {
    await brakeTable(target, record.id, code, reason, state.source.snapshotAt)
  }
  for (const record of decisions.vanished) {
    await setTableState(target, record.id, 'vanished', state.source.snapshotAt)
  }
  for (const record of decisions.unselected) {
    await setTableState(target, record.id, 'waiting', state.source.snapshotAt)
  }
  const refusedNow: number[] = []
  /** What one table cannot do refuses that table, with the server's own words; the others go on. */
  const perhaps = async (id: number, name: string, work: () => Promise<TableSync>): Promise<void> => {
    await target.run('SAVEPOINT one_table')
    try {
      tables[name] = await work()
      await target.run('RELEASE SAVEPOINT one_table')
    } catch (error) {
      if (!(error instanceof MirrorError) || !isOfItsTable(error)) throw error
      await target.run('ROLLBACK TO SAVEPOINT one_table')
      await refuseTable(target, id, error.code, error.message)
      refusedNow.push(id)
    }
  }
  for (const plan of decisions.plans) {
    const { record, table } = plan
    if (record.state !== 'live') await setTableState(target, record.id, 'live', snapshot.at)
    if (isUnchanged(plan)) tables[table.name] = unchangedTable(plan.how, record.exactValues)
    else await perhaps(record.id, table.name, async () => applyPlan(apply, plan, snapshot.at))
  }
  for (const { table, record } of decisions.loads) {
    const id = record?.id ?? (await addTable(target, sourceId, table.name, postgresName(table.name)))
    await perhaps(id, table.name, async () =>
      loadTable(apply, table, id, snapshot.at, (rows) =>
        context.onProgress(table.name, rows, Math.max(rows, table.estimatedRows)),
      ),
    )
  }
  const changes = Object.values(tables).reduce(
    (sum, table) => sum + table.inserted + table.updated + table.deleted,
    0,
  )
  if (decisions.accepted) await useUpAcceptances(target, sourceId)
  await closeCycle(target, cycle, changes, snapshot.proof)
  return { cycle, tables, refusedNow }
}
