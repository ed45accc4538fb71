/** What stands in the copy before a plan is applied to it: as the ledger tells it, and as it is compared with what is recorded. */
import { readRows, readWeights } from '../apply/rows.ts'
import type { TargetTable } from '../apply/shape.ts'
import {
  type CanonicalKey,
  digestOfWholeRow,
  isWholeRowId,
  keyDigest,
  type KeyId,
  keyIdOf,
  keyOfId,
  wholeRowId,
} from '../model.ts'
import { keyOfMirrorRow } from '../prove/keys.ts'
import { readExactRows } from '../record/exact-row.ts'
import { readExactValues } from '../record/ledger.ts'
import { type IsRecorded, judgeCopy, judgeKept } from '../source/digest-here.ts'
import type { SourceTable } from '../source/tables.ts'
import type { RowImage } from '../types.ts'
import type { ApplyContext } from './apply-plan.ts'
import { imageOfExactRow, imageOfMirror } from './images.ts'
import { aimBytes } from './pace.ts'
import type { TablePlan } from './plan.ts'

/**
 * Where a plan is applied, and whether the ledger tells of each row. It does not where a load is finished: those rows are
 * nobody's yet, so that no drift is looked for among them either.
 */
export interface Application {
  readonly shape: TargetTable
  readonly tells: boolean
}

/** A row of the copy: as the ledger tells it, and whether it is what was recorded. */
export interface Standing {
  readonly image: RowImage
  readonly isRecorded: IsRecorded
}

/** What stands in mirror.exact_row under these identities, told as the ledger does, each with its key. */
export const imagesKeptWhole = async (
  context: ApplyContext,
  table: SourceTable,
  ids: readonly KeyId[],
): Promise<Map<KeyId, Standing & { readonly key: CanonicalKey }>> => {
  const rows = await readExactRows(
    context.target,
    context.sourceId,
    table.name,
    ids.filter(isWholeRowId).map(digestOfWholeRow),
  )
  const judge = judgeKept(table.columns)
  return new Map(
    rows.map((row) => {
      const id = wholeRowId(row.digest)
      // under another key than the one that it was recorded under, it is not what was written
      const isRecorded = wholeRowId(keyDigest(row.key)) === id ? judge(row) : () => false
      return [id, { ...imageOfExactRow(table, row, context.redaction), isRecorded }]
    }),
  )
}

/** What stands in the mirrored table under these keys. */
export const imagesInMirror = async (
  context: ApplyContext,
  plan: TablePlan,
  { shape, tells }: Application,
  keys: readonly CanonicalKey[],
): Promise<Map<KeyId, Standing>> => {
  const { table } = plan
  if (!tells) return new Map()
  const judge = judgeCopy(table.columns)
  const rows = await readRows(context.target, shape, keys)
  const exact =
    plan.record.exactValues === 0
      ? new Map<string, Map<string, Buffer>>()
      : await readExactValues(context.target, context.sourceId, table.name, keys)
  return new Map(
    rows.map((row) => {
      const key = keyOfMirrorRow(table, row)
      const kept = exact.get(JSON.stringify(key))
      const image = imageOfMirror(table, row, kept, context.redaction)
      return [keyIdOf(key), { image, isRecorded: judge(row, kept) }]
    }),
  )
}

/** A statement may carry so many rows without regard to how wide they are. */
const narrowBytes = 8_000

export const mayBeWide = (table: SourceTable): boolean =>
  table.columns.reduce((sum, column) => sum + (column.octets ?? 32), 0) > narrowBytes

/** As many of the first rows as the mirror's copies of them can be held at once, where the ledger wants to see them. */
export const fitting = async <T extends { readonly id: KeyId }>(
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
