/** What `verify` asks of a leader at work, answered within its cycle. */
import { MirrorError } from '../errors.ts'
import type { KeyRef } from '../model.ts'
import { sqlStateOf } from '../postgres.ts'
import { compareKeys, type Difference, type Sides } from '../prove/compare.ts'
import { compareKeyless } from '../prove/compare-keyless.ts'
import { type Answer, answer } from '../record/questions.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { Catalogue } from '../source/tables.ts'
import type { CycleContext } from './context.ts'
import { targetTable } from './shape.ts'
import type { MirrorState } from './state.ts'

/** Differences of a table without a key that an answer lists. */
const mostTold = 10_000

const compareAgain = async (sides: Sides, keys: readonly KeyRef[]): Promise<readonly Difference[]> => {
  if (sides.table.key.length > 0) return compareKeys(sides, keys)
  const found: Difference[] = []
  await compareKeyless(sides, (difference) => {
    if (found.length < mostTold) found.push(difference)
  })
  return found
}

/**
 * Rows that `verify` suspects, looked at where both sides stand still: the snapshot on the one, the changes of this
 * very cycle applied on the other.
 */
export const answerQuestions = async (
  context: CycleContext,
  state: MirrorState,
  catalogue: Catalogue,
  snapshot: Snapshot,
): Promise<void> => {
  const { target, sourceId } = context
  for (const { id, table: name, keys } of state.questions) {
    const table = catalogue.tables.get(name)
    const record = state.tables.get(name)
    const unknown = (): Answer => keys.map((ref) => ({ ...ref, kind: 'changed' }))
    await target.run('SAVEPOINT question')
    try {
      const found =
        table !== undefined && record?.fingerprint === table.fingerprint
          ? await compareAgain(
              { snapshot, target, sourceId, table, shape: targetTable(sourceId, table) },
              keys,
            )
          : unknown()
      await answer(target, id, found)
      await target.run('RELEASE SAVEPOINT question')
    } catch (error) {
      // A question that cannot be asked (of a table that has changed since) must not stop the mirror.
      if (!(error instanceof MirrorError) || sqlStateOf(error) === '') throw error
      await target.run('ROLLBACK TO SAVEPOINT question')
      await answer(target, id, unknown())
    }
  }
}
