/** The decisions of a cycle, written within the transaction that its owner has begun. */
import { createSchema } from '../apply/load.ts'
import { MirrorError } from '../errors.ts'
import { postgresName } from '../names.ts'
import { sqlStateOf } from '../postgres.ts'
import { closeCycle, openCycle } from '../record/ledger.ts'
import { recordConflicts } from '../record/conflict.ts'
import { recordSchemaChanges } from '../record/schema-change.ts'
import { rememberRedacted } from '../record/source.ts'
import {
  addTable,
  brakeTable,
  refuseTable,
  setConsistency,
  setTableState,
  type TableRecord,
  useUpAcceptances,
} from '../record/tables.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { TableSync } from '../types.ts'
import { applyPlan } from './apply-plan.ts'
import { applyAlteration, applyRenames, nothingChanged, reloadOf } from './alter.ts'
import type { CycleContext } from './context.ts'
import { secretsByNewNames } from './renamed-secrets.ts'
import { type Decisions, nothingToDo, sameRefusal } from './decide.ts'
import { policyFor } from './drift.ts'
import { conflictsOfReload } from './edited-copies.ts'
import { DriftStop } from './drift-plan.ts'
import { giveUpLoad } from './load-begin.ts'
import { finishLoad } from './load-finish.ts'
import { applyKeyless, conflictOf, loadKeyless } from './keyless.ts'
import { loadTable } from './load-table.ts'
import { isOfItsTable, refusalFor } from './made-over.ts'
import { isUnchanged } from './plan.ts'
import { targetTable } from './shape.ts'
import { whileReading } from './slow-tables.ts'
import type { MirrorState } from './state.ts'
import { findTakenPlaces } from './target-is-ours.ts'

export const unchangedTable = (
  how: TableSync['how'],
  { exactValues, consistency }: Pick<TableRecord, 'exactValues' | 'consistency'>,
): TableSync => ({
  inserted: 0,
  updated: 0,
  deleted: 0,
  rowsRead: 0,
  exactValues,
  consistency,
  how,
})

/** All that a cycle would do is to refuse again, for the same reason, what is refused already. */
const isInVain = (decisions: Decisions, again: ReadonlySet<string>): boolean => {
  const isLeft = ({ table }: { readonly table: SourceTable }): boolean => !again.has(table.name)
  return (
    again.size > 0 &&
    nothingToDo({
      ...decisions,
      plans: decisions.plans.filter(isLeft),
      loads: decisions.loads.filter(isLeft),
      finishes: decisions.finishes.filter(({ plan }) => isLeft(plan)),
    })
  )
}

export const writeCycle = async (
  context: CycleContext,
  state: MirrorState,
  decisions: Decisions,
  snapshot: Snapshot,
  /** tables that are still to be read, after these */
  later: ReadonlySet<string>,
): Promise<{
  readonly cycle: number
  readonly tables: Readonly<Record<string, TableSync>>
  /** tables whose segments are not recorded as they were planned */
  readonly unsettled: ReadonlySet<number>
  /** nothing was done that would be worth keeping, not even the cycle's row */
  readonly isInVain: boolean
}> => {
  const { target, sourceId } = context
  const unsettled = new Set<number>()
  const taken = await findTakenPlaces(
    context,
    state,
    [...decisions.loads, ...decisions.finishes.map(({ plan }) => plan)].map(({ table }) => table),
  )
  const mustBeFree = (name: string): void => {
    const error = taken.get(name)
    if (error !== undefined) throw error
  }
  await createSchema(target, sourceId)
  const cycle = await openCycle(target, sourceId, snapshot.at)
  const renamedSecrets = secretsByNewNames(state.source.redacted, decisions, state.tables)
  if (renamedSecrets.length > 0) await rememberRedacted(target, sourceId, new Set(renamedSecrets))
  const apply = {
    snapshot,
    target,
    sourceId,
    cycle,
    pace: context.pace,
    onDrift: (record: TableRecord) => policyFor(record, context.onDrift(record.name)),
    redaction: {
      key: state.source.redactionKey,
      columns: new Set([...state.source.redacted, ...renamedSecrets]),
    },
    onUnsettled: (tableId: number) => void unsettled.add(tableId),
  }
  const tables = new Map<string, TableSync>()
  /** refused as they were */
  const again = new Set<string>()
  for (const { name, refusal, record } of decisions.refusals) {
    const id = record?.id ?? (await addTable(target, sourceId, name, postgresName(name)))
    await refuseTable(target, id, refusal.code, refusal.reason)
    if (record?.state === 'loading') await giveUpLoad(target, { tableId: id })
  }
  for (const { record, code, reason } of decisions.brakes) {
    await brakeTable(target, record.id, code, reason, state.source.snapshotAt)
    const copy = code === 'MIRROR_4106' ? decisions.edited.get(record.name) : undefined
    if (copy === undefined) continue
    const conflicts = await conflictsOfReload(apply, copy)
    await recordConflicts(target, sourceId, cycle, record.name, await conflicts())
  }
  for (const record of decisions.vanished) {
    await setTableState(target, record.id, 'vanished', state.source.snapshotAt)
    const { name, columns } = record
    await recordSchemaChanges(target, sourceId, cycle, [
      { table: name, kind: 'table vanished', before: { table: name, columns }, after: null, how: 'kept' },
    ])
  }
  for (const { record, policy } of decisions.drifted)
    await recordConflicts(target, sourceId, cycle, record.name, [conflictOf(record, policy)])
  await applyRenames(apply, decisions.renames)
  for (const record of decisions.unselected) {
    const provedAt = record.state === 'live' ? state.source.snapshotAt : record.provedAt
    await setTableState(target, record.id, 'waiting', provedAt)
  }
  /** What one table cannot do refuses that table, with the server's own words; the others go on. */
  const perhaps = async (id: number, table: SourceTable, work: () => Promise<TableSync>): Promise<void> => {
    const { name } = table
    await target.run('SAVEPOINT one_table')
    try {
      tables.set(name, await whileReading(name, work))
      await target.run('RELEASE SAVEPOINT one_table')
    } catch (error) {
      if (error instanceof DriftStop) {
        await target.run('ROLLBACK TO SAVEPOINT one_table')
        await recordConflicts(target, sourceId, cycle, name, error.conflicts)
        const reason = `${error.conflicts.length} rows or more of the copy are not what was written`
        await brakeTable(target, id, 'MIRROR_4106', reason, state.source.snapshotAt)
        unsettled.add(id)
        return
      }
      if (sqlStateOf(error) === '' && !(error instanceof MirrorError && isOfItsTable(error))) throw error
      await target.run('ROLLBACK TO SAVEPOINT one_table')
      const refusal = await refusalFor(target, targetTable(sourceId, table), error)
      if (refusal === undefined) throw error
      if (sameRefusal(state.tables.get(name), { code: refusal.code, reason: refusal.message }))
        again.add(name)
      await refuseTable(target, id, refusal.code, refusal.message)
      unsettled.add(id)
      await giveUpLoad(target, { tableId: id })
    }
  }
  for (const plan of decisions.plans) {
    const { record, table, altered } = plan
    if (record.state !== 'live') await setTableState(target, record.id, 'live', snapshot.at)
    if (record.consistency !== table.consistency) await setConsistency(target, record.id, table.consistency)
    if (isUnchanged(plan) && altered === undefined) {
      tables.set(table.name, unchangedTable(plan.how, { ...record, consistency: table.consistency }))
      continue
    }
    await perhaps(record.id, table, async () => {
      if (altered !== undefined) await applyAlteration(apply, table, record.id, altered)
      if (isUnchanged(plan)) return unchangedTable(plan.how, { ...record, consistency: table.consistency })
      return plan.multiset === undefined
        ? applyPlan(apply, plan, snapshot.at)
        : applyKeyless(apply, plan, plan.multiset, snapshot.at)
    })
  }
  /** To be called before a copy is replaced, and what it returns afterwards. */
  const noteEdits = async (table: SourceTable): Promise<() => Promise<void>> => {
    const { name } = table
    const copy = decisions.edited.get(name)
    if (copy === undefined) return async () => undefined
    const conflicts = await conflictsOfReload(apply, copy)
    return async () => recordConflicts(target, sourceId, cycle, name, await conflicts(table))
  }
  /** The first load of all is no change of the schema. */
  const define = async (table: SourceTable, id: number, record: TableRecord | undefined): Promise<void> =>
    applyAlteration(apply, table, id, state.source.cycle === null ? nothingChanged : reloadOf(record, table))
  for (const { table, record } of decisions.loads) {
    const id = record?.id ?? (await addTable(target, sourceId, table.name, postgresName(table.name)))
    const load = table.key.length === 0 ? loadKeyless : loadTable
    await perhaps(id, table, async () => {
      mustBeFree(table.name)
      const note = await noteEdits(table)
      const loaded = await load(apply, table, id, snapshot.at, (rows) =>
        context.onProgress(table.name, rows, Math.max(rows, table.estimatedRows)),
      )
      await define(table, id, record)
      await note()
      return loaded
    })
  }
  for (const finish of decisions.finishes) {
    const { table, record } = finish.plan
    await perhaps(record.id, table, async () => {
      mustBeFree(table.name)
      const note = await noteEdits(table)
      const loaded = await finishLoad(apply, finish, snapshot.at)
      await define(table, record.id, record)
      await note()
      return loaded
    })
  }
  const changes = [...tables.values()].reduce(
    (sum, table) => sum + table.inserted + table.updated + table.deleted,
    0,
  )
  if (decisions.accepted) await useUpAcceptances(target, sourceId, [...later])
  await closeCycle(target, cycle, changes, snapshot.proof)
  return { cycle, tables: Object.fromEntries(tables), unsettled, isInVain: isInVain(decisions, again) }
}
