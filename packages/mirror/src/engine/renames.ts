/**
 * Tables that bear another name than before: RENAME, and the swap by which online schema changes end
 * (`RENAME TABLE a TO b, c TO a`). Nothing but SELECT is to be had, so nobody says that it happened; the digests do.
 *
 * A record whose name is gone, or whose name now stands for a table of another definition, is an orphan. A table of its very
 * definition, which is new or stands under such a name, is scanned by the orphan's segments: when at most as many of its rows are missing or
 * different as a cycle may delete unasked, it is that table. A guess can cost a scan, never truth: what
 * differs is written like any change, and an orphan that is not found is held by a brake like any table that vanished.
 *
 * Where something of somebody else's stands in the target under the new name, the copy stays as it is under its former one, refused by name
 * (MIRROR_3003), and so does each that would take a place which is not given up for that; the rename is made when the name is free.
 */
import { isOfOneTable, MirrorError } from '../errors.ts'
import { quoteMysql } from '../names.ts'
import type { TableRecord } from '../record/tables.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { Catalogue, SourceTable } from '../source/tables.ts'
import { brakeOnColumns, brakeOnDeletes, fewestDeletes } from './brakes.ts'
import type { CycleContext } from './context.ts'
import { planKeyless } from './keyless.ts'
import { deletesOf, insertsOf, type PlanContext, planTable, type TablePlan, updatesOf } from './plan.ts'
import type { MirrorState } from './state.ts'
import { findTakenPlaces, lacksItsPlace } from './target-is-ours.ts'

export interface Renaming {
  /** under its former name */
  readonly record: TableRecord
  readonly table: SourceTable
}

/** One whose new name is not to be had in the target. */
export interface HeldRenaming extends Renaming {
  readonly error: MirrorError
}

export interface Renamings {
  readonly renamed: readonly Renaming[]
  readonly held: readonly HeldRenaming[]
  /** what became of the renamed tables' rows */
  readonly plans: readonly TablePlan[]
  /** records whose name another table has taken, and whose rows are in no table any more */
  readonly replaced: readonly TableRecord[]
}

const none: Renamings = { renamed: [], held: [], plans: [], replaced: [] }

/** Also one that waits for its new name: its copy stands as it was when that was found to be taken. */
const isFollowed = (record: TableRecord): boolean =>
  record.fingerprint !== null && record.brake === null && (record.state === 'live' || lacksItsPlace(record))

const isThatTable = (plan: TablePlan, maxDelete: number): boolean => {
  const { rows } = plan.record
  const came = plan.multiset === undefined ? insertsOf(plan) : plan.rows - rows
  return deletesOf(plan) + updatesOf(plan) <= maxDelete * rows && came <= Math.max(fewestDeletes, rows)
}

/**
 * While a table is altered, MariaDB's information_schema does not list it for a moment. A statement that names it waits for the end
 * of that, and tells. Of a view, or a sequence, that stands in its place it would tell as well: that one is listed.
 */
export const mustBeGone = async (
  snapshot: Snapshot,
  { others }: Pick<Catalogue, 'others'>,
  name: string,
): Promise<void> => {
  if (others.includes(name)) return
  try {
    await snapshot.read(`SELECT 1 FROM ${quoteMysql(name)} LIMIT 0`)
  } catch (error) {
    if (!(error instanceof MirrorError)) throw error
    const isMissing = (error.cause as { code?: unknown } | undefined)?.code === 'ER_NO_SUCH_TABLE'
    // a right that was taken away looks like a table that is gone, and is held like one
    if (isMissing || error.code === 'MIRROR_1006') return
    throw error
  }
  throw new MirrorError('MIRROR_2004', { table: name })
}

/** May the table be one that bore another name? Then its rows are there already, and are not loaded anew. */
export const mayBeRenamed = (
  { tables }: Pick<MirrorState, 'tables'>,
  catalogue: Catalogue,
  table: SourceTable,
): boolean => {
  const displaced = [...tables.values()].filter(
    (record) => isFollowed(record) && catalogue.tables.get(record.name)?.fingerprint !== record.fingerprint,
  )
  return (
    displaced.some(({ name }) => !catalogue.tables.has(name) && !catalogue.refused.has(name)) &&
    displaced.some(({ fingerprint }) => fingerprint === table.fingerprint)
  )
}

export const findRenames = async (
  context: PlanContext & Pick<CycleContext, 'maxDelete' | 'selected' | 'sourceId'>,
  state: MirrorState,
  catalogue: Catalogue,
): Promise<Renamings> => {
  const { snapshot } = context
  const isPresent = (name: string): boolean => catalogue.tables.has(name) || catalogue.refused.has(name)
  const orphans = [...state.tables.values()].filter(
    (record) => isFollowed(record) && context.selected(record.name) && !isPresent(record.name),
  )
  if (orphans.length === 0) return none
  const found = new Map<string, Renaming>()
  const plans: TablePlan[] = []
  const replaced: TableRecord[] = []
  const isFree = (table: SourceTable): boolean => {
    const record = state.tables.get(table.name)
    if (found.has(table.name)) return false
    return record === undefined || (isFollowed(record) && record.fingerprint !== table.fingerprint)
  }
  /** The record that stood under the name, and its rows' new place, if they have one. */
  const look = async (orphan: TableRecord): Promise<TablePlan | undefined> => {
    const segments = await state.segments(orphan)
    for (const table of catalogue.tables.values()) {
      if (table.fingerprint !== orphan.fingerprint || !isFree(table)) continue
      const how = table.key.length === 0 ? planKeyless : planTable
      const plan = await how(context, table, orphan, segments, 'digest').catch((error: unknown) => {
        // one that cannot be read is nobody's continuation; it is refused where it is read for itself
        if (isOfOneTable(error)) return undefined
        throw error
      })
      if (plan !== undefined && isThatTable(plan, context.maxDelete)) return plan
    }
    return undefined
  }
  for (let orphan = orphans.shift(); orphan !== undefined; orphan = orphans.shift()) {
    const plan = await look(orphan)
    if (plan === undefined) {
      // It vanished, which is a brake's to say, or its place is taken: then that is a reload with other means.
      if (isPresent(orphan.name)) replaced.push(orphan)
      continue
    }
    if (!isPresent(orphan.name)) await mustBeGone(snapshot, catalogue, orphan.name)
    found.set(plan.table.name, { record: orphan, table: plan.table })
    plans.push(plan)
    const displaced = state.tables.get(plan.table.name)
    if (displaced !== undefined) orphans.unshift(displaced)
  }
  if (replaced.some((record) => !mayBeReplaced(record, found.get(record.name), plans, context.maxDelete))) {
    return none
  }
  const all = [...found.values()]
  const tables = all.map(({ table }) => table)
  const held = heldBy(await findTakenPlaces(context, state, tables), all)
  const isHeldNow = (name: string): boolean => held.some(({ table }) => table.name === name)
  return {
    renamed: all.filter(({ table }) => !isHeldNow(table.name)),
    held,
    plans: plans.filter(({ table }) => !isHeldNow(table.name)),
    replaced: replaced.filter(({ name }) => !isHeldNow(name)),
  }
}

/** Those whose place is taken, and those whose place is not given up since who stands there cannot leave it. */
const heldBy = (
  taken: ReadonlyMap<string, MirrorError>,
  all: readonly Renaming[],
): readonly HeldRenaming[] => {
  const held = new Map<string, HeldRenaming>()
  const hold = (renaming: Renaming, { detail }: MirrorError): void => {
    const { record, table } = renaming
    const error = new MirrorError('MIRROR_3003', { table: record.name, ...(detail && { detail }) })
    held.set(table.name, { ...renaming, error })
    const behind = all.find((other) => other.table.name === record.name && !held.has(record.name))
    if (behind !== undefined) hold(behind, error)
  }
  for (const renaming of all) {
    const error = taken.get(renaming.table.name)
    if (error !== undefined && !held.has(renaming.table.name)) hold(renaming, error)
  }
  return [...held.values()]
}

/** The same brakes that a reload under that name would meet: with one of them, none of this is done. */
const mayBeReplaced = (
  record: TableRecord,
  by: Renaming | undefined,
  plans: readonly TablePlan[],
  maxDelete: number,
): boolean => {
  if (by === undefined) return false
  const names = by.table.columns.map((column) => column.name)
  const rows = plans.find(({ table }) => table.name === by.table.name)?.rows ?? 0
  const deletes = Math.max(0, record.rows - rows)
  return (
    brakeOnColumns(record, names) === undefined && brakeOnDeletes(record, deletes, maxDelete) === undefined
  )
}
