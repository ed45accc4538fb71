/** What a cycle will do, decided over all tables before anything is written. */
import { MirrorError } from '../errors.ts'
import { quoteMysql } from '../names.ts'
import type { TableRecord } from '../record/tables.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { Catalogue, SourceTable } from '../source/tables.ts'
import type { DriftPolicy, Refusal } from '../types.ts'
import {
  type BrakeDecision,
  brakeOnColumns,
  brakeOnDeletes,
  brakeOnWhole,
  isAccepted,
  type TableOutlook,
} from './brakes.ts'
import type { CycleContext } from './context.ts'
import { compareDefinitions, type DefinitionDifference } from '../detect/definition.ts'
import { keptDefinition } from './kept-definition.ts'
import { type Finish, recordOfLoad } from './load-finish.ts'
import { readLoadSegments } from '../record/loads.ts'
import { planKeyless } from './keyless.ts'
import { deletesOf, isUnchanged, planNothing, planTable, type TablePlan, updatesOf } from './plan.ts'
import { policyFor, type Suspects } from './drift.ts'
import { withSuspects } from './drift-plan.ts'
import { findRenames, mustBeGone, type Renamings } from './renames.ts'
import { KeyAllowance } from './segment-diff.ts'
import { whileReading } from './slow-tables.ts'
import type { MirrorState } from './state.ts'

/** What a cycle decided before it writes. */
export interface Decisions {
  readonly plans: readonly TablePlan[]
  readonly loads: readonly { readonly table: SourceTable; readonly record: TableRecord | undefined }[]
  /** loads that were done in pieces, and that this cycle proves */
  readonly finishes: readonly Finish[]
  readonly brakes: readonly (BrakeDecision & { readonly record: TableRecord })[]
  readonly vanished: readonly TableRecord[]
  readonly renames: Renamings
  /** tables without a key whose copy is not as recorded */
  readonly drifted: readonly { readonly record: TableRecord; readonly policy: DriftPolicy }[]
  /** followed before, and left out by --tables or --exclude now */
  readonly unselected: readonly TableRecord[]
  /** a decision was taken that this cycle uses up */
  readonly accepted: boolean
  readonly refusals: readonly {
    readonly name: string
    readonly refusal: Refusal
    readonly record: TableRecord | undefined
  }[]
}

/** How tables are looked at. */
export interface Look {
  readonly how: 'digest' | 'deep'
  /** by the server's own word, which a deep look does not ask for */
  readonly standsStill: (table: string) => boolean
}

export const nothingToDo = (decisions: Decisions): boolean =>
  !decisions.accepted &&
  decisions.plans.every(
    (plan) =>
      isUnchanged(plan) &&
      plan.altered === undefined &&
      plan.record.state === 'live' &&
      plan.record.consistency === plan.table.consistency,
  ) &&
  [
    decisions.loads,
    decisions.finishes,
    decisions.brakes,
    decisions.vanished,
    decisions.renames.renamed,
    decisions.drifted,
    decisions.unselected,
    decisions.refusals,
  ].every((list) => list.length === 0)

const sameRefusal = (record: TableRecord | undefined, refusal: Refusal): boolean =>
  record?.state === 'refused' &&
  record.refusal?.code === refusal.code &&
  record.refusal.reason === refusal.reason

/** Before a reload: a definition that changed together with most of the rows going is no reason not to ask. */
const countRows = async (snapshot: Snapshot, table: SourceTable): Promise<number> => {
  const [row] = await snapshot.read(`SELECT COUNT(*) FROM ${quoteMysql(table.name)}`)
  return Number(row?.[0]?.toString('latin1') ?? '0')
}

/** undefined: the definition is what the copy follows */
export const alterationOf = (record: TableRecord, table: SourceTable): DefinitionDifference | undefined => {
  const now = keptDefinition(table)
  const isSame = record.fingerprint === table.fingerprint
  // a record of an older version takes the definition's details over with the next load
  if (isSame && record.definition.details === undefined) return undefined
  const difference = compareDefinitions(record.definition, now)
  if (difference.changes.length > 0) return difference
  // nothing that a definition says: the record itself was distrusted, or is of another version's digests
  return isSame ? undefined : { ...difference, inPlace: null }
}

/** A column that bears another name holds what it held; one that does not is another, and the former is gone. */
const brakeOnRenames = (
  record: TableRecord,
  { inPlace }: DefinitionDifference,
  plan: TablePlan,
  maxDelete: number,
): BrakeDecision | undefined => {
  const differing = updatesOf(plan) + deletesOf(plan)
  if (inPlace === null || inPlace.renames.length === 0 || differing <= maxDelete * record.rows)
    return undefined
  return brakeOnColumns(
    record,
    plan.table.columns.map((column) => column.name),
  )
}

export const decide = async (
  context: Pick<
    CycleContext,
    'target' | 'selected' | 'maxDelete' | 'cache' | 'deepScanMs' | 'pace' | 'onDrift'
  >,
  state: MirrorState,
  catalogue: Catalogue,
  snapshot: Snapshot,
  look: Look = { how: 'digest', standsStill: () => false },
  suspects: Suspects = new Map(),
  isOurs: (table: string) => boolean = () => true,
): Promise<Decisions & { readonly whole: BrakeDecision | undefined }> => {
  const plans: TablePlan[] = []
  const planning = { ...context, snapshot, allowance: new KeyAllowance() }
  const loads: { table: SourceTable; record: TableRecord | undefined }[] = []
  const finishes: Finish[] = []
  const brakes: (BrakeDecision & { record: TableRecord })[] = []
  const vanished: TableRecord[] = []
  const outlooks: TableOutlook[] = []
  const unselected: TableRecord[] = []
  const refusals: { name: string; refusal: Refusal; record: TableRecord | undefined }[] = []
  const drifted: { record: TableRecord; policy: DriftPolicy }[] = []
  const refuse = (name: string, refusal: Refusal): void => {
    const record = state.tables.get(name)
    if (!sameRefusal(record, refusal)) refusals.push({ name, refusal, record })
  }

  const renames = await findRenames(planning, state, catalogue)
  const settled = new Set([
    ...renames.renamed.map(({ record }) => record.id),
    ...renames.replaced.map(({ id }) => id),
  ])
  const moved = new Set(renames.renamed.map(({ table }) => table.name))
  plans.push(...renames.plans)

  for (const [name, refused] of catalogue.refused) {
    refuse(name, { code: refused.code, reason: refused.reason, remedy: refused.remedy })
  }
  for (const record of state.tables.values()) {
    if (record.brake !== null || record.state === 'vanished' || settled.has(record.id)) continue
    if (!context.selected(record.name)) {
      if (record.state === 'live' || record.state === 'loading') unselected.push(record)
      continue
    }
    if (catalogue.tables.has(record.name) || catalogue.refused.has(record.name)) continue
    if (isAccepted(record, 'MIRROR_4102') || state.source.accepted !== null || record.fingerprint === null) {
      vanished.push(record)
    } else {
      await mustBeGone(snapshot, record.name)
      brakes.push({ record, code: 'MIRROR_4102', reason: 'the table is not in the source any more' })
    }
  }
  for (const table of catalogue.tables.values()) {
    if (moved.has(table.name) || !isOurs(table.name)) continue
    const known = state.tables.get(table.name)
    // A record that has gone on under another name leaves its own to whatever is there now.
    const record = known !== undefined && settled.has(known.id) ? undefined : known
    if (record !== undefined && record.brake !== null) continue
    const load = state.loads.get(table.name)
    if (record !== undefined && load !== undefined) {
      // the pieces go on between the cycles; what stands under the table's name stays meanwhile
      if (load.phase !== 'ready') continue
      const loaded = await readLoadSegments(context.target, load.tableId)
      const plan = await whileReading(table.name, async () =>
        planTable(planning, table, recordOfLoad(record, load), loaded, 'load'),
      )
      const deletes = Math.max(0, record.rows - plan.rows)
      const brake = brakeOnDeletes(record, deletes, context.maxDelete)
      outlooks.push({ record, deletes, changed: 0, createdAt: table.createdAt })
      if (brake === undefined) finishes.push({ load, plan })
      else brakes.push({ ...brake, record })
      continue
    }
    const failed =
      record?.state === 'refused' &&
      ['MIRROR_2010', 'MIRROR_3006', 'MIRROR_3026'].includes(record.refusal?.code ?? '')
    if (record === undefined || record.fingerprint === null) {
      if (!failed || context.cache.mayLoad(table.name, context.deepScanMs)) {
        loads.push({ table, record })
      }
      continue
    }
    const altered = alterationOf(record, table)
    const isSame = record.fingerprint === table.fingerprint
    // What PostgreSQL would not take once, it is not asked once a second.
    if (failed && !isSame && !context.cache.mayLoad(table.name, context.deepScanMs)) continue
    if (!isSame && (altered?.inPlace ?? null) === null) {
      const deletes = Math.max(0, record.rows - (await countRows(snapshot, table)))
      const brake =
        brakeOnColumns(
          record,
          table.columns.map((column) => column.name),
        ) ?? brakeOnDeletes(record, deletes, context.maxDelete)
      outlooks.push({ record, deletes, changed: 0, createdAt: table.createdAt })
      if (brake === undefined) loads.push({ table, record })
      else brakes.push({ ...brake, record })
      continue
    }
    const segments = await state.segments(record)
    const isQuiet =
      record.state === 'live' &&
      record.accepted === null &&
      look.standsStill(table.name) &&
      !suspects.has(table.name)
    if (table.key.length === 0 && suspects.has(table.name)) {
      const policy = policyFor(record, context.onDrift(record.name))
      drifted.push({ record, policy })
      if (policy === 'repair' && isSame) {
        loads.push({ table, record })
        continue
      }
      if (policy === 'stop') {
        brakes.push({ record, code: 'MIRROR_4106', reason: 'its rows are not those recorded' })
        continue
      }
    }
    const how = table.key.length === 0 ? planKeyless : planTable
    let plan: TablePlan
    try {
      plan =
        isSame && isQuiet
          ? planNothing(table, record, segments)
          : await whileReading(table.name, async () => how(planning, table, record, segments, look.how))
    } catch (error) {
      if (!(error instanceof MirrorError) || error.code !== 'MIRROR_2010') throw error
      refuse(table.name, { code: error.code, reason: error.message, remedy: error.remedy })
      continue
    }
    const lost = altered === undefined ? undefined : brakeOnRenames(record, altered, plan, context.maxDelete)
    if (lost !== undefined) brakes.push({ ...lost, record })
    else {
      const met = withSuspects(plan, suspects.get(table.name) ?? [])
      plans.push(altered === undefined ? met : { ...met, altered })
    }
  }
  const whole = brakeOnWhole(
    state.source,
    [
      ...outlooks,
      ...plans.map((plan) => ({
        record: plan.record,
        deletes: deletesOf(plan),
        changed: updatesOf(plan),
        createdAt: plan.table.createdAt,
      })),
    ],
    context.maxDelete,
  )
  const kept: TablePlan[] = []
  for (const plan of plans) {
    const brake = brakeOnDeletes(plan.record, deletesOf(plan), context.maxDelete)
    if (brake === undefined) kept.push(plan)
    else brakes.push({ ...brake, record: plan.record })
  }
  const accepted =
    state.source.accepted !== null || [...state.tables.values()].some((table) => table.accepted !== null)
  return {
    plans: kept,
    loads,
    finishes,
    brakes,
    vanished,
    renames,
    drifted,
    unselected,
    accepted,
    refusals,
    whole,
  }
}
