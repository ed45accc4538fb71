/**
 * One cycle: catalogue → snapshot → plans → brakes → one PostgreSQL transaction.
 *
 * The transaction begins with the epoch (fencing) and ends only after the catalogue was read once more: a definition
 * that moved between the two readings throws everything away (MIRROR_2004), since some DDL changes what an open
 * snapshot reads without an error. Everything that a cycle leaves behind — rows, digests, ledger, exact values, brakes,
 * the position — is committed together or not at all.
 */
import { MirrorError } from '../errors.ts'
import { inTransaction } from '../postgres.ts'
import { brakeSource, enterEpoch, type SourceRecord } from '../record/source.ts'
import { readIdentity, type SourceIdentity } from '../source/identity.ts'
import { sameToken } from '../source/token.ts'
import { type Catalogue, readCatalogue } from '../source/tables.ts'
import type { SyncReport } from '../types.ts'
import { openAgedSnapshot } from './aged-snapshot.ts'
import { watchAlters } from './alter-watch.ts'
import { type BrakeDecision, brakeOnIdentity } from './brakes.ts'
import { commitUnchanged, commitWritten, type Progress } from './commit-cycle.ts'
import type { CycleContext } from './context.ts'
import type { Suspects } from './drift.ts'
import { decide, nothingToDo } from './decide.ts'
import { type EditedCopies, findEditedCopies } from './edited-copies.ts'
import { areLateLoads, beginLoads } from './load-begin.ts'
import { loadInView, loadsInViewMs } from './load-in-view.ts'
import { watchHints } from './layers.ts'
import { hasMoved } from './plan.ts'
import { isDeepScanDue, quietCycle, reportOf, restAsBefore, settledRedo } from './quiet.ts'
import { expectedTableMs } from './slow-tables.ts'
import type { MirrorState } from './state.ts'

const identityOf = async (context: CycleContext, source: SourceRecord): Promise<SourceIdentity> => {
  const identity = await readIdentity(context.source, source.position)
  // MariaDB has no identity of its own; that it is reached elsewhere is the nearest that can be asked about it
  return { ...identity, server: identity.server ?? `at ${context.source.address}` }
}

/** A brake on the whole: nothing is applied; the last proved cycle stands. */
const holdAll = async (
  context: CycleContext,
  state: MirrorState,
  brake: BrakeDecision | undefined,
  started: number,
): Promise<SyncReport> => {
  if (brake !== undefined) {
    await inTransaction(context.target, async () => {
      await enterEpoch(context.target, context.sourceId, context.epoch)
      await brakeSource(context.target, context.sourceId, brake.code, brake.reason)
    })
  }
  const { cycle, snapshotAt } = state.source
  return reportOf(
    context,
    { cycle: cycle ?? 0, snapshot: { at: snapshotAt ?? '', proof: 'single' }, tables: {} },
    started,
  )
}

const sameTimes = (source: SourceRecord, catalogue: Catalogue): boolean =>
  Object.keys(source.tableTimes).length === catalogue.createdAt.size &&
  [...catalogue.createdAt].every(([name, time]) => source.tableTimes[name] === time)

/** Slow tables are read over several views: what is between those is in neither. */
const byThemselves = (catalogue: Catalogue): Catalogue => ({
  ...catalogue,
  tables: new Map(
    [...catalogue.tables].map(([name, table]) => [name, { ...table, consistency: 'table' as const }]),
  ),
})

const noCopies: EditedCopies = new Map()

/** Loads of one table within one `sync`. */
const loadAttempts = 3

export interface CycleResult {
  readonly report: SyncReport
  /** nothing was read: nothing is left to be read of slow tables either */
  readonly isQuiet: boolean
  /** of the snapshot */
  readonly at: string
  readonly token: string | null
  readonly deep: boolean
  readonly suspects: Suspects
  /** tables that are still to be followed, after the others */
  readonly slow: ReadonlySet<string>
  /** what the scans took, in ms */
  readonly scans: ReadonlyMap<string, number>
}

/** Nothing was followed: by the log's word, or since a brake holds the whole. */
const quietly = (report: SyncReport): CycleResult => ({
  report,
  isQuiet: true,
  at: report.snapshot.at,
  token: null,
  deep: false,
  suspects: new Map(),
  slow: new Set(),
  scans: new Map(),
})

/** What a cycle goes by: all that was found out before its snapshot. */
interface Findings {
  readonly started: number
  readonly state: MirrorState
  readonly catalogue: Catalogue
  readonly identity: SourceIdentity
  readonly suspects: Suspects
  readonly edited: EditedCopies
  readonly slow: ReadonlySet<string>
  /** is this table read in this cycle, or in the one of the slow tables? */
  readonly isOurs: (name: string) => boolean
  readonly questions: MirrorState['questions']
  /** for how long loads are going to be read from the snapshot */
  readonly loadMs: number
}

/** `inView`: loads may be read from the cycle's own snapshot */
export const runCycle = async (context: CycleContext, inView = true): Promise<CycleResult> => {
  const started = performance.now()
  const { source, target, sourceId, after } = context
  const rested = after === undefined ? await restAsBefore(context, started) : {}
  if (rested.report !== undefined) return quietly(rested.report)
  const state = await context.cache.read(target)
  if (state.source.paused && after === undefined) throw new MirrorError('MIRROR_4003')
  if (state.source.brake !== null) return quietly(await holdAll(context, state, undefined, started))
  const look = async (catalogue: Catalogue | undefined): Promise<Suspects | undefined> =>
    catalogue && context.drift.look(target, sourceId, state, catalogue, !context.trustToken)
  let suspects = after?.suspects ?? (await look(context.drift.catalogue))
  // A process that has not asked the source for its tables yet could compare nothing.
  const isCalm = suspects !== undefined && suspects.size === 0
  const last = isCalm && after === undefined ? context.drift.catalogue : undefined
  const quiet = last && (await quietCycle(context, state, last, rested.asked, started))
  if (quiet !== undefined) return quietly(quiet)
  // before anything more is asked: a busy source is asked this again and again
  await context.guard.calm(source)

  const identity = await identityOf(context, state.source)
  const catalogue = context.unsteady.leaveOut(await readCatalogue(source, context.selected))
  context.onCatalogue(catalogue)
  suspects ??= await look(catalogue)
  context.drift.remember(catalogue)
  const replaced = brakeOnIdentity(state.source, [...state.tables.values()], {
    server: identity.server,
    database: source.database,
    lostGround: identity.lostGround,
    tableTimes: catalogue.createdAt,
  })
  if (replaced !== undefined) return quietly(await holdAll(context, state, replaced, started))

  const begun = await withLoadsBegun(context, state, catalogue, inView)
  const slow = after?.slow ?? context.slowTables.divide(catalogue, begun.tables, begun.loads)
  const isOurs = (name: string): boolean => slow.has(name) === (after !== undefined)
  return follow(context, {
    started,
    state: begun,
    catalogue,
    identity,
    suspects: suspects ?? new Map(),
    edited: after === undefined ? await findEditedCopies(context, begun, catalogue) : noCopies,
    slow,
    isOurs,
    loadMs: inView ? loadsInViewMs(context, begun) : 0,
    questions: begun.questions.filter(({ table }) => isOurs(table)),
  })
}

/** What is to be loaded is begun; in `sync` it is loaded to its end, unless the cycle's own snapshot is to serve for that. */
const withLoadsBegun = async (
  context: CycleContext,
  before: MirrorState,
  catalogue: Catalogue,
  inView: boolean,
): Promise<MirrorState> => {
  let state = before
  // Again where a load turned out to be worth nothing: its table was altered on the way.
  for (let attempt = 0; attempt < loadAttempts; attempt += 1) {
    if (await beginLoads(context, state, catalogue)) state = await context.cache.read(context.target)
    const isReady = [...state.loads.values()].every((load) => load.phase === 'ready')
    if (isReady || context.loadToTheEnd === undefined || (inView && loadsInViewMs(context, state) > 0)) break
    await context.loadToTheEnd()
    state = await context.cache.read(context.target)
  }
  return state
}

/** In one snapshot: decides, and commits what was decided. */
const follow = async (context: CycleContext, findings: Findings): Promise<CycleResult> => {
  const { after } = context
  const { catalogue, identity, suspects, slow, isOurs, loadMs } = findings
  let { state } = findings
  const expectedMs = [...catalogue.tables.values()]
    .filter(({ name }) => isOurs(name))
    .reduce(
      (sum, table) => sum + expectedTableMs(table, state.tables.get(table.name), state.loads.get(table.name)),
      0,
    )
  const hints = await watchHints(context, expectedMs)
  const redo = await settledRedo(context, catalogue)
  const alters = await watchAlters(context, catalogue)
  const snapshot = await openAgedSnapshot({
    source: context.source,
    guard: context.guard,
    expectedMs: expectedMs + loadMs,
    trustLog: !context.cache.logIsBlind,
    renews: after !== undefined,
  })
  try {
    if (loadMs > 0) {
      const loaded = await loadInView(context, state, catalogue, snapshot)
      if (loaded === undefined) {
        await snapshot.close()
        return await runCycle(context, false)
      }
      state = loaded
    }
    const stands = snapshot.token ?? redo
    const logStoodStill = sameToken(stands, state.source.token)
    const basis = {
      look: await hints.look(isDeepScanDue(context, state.source, snapshot.at)),
      suspects,
      edited: findings.edited,
      isOurs,
    }
    const ours = after === undefined ? catalogue : byThemselves(catalogue)
    const decisions = await decide(context, state, ours, snapshot, basis)
    if (logStoodStill && decisions.plans.some(hasMoved)) context.cache.distrustLog()
    if (decisions.whole !== undefined)
      return quietly(await holdAll(context, state, decisions.whole, findings.started))
    if (await areLateLoads(context, state, catalogue, decisions.loads)) {
      await snapshot.close()
      return await runCycle(context)
    }
    const progress: Progress = {
      // all tables are as they were at the common snapshot, or later
      snapshotAt: after?.at ?? snapshot.at,
      databaseName: context.source.database,
      identity: identity.server,
      tableTimes: sameTimes(state.source, catalogue) ? null : Object.fromEntries(catalogue.createdAt),
      position: identity.position,
      token: after === undefined ? (stands ?? null) : after.token,
      deep: decisions.plans.every((plan) => plan.how !== 'hint') && (after?.deep ?? true),
    }
    const cycle = { ...findings, state, snapshot, alters, decisions, progress }
    const isUnchanged = nothingToDo(decisions) && findings.questions.length === 0
    const written = isUnchanged ? undefined : await commitWritten(context, cycle)
    const { report, token } = written ?? (await commitUnchanged(context, cycle))
    hints.keep(decisions)
    // what was known of a name says nothing of another table that bears it now
    for (const { record, table } of decisions.renames.renamed)
      for (const name of [record.name, table.name]) context.cache.keepHint(name, undefined)
    return {
      report: await reportOf(
        context,
        { ...report, snapshot: { at: snapshot.at, proof: snapshot.proof } },
        findings.started,
      ),
      isQuiet: false,
      at: snapshot.at,
      token,
      deep: progress.deep,
      suspects,
      slow,
      scans: new Map(
        decisions.plans.flatMap(({ table, how, scanMs }) => (how === 'hint' ? [] : [[table.name, scanMs]])),
      ),
    }
  } finally {
    await snapshot.close().catch(() => undefined)
  }
}
