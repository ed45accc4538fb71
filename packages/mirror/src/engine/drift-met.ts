/**
 * Drift where rows are written: what stands in the copy is held against the digest that was recorded for it, before anything takes
 * its place. Each method says whether the row is to stay as somebody else made it. With policy `stop` they throw DriftStop once all of
 * the chunk are known (`record`).
 */
import { type CanonicalKey, keyOfId, type MirrorRow } from '../model.ts'
import { recordConflicts, type RecordedConflict } from '../record/conflict.ts'
import type { DriftPolicy, RowImage } from '../types.ts'
import type { ApplyContext } from './apply-plan.ts'
import { DriftStop } from './drift-plan.ts'
import { imagesEqual, redactKey } from './images.ts'
import { isRecorded, type PlacedId, type TablePlan } from './plan.ts'
import type { Standing } from './copied-rows.ts'

export class DriftMet {
  readonly #context: ApplyContext
  readonly #plan: TablePlan
  readonly #policy: DriftPolicy
  readonly #met: RecordedConflict[] = []

  constructor(context: ApplyContext, plan: TablePlan) {
    this.#context = context
    this.#plan = plan
    this.#policy = context.onDrift(plan.record)
  }

  /** A row that the source changed, or that a comparison suspected. */
  onUpdate(row: MirrorRow, placed: PlacedId, was: Standing | undefined, after: RowImage): boolean {
    if (was === undefined) return this.#meet(placed, 'missing', after, null, row.key)
    const isAsRecorded = was.isRecorded(placed.recorded) !== false
    if (isAsRecorded && placed.isKnownWrong !== true) return false
    return this.#meet(placed, 'changed', after, was.image, row.key)
  }

  /** A row that is new in the source, and whose key is taken in the copy: by itself, just inserted, or by another. */
  onInsert(placed: PlacedId, was: Standing | undefined, after: RowImage): boolean {
    if (was === undefined || imagesEqual(was.image, after)) return false
    return this.#meet(placed, 'extra', after, was.image)
  }

  /** A row that the source no longer has, or that nobody recorded. `key`: of one that is kept whole */
  onDelete(placed: PlacedId, was: Standing | undefined, key?: CanonicalKey): boolean {
    if (was === undefined) return false
    const { recorded } = placed
    const isKnown = isRecorded(recorded)
    if (isKnown && was.isRecorded(recorded) !== false) return false
    return this.#meet(placed, isKnown ? 'changed' : 'extra', null, was.image, key)
  }

  async record(): Promise<void> {
    if (this.#met.some(({ outcome }) => outcome === 'stopped')) throw new DriftStop(this.#met)
    const { target, sourceId, cycle } = this.#context
    await recordConflicts(target, sourceId, cycle, this.#plan.table.name, this.#met)
  }

  #meet(
    { id, segment }: PlacedId,
    kind: RecordedConflict['kind'],
    expected: RowImage | null,
    found: RowImage | null,
    known: CanonicalKey = keyOfId(id, this.#plan.table.key.length),
  ): boolean {
    const { table, distrusted } = this.#plan
    const policy = distrusted.has(segment) ? 'repair' : this.#policy
    const outcome = ({ repair: 'repaired', keep: 'kept', stop: 'stopped' } as const)[policy]
    const key = redactKey(table, known, this.#context.redaction)
    this.#met.push({ key, kind, expected, found, outcome })
    return policy === 'keep'
  }
}
