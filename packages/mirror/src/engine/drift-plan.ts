/** Suspects of a comparison become part of a table's plan, so that they are met where rows are written. */
import { keyOfId } from '../model.ts'
import { literalBytes, refOfKey } from '../prove/keys.ts'
import type { RecordedConflict } from '../record/conflict.ts'
import { sourceKey } from '../source/rows.ts'
import type { Suspect } from './drift.ts'
import type { PlacedId, PlacedKey, TablePlan } from './plan.ts'

/** A table is held: its policy is to stop at what somebody else changed. */
export class DriftStop extends Error {
  readonly conflicts: readonly RecordedConflict[]

  constructor(conflicts: readonly RecordedConflict[]) {
    super('rows of the copy are not what was written')
    this.conflicts = conflicts
  }
}

export const withSuspects = (plan: TablePlan, suspects: readonly Suspect[]): TablePlan => {
  // Rows of a segment that is being divided move: the next pass meets them where they will be.
  if (plan.divided || suspects.length === 0) return plan
  const planned = new Set([...plan.changed, ...plan.inserted, ...plan.gone].map(({ id }) => id))
  const changed: PlacedKey[] = [...plan.changed]
  const gone: PlacedId[] = [...plan.gone]
  // What differs in these is not held: a row of them is met where it is written, or by the next pass.
  const isLater = new Set(plan.later.map((later) => later.segment.id))
  for (const { segment, id, recorded: digest, bytes: kept, isKnownWrong = false } of suspects) {
    if (planned.has(id) || isLater.has(segment)) continue
    if (digest === null) {
      gone.push({ id, segment, recorded: undefined })
      continue
    }
    const key = kept === undefined ? keyOfId(id, plan.table.key.length) : sourceKey(plan.table, kept).key
    const bytes = kept ?? literalBytes(plan.table, refOfKey(key))
    if (bytes === undefined) continue
    changed.push({ id, key, bytes, digest, segment, recorded: digest, isKnownWrong })
  }
  return { ...plan, changed, gone }
}
