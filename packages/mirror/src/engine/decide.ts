/** What a cycle will do, decided over all tables before anything is written. */
import { isOfOneTable, MirrorError } from '../errors.ts'
import { quoteMysql } from '../names.ts'
import type { TableRecord } from '../record/tables.ts'
import { isInterrupted, tooSlow } from '../source/errors.ts'
import { readKeyless } from '../source/keyless.ts'
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
import { isFailure, isOfItsTable } from './made-over.ts'
import {
  deletesOf,
  isUnchanged,
  lossesOf,
  planNothing,
  planTable,
  type TablePlan,
  updatesOf,
} from './plan.ts'
import { policyFor, type Suspects } from './drift.ts'
import type { EditedCopies } from './edited-copies.ts'
import { withLostKeys } from './drift-lost.ts'
import { withSuspects } from './drift-plan.ts'
import { findTakenPlaces, lacksItsPlace } from './target-is-ours.ts'
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
  /** tables whose copy as a whole is not as recorded: without a key, or not there any more */
  readonly drifted: readonly { readonly record: TableRecord; readonly policy: DriftPolicy }[]
  /** followed before, and left out by --tables or --exclude now */
  readonly unselected: readonly TableRecord[]
  /** copies that somebody else changed, among those that are to be replaced */
  readonly edited: EditedCopies
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

export const sameRefusal = (
  record: TableRecord | undefined,
  refusal: Pick<Refusal, 'code' | 'reason'>,
): boolean =>
  record?.state === 'refused' &&
  record.refusal?.code === refusal.code &&
  record.refusal.reason === refusal.reason

/** Before a reload: a definition that changed together with most of the rows going is no reason not to ask. */
const countRows = async (snapshot: Snapshot, table: SourceTable): Promise<number> => {
  const read = async (sql: string) => {
    try {
      return await snapshot.read(sql)
    } catch (error) {
      // which MySQL ends without saying that it was at its limit
      throw isInterrupted(error) ? tooSlow(table, error) : error
    }
  }
  const [row] = await readKeyless({ read }, table, `SELECT COUNT(*) FROM ${quoteMysql(table.name)}`)
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
    'target' | 'sourceId' | 'selected' | 'maxDelete' | 'cache' | 'deepScanMs' | 'pace' | 'onDrift'
  >,
  state: MirrorState,
  catalogue: Catalogue,
  snapshot: Snapshot,
  look: Look = { how: 'digest', standsStill: () => false },
  suspects: Suspects = new Map(),
  isOurs: (table: string) => boolean = () => true,
  edited: EditedCopies = new Map(),
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

  /** undefined: it was refused, since it cannot be read */
  const orRefused = async <T>(table: SourceTable, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await whileReading(table.name, work)
    } catch (error) {
      if (!(error instanceof MirrorError) || !isOfItsTable(error)) throw error
      refuse(table.name, { code: error.code, reason: error.message, remedy: error.remedy })
      return undefined
    }
  }

  const stopAtEdits = (record: TableRecord): BrakeDecision | undefined => {
    const copy = edited.get(record.name)
    if (copy === undefined || policyFor(record, context.onDrift(record.name)) !== 'stop') return undefined
    const rows = Math.max(1, copy.suspects.length)
    return { code: 'MIRROR_4106', reason: `${rows} rows or more of the copy would go with a reload` }
  }

  const renames = await findRenames(planning, state, catalogue)
  const settled = new Set([
    ...renames.renamed.map(({ record }) => record.id),
    ...renames.replaced.map(({ id }) => id),
    ...renames.held.map(({ record }) => record.id),
  ])
  const moved = new Set([...renames.renamed, ...renames.held].map(({ table }) => table.name))
  plans.push(...renames.plans)
  for (const { record, error } of renames.held)
    refuse(record.name, { code: error.code, reason: error.message, remedy: error.remedy })
  const taken = await findTakenPlaces(
    context,
    state,
    [...catalogue.tables.values()].filter(({ name }) => lacksItsPlace(state.tables.get(name))),
  )

  for (const [name, refused] of catalogue.refused) {
    refuse(name, { code: refused.code, reason: refused.reason, remedy: refused.remedy })
  }
  for (const record of state.tables.values()) {
    if (record.brake !== null || record.state === 'vanished' || settled.has(record.id)) continue
    if (!context.selected(record.name)) {
      if (['live', 'loading', 'refused'].includes(record.state)) unselected.push(record)
      continue
    }
    if (catalogue.tables.has(record.name) || catalogue.refused.has(record.name)) continue
    if (isAccepted(record, 'MIRROR_4102') || state.source.accepted !== null || record.fingerprint === null) {
      vanished.push(record)
    } else {
      await mustBeGone(snapshot, catalogue, record.name)
      const inItsPlace = catalogue.others.includes(record.name) ? ': a view bears its name' : ''
      const reason = `the table is not in the source any more${inItsPlace}`
      brakes.push({ record, code: 'MIRROR_4102', reason })
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
      const plan = await orRefused(table, async () => {
        const loaded = await readLoadSegments(context.target, load.tableId)
        return planTable(planning, table, recordOfLoad(record, load), loaded, 'load', load.seenFrom)
      })
      if (plan === undefined) continue
      const deletes = Math.max(0, record.rows - plan.rows)
      const brake = brakeOnDeletes(record, deletes, context.maxDelete)
      outlooks.push({
        record,
        deletes,
        changed: 0,
        createdAt: table.createdAt,
        isAltered: record.fingerprint !== table.fingerprint,
      })
      const stop = brake ?? stopAtEdits(record)
      if (stop === undefined) finishes.push({ load, plan })
      else brakes.push({ ...stop, record })
      continue
    }
    const refused = record?.state === 'refused' ? (record.refusal?.code ?? '') : ''
    const failed = isFailure(refused)
    if (record === undefined || record.fingerprint === null) {
      const isOpen = lacksItsPlace(record)
        ? !taken.has(table.name)
        : !failed || context.cache.mayLoad(table.name, context.deepScanMs)
      if (isOpen) loads.push({ table, record })
      continue
    }
    const altered = alterationOf(record, table)
    const isSame = record.fingerprint === table.fingerprint
    // What PostgreSQL would not take once, it is not asked once a second; nor the source for what takes it so long.
    const isDear = !isSame || refused === 'MIRROR_2011'
    if (failed && isDear && !context.cache.mayLoad(table.name, context.deepScanMs)) continue
    if (!isSame && (altered?.inPlace ?? null) === null) {
      const lost = brakeOnColumns(
        record,
        table.columns.map((column) => column.name),
      )
      // With a brake on it already a table that is too large to be counted need not be.
      const rows =
        lost === undefined
          ? await orRefused(table, async () => countRows(snapshot, table))
          : await countRows(snapshot, table).catch((error: unknown) => {
              if (isOfOneTable(error)) return record.rows
              throw error
            })
      if (rows === undefined) continue
      const deletes = Math.max(0, record.rows - rows)
      const brake = lost ?? brakeOnDeletes(record, deletes, context.maxDelete)
      outlooks.push({ record, deletes, changed: 0, createdAt: table.createdAt, isAltered: true })
      const stop = brake ?? stopAtEdits(record)
      if (stop === undefined) loads.push({ table, record })
      else brakes.push({ ...stop, record })
      continue
    }
    const segments = await state.segments(record)
    const isQuiet =
      record.state === 'live' &&
      record.accepted === null &&
      look.standsStill(table.name) &&
      !suspects.has(table.name)
    if (suspects.get(table.name)?.length === 0) {
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
    const plan =
      isSame && isQuiet
        ? planNothing(table, record, segments)
        : await orRefused(table, async () => how(planning, table, record, segments, look.how))
    if (plan === undefined) continue
    const lost = altered === undefined ? undefined : brakeOnRenames(record, altered, plan, context.maxDelete)
    if (lost !== undefined) brakes.push({ ...lost, record })
    else {
      const met = withSuspects(
        plan,
        await withLostKeys(planning, table, segments, suspects.get(table.name) ?? []),
      )
      plans.push(altered === undefined ? met : { ...met, altered })
    }
  }
  const whole = brakeOnWhole(
    state.source,
    [
      ...outlooks,
      ...plans.map((plan) => ({
        record: plan.record,
        deletes: lossesOf(plan),
        changed: updatesOf(plan),
        createdAt: plan.table.createdAt,
        isAltered: plan.altered !== undefined,
      })),
    ],
    context.maxDelete,
  )
  const kept: TablePlan[] = []
  for (const plan of plans) {
    const brake = brakeOnDeletes(plan.record, lossesOf(plan), context.maxDelete)
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
    edited,
    whole,
  }
}
