/**
 * One cycle: catalogue → snapshot → plans → brakes → one PostgreSQL transaction.
 *
 * The transaction begins with the epoch (fencing) and ends only after the catalogue was read once more: a definition
 * that moved between the two readings throws everything away (MIRROR_2004), since some DDL changes what an open
 * snapshot reads without an error. Everything that a cycle leaves behind — rows, digests, ledger, exact values, brakes,
 * the position — is committed together or not at all.
 */
import { MirrorError } from '../errors.ts'
import { inTransaction, type Target } from '../postgres.ts'
import { advanceSource, brakeSource, enterEpoch, type SourceRecord } from '../record/source.ts'
import { hasLostGround, readIdentity, type SourceIdentity } from '../source/identity.ts'
import { sameToken } from '../source/redo.ts'
import { type Catalogue, readCatalogue, type SourceTable } from '../source/tables.ts'
import type { SyncReport } from '../types.ts'
import { openAgedSnapshot } from './aged-snapshot.ts'
import { type BrakeDecision, brakeOnIdentity } from './brakes.ts'
import type { CycleContext } from './context.ts'
import type { Suspects } from './drift.ts'
import { decide, type Decisions, nothingToDo } from './decide.ts'
import { areDefinitionsDue, type DueDefinitions, readDueDefinitions, saveDefinitions } from './definitions.ts'
import { type EditedCopies, findEditedCopies } from './edited-copies.ts'
import { areLateLoads, beginLoads } from './load-begin.ts'
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

export const runCycle = async (context: CycleContext): Promise<CycleResult> => {
  const started = performance.now()
  const { source, target, sourceId } = context
  let state = await context.cache.read(target)
  if (state.source.brake !== null) return quietly(await holdAll(context, state, undefined, started))
  const { after } = context
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

  // Again where a load turned out to be worth nothing: its table was altered on the way.
  for (let attempt = 0; attempt < loadAttempts; attempt += 1) {
    if (await beginLoads(context, state, catalogue)) state = await context.cache.read(target)
    const isReady = [...state.loads.values()].every((load) => load.phase === 'ready')
    if (isReady || context.loadToTheEnd === undefined) break
    await context.loadToTheEnd()
    state = await context.cache.read(target)
  }

  const edited = after === undefined ? await findEditedCopies(context, state, catalogue) : noCopies
  const slow = after?.slow ?? context.slowTables.divide(catalogue, state.tables, state.loads)
  const isOurs = (name: string): boolean => slow.has(name) === (after !== undefined)
  const expectedMs = [...catalogue.tables.values()]
    .filter(({ name }) => isOurs(name))
    .reduce(
      (sum, table) => sum + expectedTableMs(table, state.tables.get(table.name), state.loads.get(table.name)),
      0,
    )
  const hints = await watchHints(context, expectedMs)
  const questions = state.questions.filter(({ table }) => isOurs(table))
  const redo = await settledRedo(context, catalogue)
  const snapshot = await openAgedSnapshot({
    source,
    guard: context.guard,
    expectedMs,
    trustLog: !context.cache.logIsBlind,
    renews: after !== undefined,
  })
  try {
    const stands = snapshot.token ?? redo
    const logStoodStill = sameToken(stands, state.source.token)
    const isDeep = isDeepScanDue(context, state.source, snapshot.at)
    const decisions = await decide(
      context,
      state,
      after === undefined ? catalogue : byThemselves(catalogue),
      snapshot,
      await hints.look(isDeep),
      suspects,
      isOurs,
      edited,
    )
    if (await areLateLoads(context, state, catalogue, decisions.loads)) {
      await snapshot.close()
      return await runCycle(context)
    }
    if (logStoodStill && decisions.plans.some(hasMoved)) context.cache.distrustLog()
    if (decisions.whole !== undefined) return quietly(await holdAll(context, state, decisions.whole, started))
    const progress = {
      // all tables are as they were at the common snapshot, or later
      snapshotAt: after?.at ?? snapshot.at,
      databaseName: source.database,
      identity: identity.server,
      tableTimes: sameTimes(state.source, catalogue) ? null : Object.fromEntries(catalogue.createdAt),
      position: identity.position,
      token: after === undefined ? (stands ?? null) : after.token,
      deep: decisions.plans.every((plan) => plan.how !== 'hint') && (after?.deep ?? true),
    }
    const result = (report: SyncReport, token: string | null): CycleResult => ({
      report,
      isQuiet: false,
      at: snapshot.at,
      token,
      deep: progress.deep,
      suspects: suspects ?? new Map(),
      slow,
      scans: new Map(
        decisions.plans.flatMap(({ table, how, scanMs }) => (how === 'hint' ? [] : [[table.name, scanMs]])),
      ),
    })
    /** Of a part alone neither log nor deep scan may speak: the slow tables are still to be read. */
    const isPart = after === undefined && slow.size > 0
    const said = (token: string | null) => (isPart ? { token: null, deep: false } : { token })
    const isDue = await areDefinitionsDue(context, catalogue, decisions, snapshot.at)
    const readDue = async (): Promise<DueDefinitions | undefined> =>
      isDue ? readDueDefinitions(context, catalogue, decisions, snapshot.at) : undefined
    /** Nothing is written of the tables. `refused`: they are refused still */
    const rest = async (refused: ReadonlySet<string>): Promise<CycleResult> => {
      await snapshot.close()
      const due = await readDue()
      const token = (await checkDefinitions(context, catalogue, decisions)) ? progress.token : null
      const definitions = due === undefined ? undefined : { catalogue, due }
      const cycle = await commitQuiet(
        context,
        state,
        { ...progress, ...said(token) },
        snapshot.proof,
        definitions,
      )
      const tables = Object.fromEntries(
        decisions.plans
          .filter(({ table }) => !refused.has(table.name))
          .map((plan) => [plan.table.name, unchangedTable(plan.how, plan.record)]),
      )
      hints.keep(decisions)
      return result(
        await reportOf(
          context,
          { cycle, snapshot: { at: snapshot.at, proof: snapshot.proof }, tables },
          started,
        ),
        token,
      )
    }
    if (nothingToDo(decisions) && questions.length === 0) return await rest(new Set())
    let token: string | null = null
    const written = await perhaps(target, async () => {
      checkRevision(state, await enterEpoch(target, sourceId, context.epoch))
      const cycle = await writeCycle(context, state, decisions, snapshot)
      if (cycle.isInVain && questions.length === 0) throw new InVain()
      await answerQuestions(context, { ...state, questions }, catalogue, snapshot)
      await snapshot.close()
      await saveDefinitions(context, catalogue, await readDue())
      token = (await checkDefinitions(context, catalogue, decisions)) ? progress.token : null
      await advanceSource(target, sourceId, { ...progress, ...said(token), cycle: cycle.cycle })
      return cycle
    })
    // a row of history for each poll would say nothing that the first does not
    if (written === undefined) return await rest(refusedIn(state))
    context.cache.forgetTables()
    if (!isPart) context.cache.forgetQuestions()
    hints.keep(decisions)
    // what was known of a name says nothing of another table that bears it now
    for (const { record, table } of decisions.renames.renamed)
      for (const name of [record.name, table.name]) context.cache.keepHint(name, undefined)
    for (const plan of decisions.plans) {
      if (written.unsettled.has(plan.record.id)) context.cache.forgetSegments(plan.record.id)
      else state.keep(plan.record.id, plan.segments)
    }
    for (const { record } of [...decisions.loads, ...decisions.finishes.map(({ plan }) => plan)])
      if (record !== undefined) context.cache.forgetSegments(record.id)
    return result(
      await reportOf(
        context,
        {
          cycle: written.cycle,
          tables: written.tables,
          snapshot: { at: snapshot.at, proof: snapshot.proof },
        },
        started,
      ),
      token,
    )
  } finally {
    await snapshot.close().catch(() => undefined)
  }
}

/** Thrown to roll a cycle back that leaves everything as it was. */
class InVain extends Error {}

/** undefined: it was in vain */
const perhaps = async <T>(target: Target, work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await inTransaction(target, work)
  } catch (error) {
    if (error instanceof InVain) return undefined
    throw error
  }
}

const refusedIn = ({ tables }: MirrorState): ReadonlySet<string> =>
  new Set([...tables.values()].flatMap(({ name, state }) => (state === 'refused' ? [name] : [])))

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
