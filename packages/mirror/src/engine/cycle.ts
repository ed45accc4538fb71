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
import { advanceSource, brakeSource, enterEpoch, type SourceRecord } from '../record/source.ts'
import { hasLostGround, readIdentity, type SourceIdentity } from '../source/identity.ts'
import { sameToken } from '../source/redo.ts'
import type { Snapshot } from '../source/snapshot.ts'
import { type Catalogue, readCatalogue, type SourceTable } from '../source/tables.ts'
import type { SyncReport } from '../types.ts'
import { openAgedSnapshot } from './aged-snapshot.ts'
import { type BrakeDecision, brakeOnIdentity } from './brakes.ts'
import type { CycleContext } from './context.ts'
import type { Suspects } from './drift.ts'
import { decide, type Decisions, nothingToDo } from './decide.ts'
import { areDefinitionsDue, type DueDefinitions, readDueDefinitions, saveDefinitions } from './definitions.ts'
import { type EditedCopies, findEditedCopies } from './edited-copies.ts'
import { beginLoads } from './load-begin.ts'
import { watchHints } from './layers.ts'
import { hasMoved } from './plan.ts'
import { answerQuestions } from './questions.ts'
import { checkRevision, commitQuiet, isDeepScanDue, quietCycle, reportOf, settledRedo } from './quiet.ts'
import { expectedTableMs } from './slow-tables.ts'
import type { MirrorState } from './state.ts'
import { unchangedTable, writeCycle } from './write-cycle.ts'

const identityOf = async (
  context: CycleContext,
  source: SourceRecord,
): Promise<SourceIdentity & { readonly lostGround: boolean }> => {
  const identity = await readIdentity(context.source)
  const lostGround =
    source.position !== null && (await hasLostGround(context.source, source.position, identity.position))
  // MariaDB has no identity of its own; that it is reached elsewhere is the nearest that can be asked about it
  return { ...identity, server: identity.server ?? `at ${context.source.address}`, lostGround }
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
}

/** As what the source will be recorded when the cycle is committed. */
type Progress = Omit<Parameters<typeof advanceSource>[2], 'cycle'>

/** A part of the tables has no word on the whole: the log and the deep scan are for the cycle of the slow ones to record. */
const ofAPart = { token: null, deep: false } as const

export const runCycle = async (context: CycleContext): Promise<CycleResult> => {
  const started = performance.now()
  const { source, target, sourceId, after } = context
  const state = await context.cache.read(target)
  if (state.source.brake !== null) return quietly(await holdAll(context, state, undefined, started))
  const look = async (catalogue: Catalogue | undefined): Promise<Suspects | undefined> =>
    catalogue && context.drift.look(target, sourceId, state, catalogue, !context.trustToken)
  let suspects = after?.suspects ?? (await look(context.drift.catalogue))
  // A process that has not asked the source for its tables yet could compare nothing.
  const isCalm = suspects !== undefined && suspects.size === 0
  const last = isCalm && after === undefined ? context.drift.catalogue : undefined
  const quiet = last && (await quietCycle(context, state, last, started))
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

  const begun = await withLoadsBegun(context, state, catalogue)
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
    questions: begun.questions.filter(({ table }) => isOurs(table)),
  })
}

/** What is to be loaded is begun; in `sync` it is loaded to its end. */
const withLoadsBegun = async (
  context: CycleContext,
  before: MirrorState,
  catalogue: Catalogue,
): Promise<MirrorState> => {
  let state = before
  // Again where a load turned out to be worth nothing: its table was altered on the way.
  for (let attempt = 0; attempt < loadAttempts; attempt += 1) {
    if (await beginLoads(context, state, catalogue)) state = await context.cache.read(context.target)
    const isReady = [...state.loads.values()].every((load) => load.phase === 'ready')
    if (isReady || context.loadToTheEnd === undefined) break
    await context.loadToTheEnd()
    state = await context.cache.read(context.target)
  }
  return state
}

/** In one snapshot: decides, and commits what was decided. */
const follow = async (context: CycleContext, findings: Findings): Promise<CycleResult> => {
  const { after } = context
  const { state, catalogue, identity, suspects, slow, isOurs } = findings
  const expectedMs = [...catalogue.tables.values()]
    .filter(({ name }) => isOurs(name))
    .reduce(
      (sum, table) => sum + expectedTableMs(table, state.tables.get(table.name), state.loads.get(table.name)),
      0,
    )
  const hints = await watchHints(context, expectedMs)
  const redo = await settledRedo(context, catalogue)
  const snapshot = await openAgedSnapshot({
    source: context.source,
    guard: context.guard,
    expectedMs,
    trustLog: !context.cache.logIsBlind,
    renews: after !== undefined,
  })
  try {
    const stands = snapshot.token ?? redo
    const logStoodStill = sameToken(stands, state.source.token)
    const decisions = await decide(
      context,
      state,
      after === undefined ? catalogue : byThemselves(catalogue),
      snapshot,
      await hints.look(isDeepScanDue(context, state.source, snapshot.at)),
      suspects,
      isOurs,
      findings.edited,
    )
    if (logStoodStill && decisions.plans.some(hasMoved)) context.cache.distrustLog()
    if (decisions.whole !== undefined)
      return quietly(await holdAll(context, state, decisions.whole, findings.started))
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
    const isUnchanged = nothingToDo(decisions) && findings.questions.length === 0
    const commit = isUnchanged ? commitUnchanged : commitWritten
    const { report, token } = await commit(context, findings, snapshot, decisions, progress)
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

interface Committed {
  readonly report: Pick<SyncReport, 'cycle' | 'tables'>
  readonly token: string | null
}

/** Slow tables are still to be read after these. */
const isPart = (context: CycleContext, { slow }: Findings): boolean =>
  context.after === undefined && slow.size > 0

const readDefinitions = async (
  context: CycleContext,
  { catalogue }: Findings,
  decisions: Decisions,
  at: string,
): Promise<DueDefinitions | undefined> =>
  (await areDefinitionsDue(context, catalogue, decisions, at))
    ? readDueDefinitions(context, catalogue, decisions, at)
    : undefined

/** Nothing is to be written but that it was looked. */
const commitUnchanged = async (
  context: CycleContext,
  findings: Findings,
  snapshot: Snapshot,
  decisions: Decisions,
  progress: Progress,
): Promise<Committed> => {
  const { state, catalogue } = findings
  await snapshot.close()
  const due = await readDefinitions(context, findings, decisions, snapshot.at)
  const token = (await checkDefinitions(context, catalogue, decisions)) ? progress.token : null
  const cycle = await commitQuiet(
    context,
    state,
    { ...progress, ...(isPart(context, findings) ? ofAPart : { token }) },
    snapshot.proof,
    due === undefined ? undefined : { catalogue, due },
  )
  const tables = Object.fromEntries(
    decisions.plans.map((plan) => [plan.table.name, unchangedTable(plan.how, plan.record)]),
  )
  return { report: { cycle, tables }, token }
}

const commitWritten = async (
  context: CycleContext,
  findings: Findings,
  snapshot: Snapshot,
  decisions: Decisions,
  progress: Progress,
): Promise<Committed> => {
  const { target, sourceId } = context
  const { state, catalogue, questions } = findings
  let token: string | null = null
  const written = await inTransaction(target, async () => {
    checkRevision(state, await enterEpoch(target, sourceId, context.epoch))
    const cycle = await writeCycle(context, state, decisions, snapshot)
    await answerQuestions(context, { ...state, questions }, catalogue, snapshot)
    await snapshot.close()
    await saveDefinitions(
      context,
      catalogue,
      await readDefinitions(context, findings, decisions, snapshot.at),
    )
    token = (await checkDefinitions(context, catalogue, decisions)) ? progress.token : null
    const said = isPart(context, findings) ? ofAPart : { token }
    await advanceSource(target, sourceId, { ...progress, ...said, cycle: cycle.cycle })
    return cycle
  })
  context.cache.forgetTables()
  if (!isPart(context, findings)) context.cache.forgetQuestions()
  for (const plan of decisions.plans) {
    if (written.unsettled.has(plan.record.id)) context.cache.forgetSegments(plan.record.id)
    else state.keep(plan.record.id, plan.segments)
  }
  for (const { record } of [...decisions.loads, ...decisions.finishes.map(({ plan }) => plan)])
    if (record !== undefined) context.cache.forgetSegments(record.id)
  return { report: { cycle: written.cycle, tables: written.tables }, token }
}

const sameIndexes = (a: SourceTable['indexes'] | undefined, b: SourceTable['indexes']): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

/**
 * The second reading of the catalogue. Throws when a table of this cycle is not what it was; and when one was made over of which something
 * is written: two columns that exchange their names and take them back are read wrongly, and stand as before. False when there is
 * something beside them that the first did not see: the token may already stand for it, so that it must not be kept.
 */
const checkDefinitions = async (
  context: CycleContext,
  before: Catalogue,
  { plans, loads, finishes }: Pick<Decisions, 'plans' | 'loads' | 'finishes'>,
): Promise<boolean> => {
  const after = await readCatalogue(context.source, context.selected)
  for (const [name, table] of before.tables) {
    if (after.tables.get(name)?.fingerprint !== table.fingerprint)
      throw new MirrorError('MIRROR_2004', { table: name })
  }
  for (const { table } of [...plans.filter(hasMoved), ...loads, ...finishes.map(({ plan }) => plan)]) {
    if (after.createdAt.get(table.name) !== table.createdAt)
      throw new MirrorError('MIRROR_2004', { table: table.name })
  }
  return (
    [...before.tables].every(([name, { indexes }]) =>
      sameIndexes(after.tables.get(name)?.indexes, indexes),
    ) &&
    after.createdAt.size === before.createdAt.size &&
    [...after.createdAt].every(([name, createdAt]) => before.createdAt.get(name) === createdAt)
  )
}
