/**
 * Which layer looks at a table. The server-wide token is asked before any of this (cycle.ts); here the table hints decide whether
 * a table is scanned at all, and a deep scan, due at an interval, asks neither.
 *
 * Hints are read twice: before the snapshot, to be kept for the next cycle, since a change after this reading moves them; and after it
 * is open, to be compared, since a change that the snapshot sees has moved them by then.
 */
import { standsStill } from '../detect/hints.ts'
import type { TableHint } from '../model.ts'
import { readHints } from '../source/hints.ts'
import type { CycleContext } from './context.ts'
import type { Decisions } from './decide.ts'
import type { Look } from './decide-table.ts'
import { hasMoved } from './plan.ts'

export interface HintWatch {
  /** To be called when the snapshot is open. */
  look(isDeep: boolean): Promise<Look>
  /** To be called when the cycle is committed. */
  keep(decisions: Decisions): void
}

/** Wherever the hints are not asked, `look` and `keep` do nothing. */
export const watchHints = async (context: CycleContext, expectedMs: number): Promise<HintWatch> => {
  const { source, cache } = context
  if (!context.trustHints || expectedMs <= context.hintAboveMs) {
    return {
      look: async () => ({ how: 'digest', standsStill: () => false }),
      keep: () => undefined,
    }
  }
  const before = await readHints(source)
  let now: ReadonlyMap<string, TableHint> = new Map()
  let deep = false
  const still = (table: string): boolean => standsStill(cache.hint(table), now.get(table))
  return {
    look: async (isDeep) => {
      now = await readHints(source)
      deep = isDeep
      return isDeep ? { how: 'deep', standsStill: () => false } : { how: 'digest', standsStill: still }
    },
    keep: (decisions) => {
      for (const plan of decisions.plans) {
        const { name } = plan.table
        if (plan.how === 'hint') continue
        if (deep && hasMoved(plan) && still(name)) cache.distrustHint(name)
        cache.keepHint(name, before.get(name))
      }
      for (const { table } of [...decisions.loads, ...decisions.finishes.map(({ plan }) => plan)])
        cache.keepHint(table.name, before.get(table.name))
    },
  }
}
