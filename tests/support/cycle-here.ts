/** One cycle of the engine in this process, with somebody at work between its statements on the source. */
import { runCycle } from '../../packages/mirror/src/engine/cycle.ts'
import { DriftWatch } from '../../packages/mirror/src/engine/drift.ts'
import { Due } from '../../packages/mirror/src/engine/due.ts'
import { SourceGuard } from '../../packages/mirror/src/engine/guard.ts'
import { Pace } from '../../packages/mirror/src/engine/pace.ts'
import { openSource, openTarget } from '../../packages/mirror/src/engine/session.ts'
import { SlowTables } from '../../packages/mirror/src/engine/slow-tables.ts'
import { UnsteadyTables } from '../../packages/mirror/src/engine/unsteady.ts'
import { StateCache } from '../../packages/mirror/src/engine/state.ts'
import { prepareRecord } from '../../packages/mirror/src/record/schema.ts'
import { tryLead } from '../../packages/mirror/src/record/source.ts'
import type { SourceConnection, SourceRow } from '../../packages/mirror/src/source/connection.ts'
import { quickOptions } from './mirror-here.ts'

/** The engine's connection: each statement is told, and may be answered, before it is sent. */
const interrupted = (source: SourceConnection, between: (sql: string) => Promise<SourceRow[] | undefined>) =>
  new Proxy(source, {
    get(real, name) {
      if (name === 'rows') return async (sql: string) => (await between(sql)) ?? real.rows(sql)
      if (name === 'rowsUpTo')
        return async (sql: string, mostBytes: number) => {
          await between(sql)
          return real.rowsUpTo(sql, mostBytes)
        }
      if (name === 'eachUpTo')
        return async (...asked: Parameters<SourceConnection['eachUpTo']>) => {
          await between(asked[0])
          return real.eachUpTo(...asked)
        }
      const value: unknown = Reflect.get(real, name, real)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(real) : value
    },
  })

/** One cycle of the engine; `between` is called before each of its statements on the source. */
export const cycleWith = async (
  {
    sides,
    database,
  }: {
    readonly sides: { readonly source: string; readonly target: string }
    readonly database: { readonly name: string }
  },
  between: (sql: string, number: number) => Promise<SourceRow[] | undefined>,
) => {
  const options = { ...sides, statementLimitMs: 10_000 }
  const source = await openSource(options)
  const target = await openTarget(options, 'leader')
  let statements = 0
  try {
    await prepareRecord(target, async () => openTarget(options, 'upgrade'))
    const epoch = (await tryLead(target, database.name, database.name, 'test')) ?? 0
    const { report } = await runCycle({
      source: interrupted(source, async (sql) => between(sql, (statements += 1))),
      target,
      sourceId: database.name,
      epoch,
      cache: new StateCache(database.name),
      pace: new Pace(),
      selected: () => true,
      maxDelete: 0.2,
      deepScanMs: 3_600_000,
      deepScan: new Due(),
      definitionsRead: new Due(),
      trustToken: false,
      trustHints: false,
      hintAboveMs: 100,
      onDrift: () => 'repair',
      drift: new DriftWatch(3_600_000),
      wholeLoadRows: 1_000_000,
      stopIndexes: async () => undefined,
      loadToTheEnd: undefined,
      guard: new SourceGuard({
        ...quickOptions(sides),
        // statements are counted here: none is to be asked twice
        maxThreadsRunning: 1_000_000,
      }),
      slowTables: new SlowTables(30_000),
      unsteady: new UnsteadyTables(),
      after: undefined,
      onCatalogue: () => undefined,
      onProgress: () => undefined,
    })
    return { report, statements }
  } finally {
    await source.close()
    await target.close()
  }
}
