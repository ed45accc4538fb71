/** Second half of a cycle: fetches the changed rows of a plan and applies them, chunk by chunk, in its transaction. */
import { deleteRows, readRows, upsertRows } from '../apply/rows.ts'
import { MirrorError } from '../errors.ts'
import { type CanonicalKey, type KeyId, keyIdOf, keyOfId, type MirrorRow } from '../model.ts'
import type { Target } from '../postgres.ts'
import { keyOfMirrorRow } from '../prove/compare.ts'
import {
  type Change,
  countExactValues,
  type ExactEntry,
  readExactValues,
  recordChanges,
  replaceExactValues,
} from '../record/ledger.ts'
import { dropRowStates, moveRowStates, putRowStates } from '../record/row-state.ts'
import { advanceTable, replaceSegments, updateSegments } from '../record/tables.ts'
import { rowsByKeySql } from '../source/ranges.ts'
import { bytesOf, toMirrorRow } from '../source/rows.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { RowImage, TableSync } from '../types.ts'
import { imageOfMirror, imageOfSource, imagesEqual, type Redaction, redactKey } from './images.ts'
import type { Pace } from './pace.ts'
import type { PlacedKey, TablePlan } from './plan.ts'
import { chunksOf, rowsPerStatement, targetTable } from './shape.ts'

export interface ApplyContext {
  readonly snapshot: Snapshot
  readonly target: Target
  readonly sourceId: string
  readonly cycle: number
  readonly redaction: Redaction
  readonly pace: Pace
}

export const exactEntries = (table: SourceTable, rows: readonly MirrorRow[]): ExactEntry[] =>
  rows.flatMap((row) =>
    [...row.exact].map(([index, part]) => ({
      key: row.key,
      column: table.columns[index]?.name ?? '',
      bytes: part.bytes,
      reason: part.reason,
    })),
  )

/** What stands in the mirror under these keys, told as the ledger does. */
const imagesInMirror = async (
  context: ApplyContext,
  plan: TablePlan,
  keys: readonly CanonicalKey[],
): Promise<Map<KeyId, RowImage>> => {
  const { table } = plan
  const rows = await readRows(context.target, targetTable(context.sourceId, table), keys)
  const exact =
    plan.record.exactValues === 0
      ? new Map<string, Map<string, Buffer>>()
      : await readExactValues(context.target, context.sourceId, table.name, keys)
  return new Map(
    rows.map((row) => {
      const key = keyOfMirrorRow(table, row)
      return [keyIdOf(key), imageOfMirror(table, row, exact.get(JSON.stringify(key)), context.redaction)]
    }),
  )
}

const applyGone = async (context: ApplyContext, plan: TablePlan): Promise<number> => {
  const { table, record } = plan
  const shape = targetTable(context.sourceId, table)
  for (const chunk of chunksOf(plan.gone, rowsPerStatement)) {
    const keys = chunk.map((entry) => keyOfId(entry.id, table.key.length))
    const before = await imagesInMirror(context, plan, keys)
    await deleteRows(context.target, shape, keys)
    if (record.exactValues > 0)
      await replaceExactValues(context.target, context.sourceId, table.name, keys, [])
    await dropRowStates(context.target, record.id, chunk)
    await recordChanges(
      context.target,
      context.sourceId,
      context.cycle,
      keys.map((key) => ({
        table: table.name,
        key: redactKey(table, key, context.redaction),
        op: 'delete',
        before: before.get(keyIdOf(key)) ?? null,
        after: null,
      })),
    )
  }
  return plan.gone.length
}

const fetchRows = async (
  context: ApplyContext,
  plan: TablePlan,
  keys: readonly PlacedKey[],
): Promise<MirrorRow[]> => {
  const rows = await context.snapshot.read(
    rowsByKeySql(
      plan.table,
      keys.map((key) => key.bytes),
    ),
  )
  context.pace.carried(rows.length, bytesOf(rows))
  const found = new Map(rows.map((row) => toMirrorRow(plan.table, row)).map((row) => [row.id, row]))
  return keys.map((key) => {
    const row = found.get(key.id)
    // Both reads see one snapshot: if they disagree, the definition changed between them.
    if (row === undefined || row.digest !== key.digest)
      throw new MirrorError('MIRROR_2004', { table: plan.table.name })
    return row
  })
}

interface Written {
  readonly inserted: number
  readonly updated: number
  readonly exact: number
}

const applyWritten = async (context: ApplyContext, plan: TablePlan): Promise<Written> => {
  const { table, record } = plan
  const shape = targetTable(context.sourceId, table)
  const isNew = new Set(plan.inserted.map((key) => key.id))
  let inserted = 0
  let updated = 0
  let exact = 0
  const wanted = [...plan.inserted, ...plan.changed]
  context.pace.unknownWidth()
  let size = 0
  for (let start = 0; start < wanted.length; start += size) {
    const chunk = wanted.slice(start, start + context.pace.wholeRows(rowsPerStatement))
    size = chunk.length
    const rows = await fetchRows(context, plan, chunk)
    const before = await imagesInMirror(
      context,
      plan,
      rows.filter((row) => !isNew.has(row.id)).map((row) => row.key),
    )
    await upsertRows(
      context.target,
      shape,
      rows.map((row) => row.shown),
    )
    const entries = exactEntries(table, rows)
    exact += entries.length
    if (record.exactValues > 0 || exact > 0) {
      await replaceExactValues(
        context.target,
        context.sourceId,
        table.name,
        rows.map((row) => row.key),
        entries,
      )
    }
    await putRowStates(context.target, record.id, chunk)
    const changes: Change[] = []
    for (const row of rows) {
      const after = imageOfSource(table, row, context.redaction)
      const was = before.get(row.id) ?? null
      // A digest may differ where the value does not, as after a change of character set.
      if (was !== null && imagesEqual(was, after)) continue
      // A followed row that the mirror no longer had, as repair finds it, is put in anew.
      if (was === null) inserted += 1
      else updated += 1
      changes.push({
        table: table.name,
        key: redactKey(table, row.key, context.redaction),
        op: was === null ? 'insert' : 'update',
        before: was,
        after,
      })
    }
    await recordChanges(context.target, context.sourceId, context.cycle, changes)
  }
  return { inserted, updated, exact }
}

export const applyPlan = async (
  context: ApplyContext,
  plan: TablePlan,
  provedAt: string,
): Promise<TableSync> => {
  const { target } = context
  const deleted = await applyGone(context, plan)
  for (const move of plan.moves) await moveRowStates(target, plan.record.id, move.from, move.to, move.ids)
  const written = await applyWritten(context, plan)
  if (plan.divided) await replaceSegments(target, plan.record.id, plan.segments)
  else await updateSegments(target, plan.record.id, plan.digests)
  const exactValues =
    plan.record.exactValues > 0 || written.exact > 0
      ? await countExactValues(target, context.sourceId, plan.table.name)
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
    deleted,
    rowsRead: plan.rowsRead + plan.inserted.length + plan.changed.length,
    exactValues,
    consistency: 'cycle',
    how: plan.how,
  }
}
