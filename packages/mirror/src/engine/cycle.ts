/**
 * One cycle: catalogue → snapshot → plans → brakes → one PostgreSQL transaction.
 *
 * The transaction begins with the epoch (fencing) and ends only after the catalogue was read once more: a definition
 * that moved between the two readings throws everything away (MIRROR_2004), since some DDL changes what an open
 * snapshot reads without an error. Everything that a cycle leaves behind — rows, digests, ledger, exact values, brakes,
 * the position — is committed together or not at all.
 */
import { MirrorError } from '../errors.ts'
import type { KeyRef } from '../model.ts'
import { inTransaction, sqlStateOf } from '../postgres.ts'
import { compareKeys, type Difference, type Sides } from '../prove/compare.ts'
import { compareKeyless } from '../prove/compare-keyless.ts'
import { recordQuietCycle } from '../record/ledger.ts'
import { type Answer, answer } from '../record/questions.ts'
import { advanceSource, brakeSource, enterEpoch, type SourceRecord } from '../record/source.ts'
import { hasLostGround, readIdentity, type SourceIdentity } from '../source/identity.ts'
import { openSnapshot, peekToken, type Snapshot } from '../source/snapshot.ts'
import { type Catalogue, readCatalogue, type SourceTable } from '../source/tables.ts'
import type { SnapshotProof, SyncReport } from '../types.ts'
import { type BrakeDecision, brakeOnIdentity } from './brakes.ts'
import type { CycleContext } from './context.ts'
import type { Suspects } from './drift.ts'
import { decide, nothingToDo } from './decide.ts'
import { areDefinitionsDue, type DueDefinitions, readDueDefinitions, saveDefinitions } from './definitions.ts'
import { beginLoads } from './load-begin.ts'
import { expectedReadMs, watchHints } from './layers.ts'
import { hasMoved } from './plan.ts'
import { brakesOf, refusalsOf } from './standing.ts'
import { targetTable } from './shape.ts'
import type { MirrorState } from './state.ts'
import { unchangedTable, writeCycle } from './write-cycle.ts'

/** Differences of a table without a key that an answer lists. */
const mostTold = 10_000

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

const reportOf = async (
  context: CycleContext,
  result: Pick<SyncReport, 'cycle' | 'snapshot' | 'tables'>,
  started: number,
): Promise<SyncReport> => {
  const state = await context.cache.read(context.target)
  return {
    ...result,
    refused: refusalsOf(state.tables),
    brakes: brakesOf(state),
    ms: Math.round(performance.now() - started),
  }
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

/** Someone changed the record beside us since it was read: what was planned on it does not hold. */
const checkRevision = (state: MirrorState, revision: number): void => {
  if (revision !== state.source.revision) {
    throw new MirrorError('MIRROR_4006')
  }
}

const commitQuiet = async (
  context: CycleContext,
  state: MirrorState,
  progress: Omit<Parameters<typeof advanceSource>[2], 'cycle'>,
  proof: SnapshotProof,
  definitions?: { readonly catalogue: Catalogue; readonly due: DueDefinitions },
): Promise<number> =>
  inTransaction(context.target, async () => {
    // Losing a cycle that found nothing loses nothing: no need to wait for the disk once a second.
    await context.target.run('SET LOCAL synchronous_commit = off')
    checkRevision(state, await enterEpoch(context.target, context.sourceId, context.epoch))
    const cycle = await recordQuietCycle(context.target, context.sourceId, progress.snapshotAt, proof)
    await advanceSource(context.target, context.sourceId, { ...progress, cycle })
    if (definitions !== undefined) await saveDefinitions(context, definitions.catalogue, definitions.due)
    return cycle
  })

const isDeepScanDue = (context: CycleContext, source: SourceRecord, now: string): boolean =>
  Date.parse(now) - Date.parse(source.deepScanAt ?? '1970-01-01') >= context.deepScanMs

const quietByToken = async (
  context: CycleContext,
  state: MirrorState,
  started: number,
): Promise<SyncReport | undefined> => {
  const { source, tables } = state
  const accepted = source.accepted !== null || [...tables.values()].some((table) => table.accepted !== null)
  if (
    !context.trustToken ||
    context.cache.logIsBlind ||
    source.token === null ||
    source.databaseName !== context.source.database ||
    accepted ||
    state.questions.length > 0 ||
    [...state.loads.values()].some(
      (load) =>
        tables.get(load.table)?.brake === null &&
        (load.phase === 'ready' || context.cache.loading(load) === undefined),
    )
  )
    return undefined
  const { at, token } = await peekToken(context.source)
  if (token !== source.token || isDeepScanDue(context, source, at)) return undefined
  const progress = { ...source, snapshotAt: at, token, tableTimes: null, deep: false }
  const cycle = await commitQuiet(context, state, progress, 'single')
  const live = [...tables.values()].filter((table) => table.state === 'live')
  return reportOf(
    context,
    {
      cycle,
      snapshot: { at, proof: 'single' },
      tables: Object.fromEntries(live.map((table) => [table.name, unchangedTable('token', table)])),
    },
    started,
  )
}

const sameTimes = (source: SourceRecord, catalogue: Catalogue): boolean =>
  Object.keys(source.tableTimes).length === catalogue.createdAt.size &&
  [...catalogue.createdAt].every(([name, time]) => source.tableTimes[name] === time)

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
const answerQuestions = async (
  context: CycleContext,
  state: MirrorState,
  catalogue: Catalogue,
  snapshot: Snapshot,
): Promise<void> => {
  const { target, sourceId } = context
  for (const { id, table: name, keys } of state.questions) {
    const table = catalogue.tables.get(name)
    const record = state.tables.get(name)
    const comparable = table !== undefined && record?.fingerprint === table.fingerprint
    const unknown = (): Answer => keys.map((ref) => ({ ...ref, kind: 'changed' }))
    await target.run('SAVEPOINT question')
    try {
      const shape = table === undefined ? undefined : targetTable(sourceId, table)
      const found =
        comparable && shape !== undefined
          ? await compareAgain({ snapshot, target, sourceId, table, shape }, keys)
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

/** Loads of one table within one `sync`. */
const loadAttempts = 3

export const runCycle = async (context: CycleContext): Promise<SyncReport> => {
  const started = performance.now()
  const { source, target, sourceId } = context
  let state = await context.cache.read(target)
  if (state.source.brake !== null) return holdAll(context, state, undefined, started)
  const look = async (catalogue: Catalogue | undefined): Promise<Suspects | undefined> =>
    catalogue && context.drift.look(target, sourceId, state, catalogue, !context.trustToken)
  let suspects = await look(context.drift.catalogue)
  // A process that has not asked the source for its tables yet could compare nothing.
  const isCalm = suspects !== undefined && suspects.size === 0
  const quiet = isCalm ? await quietByToken(context, state, started) : undefined
  if (quiet !== undefined) return quiet

  const identity = await identityOf(context, state.source)
  const catalogue = await readCatalogue(source, context.selected)
  context.onCatalogue(catalogue)
  suspects ??= await look(catalogue)
  context.drift.remember(catalogue)
  const replaced = brakeOnIdentity(state.source, [...state.tables.values()], {
    server: identity.server,
    database: source.database,
    lostGround: identity.lostGround,
    tableTimes: catalogue.createdAt,
  })
  if (replaced !== undefined) return holdAll(context, state, replaced, started)

  // Again where a load turned out to be worth nothing: its table was altered on the way.
  for (let attempt = 0; attempt < loadAttempts; attempt += 1) {
    const now = state.source.snapshotAt ?? new Date().toISOString()
    if (await beginLoads(context, state, catalogue, now)) state = await context.cache.read(target)
    const isReady = [...state.loads.values()].every((load) => load.phase === 'ready')
    if (isReady || context.loadToTheEnd === undefined) break
    await context.loadToTheEnd()
    state = await context.cache.read(target)
  }

  const expectedMs = expectedReadMs(state.tables, catalogue)
  const hints = await watchHints(context, expectedMs)
  const snapshot = await openSnapshot(source, expectedMs, !context.cache.logIsBlind)
  try {
    const logStoodStill = snapshot.token !== undefined && snapshot.token === state.source.token
    const isDeep = isDeepScanDue(context, state.source, snapshot.at)
    const decisions = await decide(context, state, catalogue, snapshot, await hints.look(isDeep), suspects)
    if (logStoodStill && decisions.plans.some(hasMoved)) context.cache.distrustLog()
    if (decisions.whole !== undefined) return await holdAll(context, state, decisions.whole, started)
    const progress = {
      snapshotAt: snapshot.at,
      databaseName: source.database,
      identity: identity.server,
      tableTimes: sameTimes(state.source, catalogue) ? null : Object.fromEntries(catalogue.createdAt),
      position: identity.position,
      token: snapshot.token ?? null,
      deep: decisions.plans.every((plan) => plan.how !== 'hint'),
    }
    const isDue = await areDefinitionsDue(context, catalogue, decisions, snapshot.at)
    const readDue = async (): Promise<DueDefinitions | undefined> =>
      isDue ? readDueDefinitions(context, catalogue, decisions, snapshot.at) : undefined
    if (nothingToDo(decisions) && state.questions.length === 0) {
      await snapshot.close()
      const due = await readDue()
      const token = (await checkDefinitions(context, catalogue)) ? progress.token : null
      const definitions = due === undefined ? undefined : { catalogue, due }
      const cycle = await commitQuiet(context, state, { ...progress, token }, snapshot.proof, definitions)
      const tables = Object.fromEntries(
        decisions.plans.map((plan) => [plan.table.name, unchangedTable(plan.how, plan.record)]),
      )
      hints.keep(decisions)
      return await reportOf(
        context,
        { cycle, snapshot: { at: snapshot.at, proof: snapshot.proof }, tables },
        started,
      )
    }
    const written = await inTransaction(target, async () => {
      checkRevision(state, await enterEpoch(target, sourceId, context.epoch))
      const result = await writeCycle(context, state, decisions, snapshot)
      await answerQuestions(context, state, catalogue, snapshot)
      await snapshot.close()
      await saveDefinitions(context, catalogue, await readDue())
      const token = (await checkDefinitions(context, catalogue)) ? progress.token : null
      await advanceSource(target, sourceId, { ...progress, token, cycle: result.cycle })
      return result
    })
    context.cache.forgetTables()
    context.cache.forgetQuestions()
    hints.keep(decisions)
    // what was known of a name says nothing of another table that bears it now
    for (const { record, table } of decisions.renames.renamed)
      for (const name of [record.name, table.name]) context.cache.keepHint(name, undefined)
    for (const plan of decisions.plans) {
      if (written.refusedNow.includes(plan.record.id)) context.cache.forgetSegments(plan.record.id)
      else state.keep(plan.record.id, plan.segments)
    }
    for (const { record } of [...decisions.loads, ...decisions.finishes.map(({ plan }) => plan)])
      if (record !== undefined) context.cache.forgetSegments(record.id)
    return await reportOf(
      context,
      { cycle: written.cycle, tables: written.tables, snapshot: { at: snapshot.at, proof: snapshot.proof } },
      started,
    )
  } finally {
    await snapshot.close().catch(() => undefined)
  }
}

const sameIndexes = (a: SourceTable['indexes'] | undefined, b: SourceTable['indexes']): boolean =>
  JSON.stringify(a) === JSON.stringify(b)

/**
 * The second reading of the catalogue. Throws when a table of this cycle is not what it was. False when there is
 * something beside them that the first did not see: the token may already stand for it, so that it must not be kept.
 */
const checkDefinitions = async (context: CycleContext, before: Catalogue): Promise<boolean> => {
  const after = await readCatalogue(context.source, context.selected)
  for (const [name, table] of before.tables) {
    if (after.tables.get(name)?.fingerprint !== table.fingerprint)
      throw new MirrorError('MIRROR_2004', { table: name })
  }
  return (
    [...before.tables].every(([name, { indexes }]) =>
      sameIndexes(after.tables.get(name)?.indexes, indexes),
    ) &&
    after.createdAt.size === before.createdAt.size &&
    [...after.createdAt].every(([name, createdAt]) => before.createdAt.get(name) === createdAt)
  )
}
