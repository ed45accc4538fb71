/**
 * Cycles that find nothing without a snapshot, and what every cycle that found nothing leaves behind. In the order in which they are asked:
 *
 *   as last time   the same by the token, on a record of which only we can have moved anything since it was read: it is not read again, and the
 *                  one statement that notes the cycle makes sure of that (0071)
 *
 *   by the token   nothing was written on the whole server: its log says so, or its redo log where there is none (one statement or two)
 *   by the hints   other databases may have been written, but each table here stands still: one statement more, where a scan of all would
 *                  cost more than that (layers.ts says what a hint is worth)
 *
 * Neither is asked while something else is to be done: a decision, a question, a load, or a deep scan, which trusts neither.
 */
import { standsStill } from '../detect/hints.ts'
import { MirrorError } from '../errors.ts'
import { inTransaction } from '../postgres.ts'
import { beginQuietCycle, shareQuietCycle, type Standing } from '../record/ledger.ts'
import { advanceSource, enterEpoch, type SourceProgress, type SourceRecord } from '../record/source.ts'
import { readTimes } from '../source/hints.ts'
import { readRedo } from '../source/redo.ts'
import { redoPrefix, sameToken } from '../source/token.ts'
import { peekToken } from '../source/peek.ts'
import type { Catalogue } from '../source/tables.ts'
import type { SnapshotProof, SyncReport } from '../types.ts'
import type { CycleContext } from './context.ts'
import { type DueDefinitions, saveDefinitions } from './definitions.ts'
import { expectedTableMs } from './slow-tables.ts'
import { brakesOf, refusalsOf } from './standing.ts'
import type { MirrorState } from './state.ts'
import { arePlacesAsSeen, lacksItsPlace } from './target-is-ours.ts'
import { unchangedTable } from './write-cycle.ts'

type Told = Pick<SyncReport, 'cycle' | 'snapshot' | 'tables'>

const reportFrom = (state: MirrorState, told: Told, started: number): SyncReport => ({
  ...told,
  refused: refusalsOf(state.tables),
  brakes: brakesOf(state),
  ms: Math.round(performance.now() - started),
})

/** Of a cycle that changed the record. */
export const reportOf = async (context: CycleContext, told: Told, started: number): Promise<SyncReport> =>
  reportFrom(await context.cache.read(context.target), told, started)

/** Someone changed the record beside us since it was read: what was planned on it does not hold. */
export const checkRevision = (state: MirrorState, revision: number): void => {
  if (revision !== state.source.revision) {
    throw new MirrorError('MIRROR_4006')
  }
}

const standingOf = ({ sourceId, epoch }: CycleContext, { source }: MirrorState): Standing => ({
  sourceId,
  epoch,
  revision: source.revision,
})

export const commitQuiet = async (
  context: CycleContext,
  state: MirrorState,
  progress: Omit<SourceProgress, 'cycle'>,
  proof: SnapshotProof,
  definitions?: { readonly catalogue: Catalogue; readonly due: DueDefinitions },
): Promise<number> => {
  const { target, sourceId, epoch } = context
  const share = async () => shareQuietCycle(target, standingOf(context, state), progress, proof)
  const shared = definitions === undefined ? await share() : undefined
  if (shared !== undefined) return shared
  return inTransaction(target, async () => {
    checkRevision(state, await enterEpoch(target, sourceId, epoch))
    // without definitions it has been tried
    let cycle = definitions === undefined ? undefined : await share()
    if (cycle === undefined) {
      cycle = await beginQuietCycle(target, sourceId, progress.snapshotAt, proof)
      await advanceSource(target, sourceId, { ...progress, cycle })
    }
    if (definitions !== undefined) await saveDefinitions(context, definitions.catalogue, definitions.due)
    return cycle
  })
}

export const isDeepScanDue = (context: CycleContext, source: SourceRecord, now: string): boolean =>
  context.deepScan.isDue(now, source.deepScanAt, context.deepScanMs)

/** Nothing waits for a cycle that looks. */
const mayRest = (context: CycleContext, { source, tables, loads, questions }: MirrorState): boolean =>
  source.databaseName === context.source.database &&
  !context.unsteady.isDue &&
  source.accepted === null &&
  [...tables.values()].every((table) => table.accepted === null) &&
  questions.length === 0 &&
  [...loads.values()].every(
    (load) =>
      tables.get(load.table)?.brake !== null ||
      (load.phase !== 'ready' && context.cache.loading(load) !== undefined),
  )

const watchRedo = (context: CycleContext, token: string | undefined): string | undefined =>
  context.cache.redo.settled(token, performance.now())

/** The server's redo log speaks of InnoDB's tables alone; its own log of all. */
const speaksOfAll = (token: string, catalogue: Catalogue): boolean =>
  !token.startsWith(redoPrefix) ||
  [...catalogue.tables.values()].every(({ engine }) => engine.toLowerCase() === 'innodb')

/** Where a cycle that rests leaves the record. */
const restingAt = ({ source }: MirrorState, at: string, token: string | null) => ({
  ...source,
  snapshotAt: at,
  token,
  tableTimes: null,
  deep: false,
})

/** After it was committed: all that a cycle that rests moves of the record is known without reading it again. */
const restReport = (
  context: CycleContext,
  state: MirrorState,
  how: 'token' | 'hint',
  { cycle, snapshotAt: at, token }: { cycle: number; snapshotAt: string; token: string | null },
  started: number,
): SyncReport => {
  context.cache.keepSource({ ...state.source, cycle, snapshotAt: at, token, accepted: null })
  const live = [...state.tables.values()].filter((table) => table.state === 'live')
  const tables = Object.fromEntries(live.map((table) => [table.name, unchangedTable(how, table)]))
  return reportFrom(state, { cycle, snapshot: { at, proof: 'single' }, tables }, started)
}

const rest = async (
  context: CycleContext,
  state: MirrorState,
  how: 'token' | 'hint',
  at: string,
  token: string | null,
  started: number,
): Promise<SyncReport> => {
  const progress = restingAt(state, at, token)
  const cycle = await commitQuiet(context, state, progress, 'single')
  return restReport(context, state, how, { ...progress, cycle }, started)
}

interface Asked {
  readonly at: string
  /** may stand for what is looked at after it was asked for */
  readonly token: string | undefined
  /** nothing was written since the last cycle */
  readonly isSame: boolean
}

/** undefined: there is nothing to compare an answer with */
const askToken = async (
  context: CycleContext,
  { source }: MirrorState,
  catalogue: Catalogue,
): Promise<Asked | undefined> => {
  const recorded = source.token
  if (!context.trustToken || context.cache.logIsBlind || recorded === null) return undefined
  if (!speaksOfAll(recorded, catalogue)) return undefined
  const { at, token } = await peekToken(context.source)
  const settled = token?.startsWith(redoPrefix) === true ? watchRedo(context, token) : token
  return { at, token: settled, isSame: sameToken(token, recorded) }
}

/** A hint speaks of a table that is followed as it was when it was last read. */
const areFollowed = ({ tables, loads }: MirrorState, catalogue: Catalogue): boolean =>
  loads.size === 0 &&
  [...catalogue.tables.values()].every(({ name, fingerprint }) => {
    const record = tables.get(name)
    return record?.state === 'live' && record.brake === null && record.fingerprint === fingerprint
  })

const quietByHints = async (
  context: CycleContext,
  state: MirrorState,
  catalogue: Catalogue,
  asked: Asked | undefined,
  started: number,
): Promise<SyncReport | undefined> => {
  const { cache, source, trustHints, hintAboveMs } = context
  const known = [...catalogue.tables.values()]
  const expectedMs = known.reduce(
    (sum, table) => sum + expectedTableMs(table, state.tables.get(table.name), undefined),
    0,
  )
  if (!trustHints || expectedMs <= hintAboveMs || !areFollowed(state, catalogue)) return undefined
  if (!known.every(({ name }) => cache.hint(name)?.settled === true)) return undefined
  // before the hints, so that what happens in between moves it
  const token = asked === undefined ? await settledRedo(context, catalogue) : asked.token
  const { at, server, createdAt, hints } = await readTimes(source)
  const isSame =
    (server === null || server === state.source.identity) &&
    createdAt.size === catalogue.createdAt.size &&
    [...createdAt].every(([name, time]) => catalogue.createdAt.get(name) === time) &&
    known.every(({ name }) => standsStill(cache.hint(name), hints.get(name)))
  if (!isSame || isDeepScanDue(context, state.source, at)) return undefined
  return rest(context, state, 'hint', at, token ?? state.source.token, started)
}

export interface RestedAsBefore {
  readonly report?: SyncReport
  /** something was written since: it need not be asked again */
  readonly asked?: Asked
}

/**
 * The whole of an idle poll: one question to the source, one statement to the target. The latter does nothing where somebody moved the record
 * or paused the mirror since, and then, as where there is anything else to be done, the record is read.
 */
export const restAsBefore = async (context: CycleContext, started: number): Promise<RestedAsBefore> => {
  const { cache, drift, target } = context
  const state = cache.asRead(target)
  const { catalogue } = drift
  if (!context.trustToken || state === undefined || catalogue === undefined || drift.isDue) return {}
  if (state.source.brake !== null || !mayRest(context, state)) return {}
  if ([...state.tables.values()].some(lacksItsPlace)) return {}
  const asked = await askToken(context, state, catalogue)
  if (asked === undefined) return {}
  if (!asked.isSame) return { asked }
  if (isDeepScanDue(context, state.source, asked.at)) return {}
  const progress = restingAt(state, asked.at, state.source.token)
  const cycle = await shareQuietCycle(target, standingOf(context, state), progress, 'single')
  return cycle === undefined
    ? {}
    : { report: restReport(context, state, 'token', { ...progress, cycle }, started) }
}

/**
 * `catalogue`: what the source held when it was last asked for it; `moved`: it has just been asked, of a record that has moved at most to
 * distrust its token since
 */
export const quietCycle = async (
  context: CycleContext,
  state: MirrorState,
  catalogue: Catalogue,
  moved: Asked | undefined,
  started: number,
): Promise<SyncReport | undefined> => {
  if (!mayRest(context, state) || !(await arePlacesAsSeen(context, state))) return undefined
  const asked = moved ?? (await askToken(context, state, catalogue))
  if (asked?.isSame !== true) return quietByHints(context, state, catalogue, asked, started)
  if (isDeepScanDue(context, state.source, asked.at)) return undefined
  return rest(context, state, 'token', asked.at, state.source.token, started)
}

/** The token of a snapshot that is opened after this on a server without a log; undefined while it is being written there. */
export const settledRedo = async (
  context: CycleContext,
  catalogue: Catalogue,
): Promise<string | undefined> => {
  if (!context.trustToken || context.cache.logIsBlind || !speaksOfAll(redoPrefix, catalogue)) return undefined
  if (context.cache.redo.isUnsettled(performance.now())) return undefined
  return watchRedo(context, await readRedo(context.source))
}
