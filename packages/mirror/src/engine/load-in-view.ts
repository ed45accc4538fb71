/**
 * Loads that are likely to be read within the age of one snapshot are read from the cycle's own, in pieces that are committed like any
 * others. What came from it is what it shows: no second scan proves it, which spares the source half of a load (0062).
 *
 *   opened → pieces … → all rows are there → locks are let go of → indexes → the cycle goes on
 *   it ends, or cannot let go of its locks → the rest is read without it, and another snapshot proves what was loaded
 */
import { MirrorError } from '../errors.ts'
import type { LoadRecord } from '../record/loads.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { Catalogue } from '../source/tables.ts'
import type { CycleContext } from './context.ts'
import { expectedLoadMs } from './slow-tables.ts'
import type { MirrorState } from './state.ts'

/** The rest is for indexes, for the other tables, and for a source that is slower than expected. */
const shareOfAge = 0.5

/**
 * For how long the loads under way are going to be read from the cycle's snapshot; 0: they are not. A copy that is replaced is looked at for
 * what somebody else made of it when all else is ready, and before there is a snapshot that grows old: so its load is.
 */
export const loadsInViewMs = (context: CycleContext, state: MirrorState): number => {
  const unread = [...state.loads.values()].filter(({ phase }) => phase === 'rows')
  const replaces = ({ table }: LoadRecord): boolean => (state.tables.get(table)?.fingerprint ?? null) !== null
  if (context.loadToTheEnd === undefined || context.after !== undefined) return 0
  if (unread.some(replaces)) return 0
  const ms = unread.reduce((sum, load) => sum + expectedLoadMs(load.estimatedRows - load.rows), 0)
  return ms <= context.guard.limits.snapshotAgeMs * shareOfAge ? ms : 0
}

/** The state afterwards; undefined: something is still to be loaded or proved, without this view. */
export const loadInView = async (
  context: CycleContext,
  before: MirrorState,
  catalogue: Catalogue,
  view: Snapshot,
): Promise<MirrorState | undefined> => {
  try {
    if ((await context.loadToTheEnd?.(view)) !== true) return undefined
  } catch (error) {
    if (error instanceof MirrorError && error.code === 'MIRROR_1026') return undefined
    throw error
  }
  const after = await context.cache.read(context.target)
  if (![...after.loads.values()].every(({ phase }) => phase === 'ready')) return undefined
  // a command has changed what the cycle goes by
  if (after.source.revision !== before.source.revision) return undefined
  const seen = (load: LoadRecord): LoadRecord => {
    const began = before.loads.get(load.table)
    // rows of other engines move within a snapshot; what was read before it is proved by it like any other load
    if (began?.phase !== 'rows' || catalogue.tables.get(load.table)?.consistency !== 'cycle') return load
    return { ...load, seenFrom: began.rows === 0 ? 0 : began.segments }
  }
  return { ...after, loads: new Map([...after.loads].map(([name, load]) => [name, seen(load)])) }
}
