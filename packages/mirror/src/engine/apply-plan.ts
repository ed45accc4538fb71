/** Second half of a cycle: fetches the changed rows of a plan and applies them, chunk by chunk, in its transaction. */
import { deleteRows, insertRows, upsertRows } from '../apply/rows.ts'
import { digestOfWholeRow, isWholeRowId, type KeyId, keyIdOf, keyOfId, type MirrorRow } from '../model.ts'
import type { Target } from '../postgres.ts'
import { type Application, fitting, imagesInMirror, imagesKeptWhole, type Standing } from './copied-rows.ts'
import { DriftMet } from './drift-met.ts'
import { exactEntries, exactRowsOf } from './aside.ts'
import { fetchAll } from './fetch-rows.ts'
import { countExactRows, deleteExactRows, putExactRows } from '../record/exact-row.ts'
import { type Change, countExactValues, recordChanges, replaceExactValues } from '../record/ledger.ts'
import {
  dropRowStates,
  foldRowStates,
  mergeRowStates,
  moveRowStates,
  putRowStates,
} from '../record/row-state.ts'
import {
  advanceTable,
  replaceSegments,
  type TableRecord,
  unsettleSegments,
  updateSegments,
} from '../record/tables.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { DriftPolicy, RowImage, TableSync } from '../types.ts'
import { imageOfSource, imagesEqual, type Redaction, redactKey } from './images.ts'
import { tidyMemory } from '../memory.ts'
import type { Pace } from './pace.ts'
import { deletesOf, insertsOf, type PlacedId, type PlacedKey, type TablePlan, updatesOf } from './plan.ts'
import { diffParts, type PartDiff } from './segment-diff.ts'
import { rowsPerStatement, targetTable } from './shape.ts'

export interface ApplyContext {
  readonly snapshot: Snapshot
  readonly target: Target
  readonly sourceId: string
  readonly cycle: number
  readonly redaction: Redaction
  readonly pace: Pace
  /** what is done about rows that somebody else changed */
  readonly onDrift: (record: TableRecord) => DriftPolicy
  /** told of tables whose segments are recorded otherwise than planned, so that they must be read again */
  readonly onUnsettled: (tableId: number) => void
}

/** How many of the rows stay, as somebody else made them. */
const applyGone = async (
  context: ApplyContext,
  plan: TablePlan,
  where: Application,
  gone: readonly PlacedId[],
): Promise<number> => {
  const { table, record } = plan
  const { shape } = where
  const ledger = async (changes: readonly Omit<Change, 'table' | 'op' | 'after'>[]): Promise<void> => {
    const told = changes.map(
      (change): Change => ({ ...change, table: table.name, op: 'delete', after: null }),
    )
    if (where.tells) await recordChanges(context.target, context.sourceId, context.cycle, told)
  }
  let left = 0
  for (let start = 0, size = 0; start < gone.length; start += size) {
    const chunk = await fitting(context, plan, where, gone.slice(start, start + rowsPerStatement))
    size = chunk.length
    tidyMemory()
    const whole = chunk.map(({ id }) => id).filter(isWholeRowId)
    const kept = await imagesKeptWhole(context, table, whole)
    const keys = chunk.filter(({ id }) => !isWholeRowId(id)).map(({ id }) => keyOfId(id, table.key.length))
    const before = await imagesInMirror(context, plan, where, keys)
    const drift = new DriftMet(context, plan)
    const stays = new Set(
      chunk
        .filter((placed) => {
          const found = kept.get(placed.id)
          return drift.onDelete(placed, found ?? before.get(placed.id), found?.key)
        })
        .map(({ id }) => id),
    )
    await drift.record()
    const taken = whole.filter((id) => !stays.has(id))
    await deleteExactRows(context.target, context.sourceId, table.name, taken.map(digestOfWholeRow))
    const given = keys.filter((key) => !stays.has(keyIdOf(key)))
    left += stays.size
    await deleteRows(context.target, shape, given)
    if (record.exactValues > 0)
      await replaceExactValues(context.target, context.sourceId, table.name, given, [])
    await dropRowStates(context.target, record.id, chunk)
    await ledger([
      ...given.map((key) => ({
        key: redactKey(table, key, context.redaction),
        before: before.get(keyIdOf(key))?.image ?? null,
      })),
      ...taken.flatMap((id) => {
        const found = kept.get(id)
        return found === undefined
          ? []
          : { key: redactKey(table, found.key, context.redaction), before: found.image }
      }),
    ])
  }
  return left
}

interface Written {
  readonly inserted: number
  readonly updated: number
  readonly exact: number
  readonly moved: readonly number[]
}

/**
 * Puts in the new rows whose keys are free, and holds what stands under all others against what was recorded. `taken`: the
 * new ones that may still be to be written; `stays`: those that are left as somebody else made them.
 */
const meetDrift = async (
  context: ApplyContext,
  plan: TablePlan,
  where: Application,
  {
    rows,
    placed,
    isNew,
    before,
    after,
  }: {
    readonly rows: readonly MirrorRow[]
    readonly placed: readonly PlacedKey[]
    readonly isNew: ReadonlySet<KeyId>
    readonly before: ReadonlyMap<KeyId, Standing>
    readonly after: ReadonlyMap<KeyId, RowImage>
  },
): Promise<{ readonly stays: ReadonlySet<KeyId>; readonly taken: ReadonlySet<KeyId> }> => {
  const fresh = rows.filter((row) => row.whole === null && isNew.has(row.id))
  const drift = new DriftMet(context, plan)
  const added = await insertRows(
    context.target,
    where.shape,
    fresh.map((row) => row.shown),
  )
  const found =
    added === fresh.length
      ? new Map<KeyId, Standing>()
      : await imagesInMirror(
          context,
          plan,
          where,
          fresh.map((row) => row.key),
        )
  const placeOf = new Map(placed.map((key) => [key.id, key]))
  const stays = new Set<KeyId>()
  for (const row of rows) {
    const place = placeOf.get(row.id)
    const image = after.get(row.id)
    if (place === undefined || image === undefined) continue
    const isMet = isNew.has(row.id)
      ? drift.onInsert(place, found.get(row.id), image)
      : drift.onUpdate(row, place, before.get(row.id), image)
    if (isMet) stays.add(row.id)
  }
  await drift.record()
  return { stays, taken: new Set(found.keys()) }
}

const applyWritten = async (
  context: ApplyContext,
  plan: TablePlan,
  where: Application,
  lists: Pick<PartDiff, 'inserted' | 'changed'>,
): Promise<Written> => {
  const { table, record } = plan
  const { shape } = where
  const isNew = new Set(lists.inserted.map((key) => key.id))
  let inserted = 0
  let updated = 0
  let exact = 0
  const unsettled: number[] = []
  for await (const { rows, placed, moved } of fetchAll(context, plan, where, [
    ...lists.inserted,
    ...lists.changed,
  ])) {
    unsettled.push(...moved)
    tidyMemory()
    const standing = rows.filter((row) => row.whole === null)
    const known = rows.filter((row) => !isNew.has(row.id))
    const before = await imagesInMirror(
      context,
      plan,
      where,
      known.filter((row) => row.whole === null).map((row) => row.key),
    )
    const kept = await imagesKeptWhole(
      context,
      table,
      known.map((row) => row.id),
    )
    for (const [id, found] of kept) before.set(id, found)
    const after = new Map<KeyId, RowImage>(
      where.tells ? rows.map((row) => [row.id, imageOfSource(table, row, context.redaction)]) : [],
    )
    const { stays, taken } = where.tells
      ? await meetDrift(context, plan, where, { rows, placed, isNew, before, after })
      : { stays: new Set<KeyId>(), taken: isNew }
    // Of the new ones all are there by now but those whose key was taken.
    await upsertRows(
      context.target,
      shape,
      standing
        .filter((row) => !stays.has(row.id) && (!isNew.has(row.id) || taken.has(row.id)))
        .map((row) => row.shown),
    )
    const whole = exactRowsOf(
      table,
      rows.filter((row) => !stays.has(row.id)),
    )
    await putExactRows(context.target, context.sourceId, table.name, whole)
    const entries = exactEntries(
      table,
      standing.filter((row) => !stays.has(row.id)),
    )
    exact += entries.length + whole.length
    if (record.exactValues > 0 || entries.length > 0) {
      await replaceExactValues(
        context.target,
        context.sourceId,
        table.name,
        standing.filter((row) => !stays.has(row.id)).map((row) => row.key),
        entries,
      )
    }
    await putRowStates(context.target, record.id, placed)
    if (!where.tells) continue
    const changes: Change[] = []
    for (const row of rows) {
      const image = after.get(row.id)
      if (image === undefined || stays.has(row.id)) continue
      const was = before.get(row.id)?.image ?? null
      // A digest may differ where the value does not, as after a change of character set.
      if (was !== null && imagesEqual(was, image)) continue
      // A followed row that the mirror no longer had, as repair finds it, is put in anew.
      if (was === null) inserted += 1
      else updated += 1
      changes.push({
        table: table.name,
        key: redactKey(table, row.key, context.redaction),
        op: was === null ? 'insert' : 'update',
        before: was,
        after: image,
      })
    }
    await recordChanges(context.target, context.sourceId, context.cycle, changes)
  }
  return { inserted, updated, exact, moved: unsettled }
}

/** By segment in which digests were recorded: of how many rows. */
const touchedSegments = ({ inserted, changed, gone, moves, later, merges }: TablePlan) => {
  const touched = new Map<number, number>()
  const touch = (segment: number, rows: number): void => {
    touched.set(segment, (touched.get(segment) ?? 0) + rows)
  }
  for (const { segment } of [...inserted, ...changed, ...gone]) touch(segment, 1)
  for (const { from, to, ids } of moves) for (const segment of [from, to]) touch(segment, ids.length)
  for (const { parts } of later) for (const { id, rows } of parts) touch(id, rows)
  for (const { from, to } of merges) {
    touch(to, touched.get(from) ?? 1)
    touched.delete(from)
  }
  return touched
}

const sum = (a: Written, b: Written): Written => ({
  inserted: a.inserted + b.inserted,
  updated: a.updated + b.updated,
  exact: a.exact + b.exact,
  moved: [...a.moved, ...b.moved],
})

export const applyPlan = async (
  context: ApplyContext,
  plan: TablePlan,
  provedAt: string,
  where: Application = { shape: targetTable(context.sourceId, plan.table), tells: true },
): Promise<TableSync> => {
  const { target } = context
  const { table } = plan
  const tableId = plan.record.id
  let left = await applyGone(context, plan, where, plan.gone)
  for (const move of plan.moves) await moveRowStates(target, tableId, move.from, move.to, move.ids)
  let written = await applyWritten(context, plan, where, plan)
  for (const { parts, ...later } of plan.later) {
    // Without a common snapshot what is read again is not what was read before.
    const moves = table.consistency === 'table'
    const diff = diffParts(context, table, tableId, {
      ...later,
      place: 'mirror',
      ...(moves ? { parts } : {}),
    })
    for (;;) {
      const step = await diff.next()
      if (step.done === true) {
        left += await applyGone(context, plan, where, step.value)
        break
      }
      const { move } = step.value
      if (move !== undefined) await moveRowStates(target, tableId, move.from, move.to, move.ids)
      written = sum(written, await applyWritten(context, plan, where, step.value))
    }
    if (moves) written = { ...written, moved: [...written.moved, ...parts.map(({ id }) => id)] }
  }
  for (const { from, to } of plan.merges) await mergeRowStates(target, tableId, from, to)
  await foldRowStates(target, tableId, touchedSegments(plan))
  if (plan.divided) await replaceSegments(target, plan.record.id, plan.segments)
  else await updateSegments(target, plan.record.id, plan.digests)
  if (written.moved.length > 0) {
    const mergedInto = new Map(plan.merges.map(({ from, to }) => [from, to]))
    await unsettleSegments(target, tableId, [
      ...new Set(written.moved.flatMap((id) => [id, mergedInto.get(id) ?? id])),
    ])
    context.onUnsettled(tableId)
  }
  const exactValues =
    plan.record.exactValues > 0 || written.exact > 0
      ? (await countExactValues(target, context.sourceId, plan.table.name)) +
        (await countExactRows(target, context.sourceId, plan.table.name))
      : 0
  await advanceTable(target, plan.record.id, {
    rows: plan.rows,
    exactValues,
    nextSegment: plan.nextSegment,
    scanMs: plan.scanMs,
    proof: context.snapshot.proof,
    provedAt,
  })
  return {
    inserted: written.inserted,
    updated: written.updated,
    deleted: deletesOf(plan) - left,
    rowsRead: plan.rowsRead + insertsOf(plan) + updatesOf(plan),
    exactValues,
    consistency: table.consistency,
    how: plan.how,
  }
}
