/**
 * Which tables are loaded in pieces, and which of the loads under way no longer fit.
 *
 * A table that needs a load and is large is not read within a cycle: its load is begun here, in a transaction of its own, and goes
 * on between the cycles, piece by piece (load-piece.ts), until it is ready for the cycle that proves it (load-finish.ts).
 * A load whose table was altered, is gone or is no longer selected is given up; what stood under the table's own name
 * stays as it was all the while.
 */
import { beginLoad, dropLoadingTable, lostLoads } from '../apply/load.ts'
import type { TargetTable } from '../apply/shape.ts'
import { MirrorError } from '../errors.ts'
import { postgresName } from '../names.ts'
import { inTransaction, type Target } from '../postgres.ts'
import { dropLoad, type LoadRecord, startLoad } from '../record/loads.ts'
import { beginRowStateLoad } from '../record/row-state.ts'
import { enterEpoch } from '../record/source.ts'
import { addTable, refuseTable, setTableState, type TableRecord } from '../record/tables.ts'
import { countUpToSql } from '../source/ranges.ts'
import type { Catalogue, SourceTable } from '../source/tables.ts'
import { brakeOnColumns } from './brakes.ts'
import type { CycleContext } from './context.ts'
import { alterationOf } from './decide-table.ts'
import { isFailure, isOfItsTable } from './made-over.ts'
import { mayBeRenamed } from './renames.ts'
import { targetTable } from './shape.ts'
import type { MirrorState } from './state.ts'
import { findTakenPlaces, lacksItsPlace } from './target-is-ours.ts'

/** A piece or two: what one cycle reads and copies in well below a second. */
export const defaultWholeLoadRows = 50_000
const wholeLoadBytes = 16 * 2 ** 20

const needsLoad = (context: CycleContext, table: SourceTable, record: TableRecord | undefined): boolean => {
  // Without a key there is no position to go on at.
  if (table.key.length === 0) return false
  if (record === undefined || record.fingerprint === null) return true
  if (record.brake !== null || record.fingerprint === table.fingerprint) return false
  // what can be altered in place is not loaded anew
  if ((alterationOf(record, table)?.inPlace ?? null) !== null) return false
  const columns = table.columns.map((column) => column.name)
  return brakeOnColumns(record, columns) === undefined && context.selected(table.name)
}

/** What tables weigh by the source's word; empty where it says nothing. */
const readWeights = async ({ source }: CycleContext): Promise<ReadonlyMap<string, number>> => {
  const rows = await source.rows(
    'SELECT TABLE_NAME, DATA_LENGTH FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
  )
  return new Map(rows.map(([name, bytes]) => [name?.toString('utf8') ?? '', Number(bytes?.toString() ?? 0)]))
}

/** Those that outgrow a cycle. Counted, as far as that is cheap: statistics lie. */
const findLarge = async (
  context: CycleContext,
  tables: readonly SourceTable[],
): Promise<readonly SourceTable[]> => {
  const weights = tables.length === 0 ? new Map<string, number>() : await readWeights(context)
  const large: SourceTable[] = []
  for (const table of tables) {
    if ((weights.get(table.name) ?? 0) > wholeLoadBytes) large.push(table)
    else {
      const [row] = await context.source.rows(countUpToSql(table, context.wholeLoadRows + 1))
      if (Number(row?.[0]?.toString() ?? 0) > context.wholeLoadRows) large.push(table)
    }
  }
  return large
}

/**
 * Tables that might have been others by another name, so that no load of them was begun, and are not, by the scan of this cycle. The large
 * ones among what it would load whole now are loaded in pieces like any other: true when there is one, and the cycle begins again.
 */
export const areLateLoads = async (
  context: CycleContext,
  state: MirrorState,
  catalogue: Catalogue,
  loads: readonly { readonly table: SourceTable }[],
): Promise<boolean> => {
  const late = loads
    .map(({ table }) => table)
    .filter((table) => table.key.length > 0 && !context.cache.isItself(table))
    .filter((table) => mayBeRenamed(state, catalogue, table))
  const large = await findLarge(context, late)
  for (const table of large) context.cache.noteItself(table)
  return large.length > 0
}

const mayTry = (context: CycleContext, record: TableRecord | undefined): boolean =>
  record?.state !== 'refused' ||
  lacksItsPlace(record) ||
  !isFailure(record.refusal?.code ?? '') ||
  context.cache.mayLoad(record.name, context.deepScanMs)

export const giveUpLoad = async (target: Target, load: Pick<LoadRecord, 'tableId'>): Promise<void> => {
  await dropLoad(target, load.tableId)
  await dropLoadingTable(target, load.tableId)
}

/** Makes the table that is to be loaded. Where the target does not take it, it is this table's matter, and no other's. */
const refusedBy = async (
  target: Target,
  table: TargetTable,
  id: number,
): Promise<MirrorError | undefined> => {
  await target.run('SAVEPOINT one_table')
  try {
    await beginLoad(target, table, id)
    await target.run('RELEASE SAVEPOINT one_table')
    return undefined
  } catch (error) {
    if (!(error instanceof MirrorError) || !isOfItsTable(error)) throw error
    await target.run('ROLLBACK TO SAVEPOINT one_table')
    return error
  }
}

/** True when something was begun or given up: then the state must be read anew. */
export const beginLoads = async (
  context: CycleContext,
  state: MirrorState,
  catalogue: Catalogue,
): Promise<boolean> => {
  const { target, sourceId } = context
  // One that is complete would be found out by nothing before the cycle that is to put it in its place, and that would fail as a whole.
  const lost = await lostLoads(
    target,
    [...state.loads.values()].map(({ tableId }) => tableId),
  )
  const fits = (load: LoadRecord): boolean =>
    catalogue.tables.get(load.table)?.fingerprint === load.fingerprint && !lost.has(load.tableId)
  const past = [...state.loads.values()].filter((load) => !fits(load))
  const wanted = [...catalogue.tables.values()].filter((table) => {
    const load = state.loads.get(table.name)
    return (
      (load === undefined || !fits(load)) &&
      (!mayBeRenamed(state, catalogue, table) || context.cache.isItself(table)) &&
      needsLoad(context, table, state.tables.get(table.name))
    )
  })
  const known = wanted.filter(({ name }) => lacksItsPlace(state.tables.get(name)))
  const stillTaken = await findTakenPlaces(context, state, known)
  const large = (await findLarge(context, wanted)).filter(
    ({ name }) => !stillTaken.has(name) && mayTry(context, state.tables.get(name)),
  )
  for (const table of catalogue.tables.values()) {
    const load = state.loads.get(table.name)
    if (load !== undefined && fits(load)) context.cache.keepLoading(load.tableId, table)
  }
  if (past.length === 0 && large.length === 0) return false
  await context.stopIndexes(new Set(past.map(({ tableId }) => tableId)))
  await inTransaction(target, async () => {
    await enterEpoch(target, sourceId, context.epoch)
    for (const load of past) await giveUpLoad(target, load)
    const taken = await findTakenPlaces(context, state, large)
    for (const table of large) {
      const record = state.tables.get(table.name)
      const id = record?.id ?? (await addTable(target, sourceId, table.name, postgresName(table.name)))
      const why = taken.get(table.name) ?? (await refusedBy(target, targetTable(sourceId, table), id))
      if (why !== undefined) {
        await refuseTable(target, id, why.code, why.message)
        continue
      }
      await beginRowStateLoad(target, id)
      await startLoad(target, id, table.fingerprint, table.estimatedRows)
      const provedAt = record?.state === 'live' ? state.source.snapshotAt : (record?.provedAt ?? null)
      await setTableState(target, id, 'loading', provedAt)
      context.cache.keepLoading(id, table)
    }
  })
  context.cache.forgetTables()
  return true
}
