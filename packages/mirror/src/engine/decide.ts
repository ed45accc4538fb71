/** What a cycle will do, decided over all tables before anything is written. */
import type { TableRecord } from '../record/tables.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { Catalogue } from '../source/tables.ts'
import type { Refusal } from '../types.ts'
import { type BrakeDecision, brakeOnDeletes, brakeOnWhole, isAccepted } from './brakes.ts'
import type { CycleContext } from './context.ts'
import {
  type Braked,
  decideTable,
  type Drifted,
  type Loading,
  type Look,
  refusalOf,
  type TableDecision,
} from './decide-table.ts'
import type { Suspects } from './drift.ts'
import type { EditedCopies } from './edited-copies.ts'
import type { Finish } from './load-finish.ts'
import { isUnchanged, lossesOf, type TablePlan, updatesOf } from './plan.ts'
import { findRenames, mustBeGone, type Renamings } from './renames.ts'
import { KeyAllowance } from './segment-diff.ts'
import type { MirrorState } from './state.ts'
import { findTakenPlaces, lacksItsPlace } from './target-is-ours.ts'

interface RefusedNow {
  readonly name: string
  readonly refusal: Refusal
  readonly record: TableRecord | undefined
}

/** What a cycle decided before it writes. */
export interface Decisions {
  readonly plans: readonly TablePlan[]
  readonly loads: readonly Loading[]
  /** loads that were done in pieces, and that this cycle proves */
  readonly finishes: readonly Finish[]
  readonly brakes: readonly Braked[]
  readonly vanished: readonly TableRecord[]
  readonly renames: Renamings
  readonly drifted: readonly Drifted[]
  /** followed before, and left out by --tables or --exclude now */
  readonly unselected: readonly TableRecord[]
  /** copies that somebody else changed, among those that are to be replaced */
  readonly edited: EditedCopies
  /** a decision was taken that this cycle uses up */
  readonly accepted: boolean
  readonly refusals: readonly RefusedNow[]
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

/** Tables of the copy that the source does not hold any more, or that are left out now. */
const decideOnMissing = async (
  context: Pick<CycleContext, 'selected'>,
  state: MirrorState,
  catalogue: Catalogue,
  snapshot: Snapshot,
  settled: ReadonlySet<number>,
): Promise<Pick<Decisions, 'brakes' | 'vanished' | 'unselected'>> => {
  const brakes: Braked[] = []
  const vanished: TableRecord[] = []
  const unselected: TableRecord[] = []
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
  return { brakes, vanished, unselected }
}

/** What was found out before: of the tables themselves nothing is asked but by `decide`. */
export interface Basis {
  readonly look: Look
  readonly suspects: Suspects
  readonly edited: EditedCopies
  /** is this table read in this cycle? */
  readonly isOurs: (table: string) => boolean
}

/** `whole`: nothing of it is to be done, since the source as a whole may be another one */
export const decide = async (
  context: Pick<
    CycleContext,
    'target' | 'sourceId' | 'selected' | 'maxDelete' | 'cache' | 'deepScanMs' | 'pace' | 'onDrift'
  >,
  state: MirrorState,
  catalogue: Catalogue,
  snapshot: Snapshot,
  basis: Basis,
): Promise<Decisions & { readonly whole: BrakeDecision | undefined }> => {
  const planning = {
    ...context,
    snapshot,
    allowance: new KeyAllowance(),
    expectation: (tableId: number) => context.cache.expectation(tableId),
  }
  const renames = await findRenames(planning, state, catalogue)
  const settled = new Set([
    ...renames.renamed.map(({ record }) => record.id),
    ...renames.replaced.map(({ id }) => id),
    ...renames.held.map(({ record }) => record.id),
  ])
  const moved = new Set([...renames.renamed, ...renames.held].map(({ table }) => table.name))
  const taken = await findTakenPlaces(
    context,
    state,
    [...catalogue.tables.values()].filter(({ name }) => lacksItsPlace(state.tables.get(name))),
  )
  const missing = await decideOnMissing(context, state, catalogue, snapshot, settled)

  const deciding = { ...planning, ...basis, state, taken }
  const decided = new Map<string, TableDecision>()
  for (const table of catalogue.tables.values()) {
    if (moved.has(table.name) || !basis.isOurs(table.name)) continue
    const known = state.tables.get(table.name)
    // A record that has gone on under another name leaves its own to whatever is there now.
    const record = known !== undefined && settled.has(known.id) ? undefined : known
    decided.set(table.name, await decideTable(deciding, table, record))
  }
  const all = [...decided.values()]

  const plans = [...renames.plans, ...all.flatMap(({ plan }) => plan ?? [])]
  const whole = brakeOnWhole(
    state.source,
    [
      ...all.flatMap(({ outlook }) => outlook ?? []),
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
  const tooMany: Braked[] = []
  for (const plan of plans) {
    const brake = brakeOnDeletes(plan.record, lossesOf(plan), context.maxDelete)
    if (brake === undefined) kept.push(plan)
    else tooMany.push({ ...brake, record: plan.record })
  }
  const refusals = [
    ...renames.held.map(({ record, error }) => ({ name: record.name, refusal: refusalOf(error) })),
    ...[...catalogue.refused].map(([name, refusal]) => ({ name, refusal })),
    ...[...decided].flatMap(([name, { refusal }]) => (refusal === undefined ? [] : [{ name, refusal }])),
  ]
  return {
    plans: kept,
    loads: all.flatMap(({ load }) => load ?? []),
    finishes: all.flatMap(({ finish }) => finish ?? []),
    brakes: [...missing.brakes, ...all.flatMap(({ brake }) => brake ?? []), ...tooMany],
    vanished: missing.vanished,
    renames,
    drifted: all.flatMap(({ drifted }) => drifted ?? []),
    unselected: missing.unselected,
    accepted:
      state.source.accepted !== null || [...state.tables.values()].some((table) => table.accepted !== null),
    refusals: refusals
      .map((refused) => ({ ...refused, record: state.tables.get(refused.name) }))
      .filter(({ record, refusal }) => !sameRefusal(record, refusal)),
    edited: basis.edited,
    whole,
  }
}
