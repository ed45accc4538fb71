/** What a cycle works with. */
import type { Target } from '../postgres.ts'
import type { SourceConnection } from '../source/connection.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { Catalogue } from '../source/tables.ts'
import type { DriftPolicy } from '../types.ts'
import type { CycleResult } from './cycle.ts'
import type { DriftWatch } from './drift.ts'
import type { Due } from './due.ts'
import type { SourceGuard } from './guard.ts'
import type { Pace } from './pace.ts'
import type { SlowTables } from './slow-tables.ts'
import type { StateCache } from './state.ts'
import type { UnsteadyTables } from './unsteady.ts'

export interface CycleContext {
  readonly source: SourceConnection
  readonly target: Target
  readonly sourceId: string
  readonly epoch: number
  readonly cache: StateCache
  readonly pace: Pace
  readonly selected: (table: string) => boolean
  readonly maxDelete: number
  readonly deepScanMs: number
  /** of the deep scan, and of the definitions that are read as often */
  readonly deepScan: Due
  readonly definitionsRead: Due
  /** false: the server's log is not asked */
  readonly trustToken: boolean
  /** false: what the server says of single tables is not asked */
  readonly trustHints: boolean
  /** where a scan of everything takes no longer, hints are not asked either, in ms */
  readonly hintAboveMs: number
  /** tables of more rows are loaded in pieces between the cycles */
  readonly wholeLoadRows: number
  /**
   * Given where nothing else waits: loads that were begun are read to their end, before the snapshot is opened or from it. False: the
   * snapshot cannot be used for it any longer.
   */
  readonly loadToTheEnd: ((view?: Snapshot) => Promise<boolean>) | undefined
  /** ends what is under way for these loads beside the cycle, before they are given up */
  readonly stopIndexes: (tableIds: ReadonlySet<number>) => Promise<void>
  /** called with what the source holds, in each cycle that asks */
  readonly onCatalogue: (catalogue: Catalogue) => void
  /** what is done about rows of the copy that somebody else changed */
  readonly onDrift: (table: string) => DriftPolicy
  readonly drift: DriftWatch
  readonly guard: SourceGuard
  readonly slowTables: SlowTables
  /** tables that are left out, since they are never the same twice */
  readonly unsteady: UnsteadyTables
  /** given: the other tables were committed by it, and now the slow ones are followed */
  readonly after: CycleResult | undefined
  readonly onProgress: (table: string, rows: number, total: number) => void
}
