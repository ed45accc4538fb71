/** Second half of a cycle: fetches the changed rows of a plan and applies them, chunk by chunk, in its transaction. */
import { deleteRows, readRows, readWeights, upsertRows } from '../apply/rows.ts'
import type { TargetTable } from '../apply/shape.ts'
import { MirrorError } from '../errors.ts'
import {
  type CanonicalKey,
  digestOfWholeRow,
  isWholeRowId,
  type KeyId,
  keyIdOf,
  keyOfId,
  type MirrorRow,
  wholeRowId,
} from '../model.ts'
import type { Target } from '../postgres.ts'
import { keyOfMirrorRow } from '../prove/keys.ts'
import {
  countExactRows,
  deleteExactRows,
  type ExactRow,
  putExactRows,
  readExactRows,
} from '../record/exact-row.ts'
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
import { toMirrorRow } from '../source/rows.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { RowImage, TableSync } from '../types.ts'
import {
  imageOfExactRow,
  imageOfMirror,
  imageOfSource,
  imagesEqual,
  type Redaction,
  redactKey,
} from './images.ts'
import { tidyMemory } from './memory.ts'
import { aimBytes, type Pace } from './pace.ts'
import { deletesOf, insertsOf, type PlacedId, type PlacedKey, type TablePlan, updatesOf } from './plan.ts'
import { diffParts, type PartDiff } from './segment-diff.ts'
import { rowsPerStatement, targetTable } from './shape.ts'

/** Where a plan is applied, and whether the ledger tells of each row. */
export interface Application {
  readonly shape: TargetTable
  readonly tells: boolean
}

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

/** Those of the rows that are kept whole, as mirror.exact_row takes them. */
export const exactRowsOf = (table: SourceTable, rows: readonly MirrorRow[]): ExactRow[] =>
  rows.flatMap((row) =>
    row.whole === null
      ? []
      : {
          digest: digestOfWholeRow(row.id),
          key: row.bytes,
          columns: table.columns.map((column) => column.name),
          ...row.whole,
        },
  )

/** What stands in mirror.exact_row under these identities, told as the ledger does, each with its key. */
const imagesKeptWhole = async (
  context: ApplyContext,
  table: SourceTable,
  ids: readonly KeyId[],
): Promise<Map<KeyId, { readonly key: CanonicalKey; readonly image: RowImage }>> => {
  const rows = await readExactRows(
    context.target,
    context.sourceId,
    table.name,
    ids.filter(isWholeRowId).map(digestOfWholeRow),
  )
  return new Map(rows.map((row) => [wholeRowId(row.digest), imageOfExactRow(table, row, context.redaction)]))
}

/** What stands in the mirrored table under these keys, told as the ledger does. */
const imagesInMirror = async (
  context: ApplyContext,
  plan: TablePlan,
  { shape, tells }: Application,
  keys: readonly CanonicalKey[],
): Promise<Map<KeyId, RowImage>> => {
  const { table } = plan
  if (!tells) return new Map()
  const rows = await readRows(context.target, shape, keys)
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

/** A statement may carry so many rows without regard to how wide they are. */
const narrowBytes = 8_000

const mayBeWide = (table: SourceTable): boolean =>
  table.columns.reduce((sum, column) => sum + (column.octets ?? 32), 0) > narrowBytes

/** As many of the first rows as the mirror's copies of them can be held at once, where the ledger wants to see them. */
const fitting = async <T extends { readonly id: KeyId }>(
  context: ApplyContext,
  { table }: TablePlan,
  { shape, tells }: Application,
  rows: readonly T[],
): Promise<readonly T[]> => {
  if (!tells || !mayBeWide(table)) return rows
  const keys = rows.filter(({ id }) => !isWholeRowId(id)).map(({ id }) => keyOfId(id, table.key.length))
  const weights = new Map(
    (await readWeights(context.target, shape, keys)).map(({ key, bytes }) => [keyIdOf(key), bytes]),
  )
  let bytes = 0
  const end = rows.findIndex(({ id }) => (bytes += weights.get(id) ?? 0) > aimBytes)
  return end === -1 ? rows : rows.slice(0, Math.max(1, end))
}

const applyGone = async (
  context: ApplyContext,
  plan: TablePlan,
  where: Application,
  gone: readonly PlacedId[],
): Promise<void> => {
  const { table, record } = plan
  const { shape } = where
  const ledger = async (changes: readonly Omit<Change, 'table' | 'op' | 'after'>[]): Promise<void> => {
    const told = changes.map(
      (change): Change => ({ ...change, table: table.name, op: 'delete', after: null }),
    )
    if (where.tells) await recordChanges(context.target, context.sourceId, context.cycle, told)
  }
  for (let start = 0, size = 0; start < gone.length; start += size) {
    const chunk = await fitting(context, plan, where, gone.slice(start, start + rowsPerStatement))
    size = chunk.length
    tidyMemory()
    const whole = chunk.map(({ id }) => id).filter(isWholeRowId)
    const kept = await imagesKeptWhole(context, table, whole)
    await deleteExactRows(context.target, context.sourceId, table.name, whole.map(digestOfWholeRow))
    const keys = chunk.filter(({ id }) => !isWholeRowId(id)).map(({ id }) => keyOfId(id, table.key.length))
    const before = await imagesInMirror(context, plan, where, keys)
    await deleteRows(context.target, shape, keys)
    if (record.exactValues > 0)
      await replaceExactValues(context.target, context.sourceId, table.name, keys, [])
    await dropRowStates(context.target, record.id, chunk)
    await ledger([
      ...keys.map((key) => ({
        key: redactKey(table, key, context.redaction),
        before: before.get(keyIdOf(key)) ?? null,
      })),
      ...[...kept.values()].map(({ key, image }) => ({
        key: redactKey(table, key, context.redaction),
        before: image,
      })),
    ])
  }
}

interface Fetched {
  readonly rows: readonly MirrorRow[]
  readonly placed: readonly PlacedKey[]
  /** keys whose rows were too much for one answer */
  readonly left: readonly PlacedKey[]
}

const fetchRows = async (
  context: ApplyContext,
  plan: TablePlan,
  keys: readonly PlacedKey[],
): Promise<Fetched> => {
  const sql = rowsByKeySql(
    plan.table,
    keys.map((key) => key.bytes),
  )
  const answer = await context.snapshot.readUpTo(sql, aimBytes)
  context.pace.carried(answer.rows.length, answer.bytes)
  const found = new Map(answer.rows.map((row) => toMirrorRow(plan.table, row)).map((row) => [row.id, row]))
  const rows: MirrorRow[] = []
  const placed: PlacedKey[] = []
  const left: PlacedKey[] = []
  for (const key of keys) {
    const row = found.get(key.id)
    if (row === undefined && answer.isCut) {
      left.push(key)
      continue
    }
    if (row === undefined || row.digest !== key.digest) {
      // Both reads see one snapshot: if they disagree, the definition changed between them.
      if (plan.table.consistency === 'cycle') throw new MirrorError('MIRROR_2004', { table: plan.table.name })
      // Without transactions the row moved on. Its segment stands recorded as it was: the next scan finds it differing.
      if (row === undefined) continue
    }
    rows.push(row)
    placed.push({ ...key, digest: row.digest })
  }
  // keys that the answer does not hold and that are not of these rows would come for ever
  if (rows.length === 0 && left.length > 0) throw new MirrorError('MIRROR_2004', { table: plan.table.name })
  return { rows, placed, left }
}

interface Written {
  readonly inserted: number
  readonly updated: number
  readonly exact: number
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
  let waiting: readonly PlacedKey[] = [...lists.inserted, ...lists.changed]
  while (waiting.length > 0) {
    const most = context.pace.wholeRows(rowsPerStatement)
    const chunk = await fitting(context, plan, where, waiting.slice(0, most))
    const { rows, placed, left } = await fetchRows(context, plan, chunk)
    waiting = [...left, ...waiting.slice(chunk.length)]
    tidyMemory()
    const standing = rows.filter((row) => row.whole === null)
    const whole = exactRowsOf(table, rows)
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
    for (const [id, { image }] of kept) before.set(id, image)
    await upsertRows(
      context.target,
      shape,
      standing.map((row) => row.shown),
    )
    await putExactRows(context.target, context.sourceId, table.name, whole)
    const entries = exactEntries(table, standing)
    exact += entries.length + whole.length
    if (record.exactValues > 0 || entries.length > 0) {
      await replaceExactValues(
        context.target,
        context.sourceId,
        table.name,
        standing.map((row) => row.key),
        entries,
      )
    }
    await putRowStates(context.target, record.id, placed)
    if (!where.tells) continue
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

const sum = (a: Written, b: Written): Written => ({
  inserted: a.inserted + b.inserted,
  updated: a.updated + b.updated,
  exact: a.exact + b.exact,
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
  await applyGone(context, plan, where, plan.gone)
  for (const move of plan.moves) await moveRowStates(target, tableId, move.from, move.to, move.ids)
  let written = await applyWritten(context, plan, where, plan)
  for (const later of plan.later) {
    const diff = diffParts(context, table, tableId, { ...later, place: 'mirror' })
    for (;;) {
      const step = await diff.next()
      if (step.done === true) {
        await applyGone(context, plan, where, step.value)
        break
      }
      const { move } = step.value
      if (move !== undefined) await moveRowStates(target, tableId, move.from, move.to, move.ids)
      written = sum(written, await applyWritten(context, plan, where, step.value))
    }
  }
  if (plan.divided) await replaceSegments(target, plan.record.id, plan.segments)
  else await updateSegments(target, plan.record.id, plan.digests)
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
    deleted: deletesOf(plan),
    rowsRead: plan.rowsRead + insertsOf(plan) + updatesOf(plan),
    exactValues,
    consistency: table.consistency,
    how: plan.how,
  }
}
