/**
 * The last known state, for pages that must answer while the target is away. Reads of the target are shared: any
 * number of readers cost it at most one question in a while.
 */
import type { Conflict, HistoryReport, Mirror, SchemaChange, StatusReport } from '../types.ts'

const nothingYet: HistoryReport = {
  cycles: [],
  changes: [],
  schemaChanges: [],
  conflicts: [],
  waits: [],
  next: null,
}

export interface Known {
  readonly status: StatusReport
  readonly history: HistoryReport
  /** changes of the schema in the last day */
  readonly schemaChanges: readonly SchemaChange[]
  /** rows met in the last day that somebody else had changed */
  readonly conflicts: readonly Conflict[]
  /** when the target said so, ms since 1970 */
  readonly at: number
}

export interface KnownState {
  /** What is known, read anew when it is old; `error` tells why it could not be. */
  look(): Promise<{ readonly known: Known | null; readonly error: Error | null }>
  /** Called while all is well, so that there is something to show when it no longer is. */
  keepFresh(): void
}

/** Often enough for a last known state that is worth showing, seldom enough to cost the target nothing. */
const KEPT_MS = 10_000
/** Below the shortest poll that makes sense to watch, so a page never shows an older state than it must. */
const FRESH_MS = 500
/** A page has room for so many changes. */
const CHANGES = 200
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const SCHEMA_CHANGES = 20
/** A scrape or a page must not hang with a target that does not answer. */
const PATIENCE_MS = 3_000

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the target did not answer within ${ms / 1_000} s`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

export function createKnownState(mirror: Mirror, clock: () => number = Date.now): KnownState {
  let known: Known | null = null
  let underWay: Promise<Known> | null = null

  const read = async (): Promise<Known> => {
    const at = clock()
    const status = await mirror.status()
    // before the first load is committed there is no history to ask for
    const history =
      status.cycle === null
        ? nothingYet
        : await mirror.history({ since: new Date(at - MINUTE_MS), limit: CHANGES })
    const day =
      status.cycle === null
        ? nothingYet
        : await mirror.history({ since: new Date(at - DAY_MS), limit: SCHEMA_CHANGES })
    known = { status, history, schemaChanges: day.schemaChanges, conflicts: day.conflicts, at }
    return known
  }

  const readOnce = (): Promise<Known> => {
    underWay ??= read().finally(() => {
      underWay = null
    })
    return underWay
  }

  return {
    keepFresh() {
      if (known !== null && clock() - known.at < KEPT_MS) return
      // whoever looks next is told of the error
      readOnce().catch(() => undefined)
    },
    async look() {
      if (known !== null && clock() - known.at < FRESH_MS) return { known, error: null }
      try {
        return { known: await within(PATIENCE_MS, readOnce()), error: null }
      } catch (error) {
        return { known, error: error instanceof Error ? error : new Error(String(error)) }
      }
    },
  }
}
