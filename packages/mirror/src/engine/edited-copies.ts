/**
 * Copies that a reload is about to replace: what somebody else made of them goes with them, and is recorded first. Each is compared with its
 * record by the definition that it was loaded by (former-definition.ts), before the snapshot is opened: PostgreSQL alone is asked.
 */
import { readRows } from '../apply/rows.ts'
import type { CanonicalKey } from '../model.ts'
import { isWholeRowId, keyIdOf, keyOfId } from '../model.ts'
import type { Target } from '../postgres.ts'
import { keyOfMirrorRow } from '../prove/keys.ts'
import type { RecordedConflict } from '../record/conflict.ts'
import { readExactValues } from '../record/ledger.ts'
import type { TableRecord } from '../record/tables.ts'
import type { Catalogue, SourceTable } from '../source/tables.ts'
import type { RowImage } from '../types.ts'
import type { CycleContext } from './context.ts'
import { alterationOf } from './decide-table.ts'
import { lookAtWhole, type Suspect } from './drift.ts'
import { formerTable } from './former-definition.ts'
import { imageOfMirror, type Redaction, redactKey } from './images.ts'
import { conflictOf } from './keyless.ts'
import { targetTable } from './shape.ts'
import type { MirrorState } from './state.ts'

/** A few seconds of PostgreSQL's time. What is larger is compared by the watch alone, once in its interval. */
const mostRows = 200_000

export interface EditedCopy {
  readonly record: TableRecord
  readonly former: SourceTable
  readonly suspects: readonly Suspect[]
}

export type EditedCopies = ReadonlyMap<string, EditedCopy>

/** By table: those that this cycle is going to replace, and that are not what was written. */
export const findEditedCopies = async (
  { target, sourceId }: Pick<CycleContext, 'target' | 'sourceId'>,
  state: MirrorState,
  catalogue: Catalogue,
): Promise<EditedCopies> => {
  const found = new Map<string, EditedCopy>()
  for (const table of catalogue.tables.values()) {
    const record = state.tables.get(table.name)
    if (record === undefined || record.fingerprint === null || record.brake !== null) continue
    const load = state.loads.get(table.name)
    const gives =
      load === undefined
        ? record.state === 'live' &&
          record.fingerprint !== table.fingerprint &&
          (alterationOf(record, table)?.inPlace ?? null) === null
        : load.phase === 'ready'
    const former = gives && record.rows <= mostRows ? formerTable(record) : undefined
    if (former === undefined) continue
    const suspects = await lookAtWhole(target, sourceId, state, former, record)
    if (suspects !== undefined) found.set(table.name, { record, former, suspects })
  }
  return found
}

const standing = async (
  target: Target,
  sourceId: string,
  table: SourceTable,
  keys: readonly CanonicalKey[],
  redaction: Redaction,
): Promise<ReadonlyMap<string, RowImage>> => {
  const rows = await readRows(target, targetTable(sourceId, table), keys)
  const exact = await readExactValues(target, sourceId, table.name, keys)
  return new Map(
    rows.map((row) => {
      const key = keyOfMirrorRow(table, row)
      return [keyIdOf(key), imageOfMirror(table, row, exact.get(JSON.stringify(key)), redaction)]
    }),
  )
}

const sameKey = (a: SourceTable, b: SourceTable): boolean => {
  const words = (table: SourceTable): string =>
    JSON.stringify(table.key.map((index) => [table.columns[index]?.name, table.columns[index]?.columnType]))
  return words(a) === words(b)
}

/**
 * In two steps: what stands in the copy now, and, once it is replaced, what stands there instead; without the latter nothing was replaced,
 * since the policy is to stop: what should stand there the source alone knows then.
 */
export const conflictsOfReload = async (
  { target, sourceId, redaction }: { target: Target; sourceId: string; redaction: Redaction },
  { record, former, suspects }: EditedCopy,
): Promise<(now?: SourceTable) => Promise<readonly RecordedConflict[]>> => {
  if (former.key.length === 0)
    return async (now) => [conflictOf(record, now === undefined ? 'stop' : 'repair')]
  // of rows kept whole only that they are not what was written
  const told = suspects.filter(({ id }) => !isWholeRowId(id))
  const keys = told.map(({ id }) => keyOfId(id, former.key.length))
  const before = await standing(target, sourceId, former, keys, redaction)
  return async (now) => {
    const isKnown = now !== undefined && sameKey(former, now)
    const after = isKnown ? await standing(target, sourceId, now, keys, redaction) : undefined
    return told.map(({ id, recorded }) => {
      const found = before.get(id) ?? null
      const kind = recorded === null ? 'extra' : found === null ? 'missing' : 'changed'
      return {
        key: redactKey(former, keyOfId(id, former.key.length), redaction),
        kind,
        expected: after?.get(id) ?? null,
        found,
        outcome: now === undefined ? 'stopped' : 'repaired',
      }
    })
  }
}
