/** Second half of a cycle: fetches the changed rows of a plan and applies them, chunk by chunk, in its transaction. */
import { deleteRows, insertRows, readRows, upsertRows } from '../apply/rows.ts'
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
import { DriftMet } from './drift-met.ts'
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
import { dropRowStates, mergeRowStates, moveRowStates, putRowStates } from '../record/row-state.ts'
import { advanceTable, replaceSegments, type TableRecord, updateSegments } from '../record/tables.ts'
import { digestOfCopy } from '../source/digest-here.ts'
import { rowsByKeySql } from '../source/ranges.ts'
import { bytesOf, toMirrorRow } from '../source/rows.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { DriftPolicy, RowImage, TableSync } from '../types.ts'
import {
  imageOfExactRow,
  imageOfMirror,
  imageOfSource,
  imagesEqual,
  type Redaction,
  redactKey,
} from './images.ts'
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
  /** what is done about rows that somebody else changed */
  readonly onDrift: (record: TableRecord) => DriftPolicy
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

/** A row of the copy: as the ledger tells it, and its digest where that is known here. */
interface Standing {
  readonly image: RowImage
  readonly digest: bigint | undefined
}

/** What stands in the mirrored table under these keys. */
const imagesInMirror = async (
  context: ApplyContext,
  plan: TablePlan,
  keys: readonly CanonicalKey[],
): Promise<Map<KeyId, Standing>> => {
  const { table } = plan
  const digestOf = digestOfCopy(table.columns)
  const rows = await readRows(context.target, targetTable(context.sourceId, table), keys)
  const exact =
    plan.record.exactValues === 0
      ? new Map<string, Map<string, Buffer>>()
      : await readExactValues(context.target, context.sourceId, table.name, keys)
  return new Map(
    rows.map((row) => {
      const key = keyOfMirrorRow(table, row)
      const kept = exact.get(JSON.stringify(key))
      const image = imageOfMirror(table, row, kept, context.redaction)
      return [keyIdOf(key), { image, digest: digestOf(row, kept) }]
    }),
  )
}

const applyGone = async (context: ApplyContext, plan: TablePlan): Promise<number> => {
  const { table, record } = plan
  const shape = targetTable(context.sourceId, table)
  const ledger = async (changes: readonly Omit<Change, 'table' | 'op' | 'after'>[]): Promise<void> => {
    const told = changes.map(
      (change): Change => ({ ...change, table: table.name, op: 'delete', after: null }),
    )
    await recordChanges(context.target, context.sourceId, context.cycle, told)
  }
  let left = 0
  for (const chunk of chunksOf(plan.gone, rowsPerStatement)) {
    const whole = chunk.map(({ id }) => id).filter(isWholeRowId)
    const kept = await imagesKeptWhole(context, table, whole)
    await deleteExactRows(context.target, context.sourceId, table.name, whole.map(digestOfWholeRow))
    const keys = chunk.filter(({ id }) => !isWholeRowId(id)).map(({ id }) => keyOfId(id, table.key.length))
    const before = await imagesInMirror(context, plan, keys)
    const drift = new DriftMet(context, plan)
    const stays = new Set(
      chunk.filter(({ id, segment }) => drift.onDelete(id, segment, before.get(id))).map(({ id }) => id),
    )
    await drift.record()
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
      ...[...kept.values()].map(({ key, image }) => ({
        key: redactKey(table, key, context.redaction),
        before: image,
      })),
    ])
  }
  return plan.gone.length - left
}

const fetchRows = async (
  context: ApplyContext,
  plan: TablePlan,
  keys: readonly PlacedKey[],
): Promise<{ readonly rows: readonly MirrorRow[]; readonly placed: readonly PlacedKey[] }> => {
  const read = await context.snapshot.read(
    rowsByKeySql(
      plan.table,
      keys.map((key) => key.bytes),
    ),
  )
  context.pace.carried(read.length, bytesOf(read))
  const found = new Map(read.map((row) => toMirrorRow(plan.table, row)).map((row) => [row.id, row]))
  const rows: MirrorRow[] = []
  const placed: PlacedKey[] = []
  for (const key of keys) {
    const row = found.get(key.id)
    if (row === undefined || row.digest !== key.digest) {
      // Both reads see one snapshot: if they disagree, the definition changed between them.
      if (plan.table.consistency === 'cycle') throw new MirrorError('MIRROR_2004', { table: plan.table.name })
      // Without transactions the row moved on. Its segment stands recorded as it was: the next scan finds it differing.
      if (row === undefined) continue
    }
    rows.push(row)
    placed.push({ ...key, digest: row.digest })
  }
  return { rows, placed }
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
    const { rows, placed } = await fetchRows(context, plan, chunk)
    const standing = rows.filter((row) => row.whole === null)
    const whole = exactRowsOf(table, rows)
    const known = rows.filter((row) => !isNew.has(row.id))
    const before = await imagesInMirror(
      context,
      plan,
      known.filter((row) => row.whole === null).map((row) => row.key),
    )
    const kept = await imagesKeptWhole(
      context,
      table,
      known.map((row) => row.id),
    )
    for (const [id, { image }] of kept) before.set(id, { image, digest: undefined })
    const fresh = standing.filter((row) => isNew.has(row.id))
    const placedIn = new Map(placed.map((key) => [key.id, key.segment]))
    const drift = new DriftMet(context, plan)
    const added = await insertRows(
      context.target,
      shape,
      fresh.map((row) => row.shown),
    )
    const taken =
      added === fresh.length
        ? new Map<KeyId, Standing>()
        : await imagesInMirror(
            context,
            plan,
            fresh.map((row) => row.key),
          )
    const stays = new Set<KeyId>()
    for (const row of rows) {
      const segment = placedIn.get(row.id) ?? 0
      const after = imageOfSource(table, row, context.redaction)
      const was = isNew.has(row.id) ? taken.get(row.id) : before.get(row.id)
      const isMet = isNew.has(row.id)
        ? drift.onInsert(row, segment, was, after)
        : drift.onUpdate(row, segment, was, after)
      if (isMet) stays.add(row.id)
    }
    await drift.record()
    // Of the new ones all are there by now but those whose key was taken.
    await upsertRows(
      context.target,
      shape,
      standing
        .filter((row) => !stays.has(row.id) && (!isNew.has(row.id) || taken.has(row.id)))
        .map((row) => row.shown),
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
    const changes: Change[] = []
    for (const row of rows) {
      const after = imageOfSource(table, row, context.redaction)
      if (stays.has(row.id)) continue
      const was = before.get(row.id)?.image ?? null
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
  const { table } = plan
  const deleted = await applyGone(context, plan)
  for (const move of plan.moves) await moveRowStates(target, plan.record.id, move.from, move.to, move.ids)
  const written = await applyWritten(context, plan)
  for (const { from, to } of plan.merges) await mergeRowStates(target, plan.record.id, from, to)
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
    deleted,
    rowsRead: plan.rowsRead + plan.inserted.length + plan.changed.length,
    exactValues,
    consistency: table.consistency,
    how: plan.how,
  }
}
