/**
 * The two ends of a cycle. Both read the catalogue once more before they commit: a definition that moved between the two readings throws
 * everything away (MIRROR_2004).
 */
import { MirrorError } from '../errors.ts'
import { inTransaction, type Target } from '../postgres.ts'
import { advanceSource, enterEpoch } from '../record/source.ts'
import type { Snapshot } from '../source/snapshot.ts'
import { type Catalogue, readCatalogue, type SourceTable } from '../source/tables.ts'
import type { SyncReport } from '../types.ts'
import type { AlterWatch } from './alter-watch.ts'
import type { CycleContext } from './context.ts'
import type { Decisions } from './decide.ts'
import { areDefinitionsDue, type DueDefinitions, readDueDefinitions, saveDefinitions } from './definitions.ts'
import { hasMoved } from './plan.ts'
import { answerQuestions } from './questions.ts'
import { checkRevision, commitQuiet } from './quiet.ts'
import type { MirrorState } from './state.ts'
import { unchangedTable, writeCycle } from './write-cycle.ts'

/** As what the source will be recorded when the cycle is committed. */
export type Progress = Omit<Parameters<typeof advanceSource>[2], 'cycle'>

/** A cycle that knows what it is to do. */
export interface DecidedCycle {
  readonly state: MirrorState
  readonly catalogue: Catalogue
  readonly questions: MirrorState['questions']
  /** tables that are still to be read, after these */
  readonly slow: ReadonlySet<string>
  readonly snapshot: Snapshot
  readonly alters: AlterWatch
  readonly decisions: Decisions
  readonly progress: Progress
}

/** A part of the tables has no word on the whole: the log and the deep scan are for the cycle of the slow ones to record. */
const ofAPart = { token: null, deep: false } as const

interface Committed {
  readonly report: Pick<SyncReport, 'cycle' | 'tables'>
  readonly token: string | null
}

const isPart = (context: CycleContext, { slow }: DecidedCycle): boolean =>
  context.after === undefined && slow.size > 0

const readDefinitions = async (
  context: CycleContext,
  { catalogue, decisions, snapshot }: DecidedCycle,
): Promise<DueDefinitions | undefined> =>
  (await areDefinitionsDue(context, catalogue, decisions, snapshot.at))
    ? readDueDefinitions(context, catalogue, decisions, snapshot.at)
    : undefined

/** Nothing is written of the tables but that they were looked at; what is refused is refused still. */
export const commitUnchanged = async (context: CycleContext, cycle: DecidedCycle): Promise<Committed> => {
  const { state, catalogue, snapshot, decisions, progress } = cycle
  await snapshot.close()
  const due = await readDefinitions(context, cycle)
  const token = (await checkDefinitions(context, cycle)) ? progress.token : null
  const number = await commitQuiet(
    context,
    state,
    { ...progress, ...(isPart(context, cycle) ? ofAPart : { token }) },
    snapshot.proof,
    due === undefined ? undefined : { catalogue, due },
  )
  const followed = decisions.plans.filter(({ table }) => state.tables.get(table.name)?.state !== 'refused')
  const tables = Object.fromEntries(
    followed.map((plan) => [plan.table.name, unchangedTable(plan.how, plan.record)]),
  )
  return { report: { cycle: number, tables }, token }
}

/** Thrown to roll a cycle back that leaves everything as it was: a row of history for each poll would say nothing that the first does not. */
class InVain extends Error {}

const perhaps = async <T>(target: Target, work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await inTransaction(target, work)
  } catch (error) {
    if (error instanceof InVain) return undefined
    throw error
  }
}

/** undefined, and nothing is written: all that it would have done is to refuse again what is refused already. */
export const commitWritten = async (
  context: CycleContext,
  cycle: DecidedCycle,
): Promise<Committed | undefined> => {
  const { target, sourceId } = context
  const { state, catalogue, questions, snapshot, decisions, progress } = cycle
  let token: string | null = null
  const written = await perhaps(target, async () => {
    checkRevision(state, await enterEpoch(target, sourceId, context.epoch))
    const later = isPart(context, cycle) ? cycle.slow : new Set<string>()
    const result = await writeCycle(context, state, decisions, snapshot, later)
    if (result.isInVain && questions.length === 0) throw new InVain()
    await answerQuestions(context, { ...state, questions }, catalogue, snapshot)
    await snapshot.close()
    await saveDefinitions(context, catalogue, await readDefinitions(context, cycle))
    token = (await checkDefinitions(context, cycle)) ? progress.token : null
    const said = later.size > 0 ? ofAPart : { token }
    await advanceSource(target, sourceId, { ...progress, ...said, cycle: result.cycle }, later.size > 0)
    return result
  })
  if (written === undefined) return undefined
  context.cache.forgetTables()
  if (!isPart(context, cycle)) context.cache.forgetQuestions()
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
  { catalogue: before, decisions, alters }: DecidedCycle,
): Promise<boolean> => {
  const { plans, loads, finishes } = decisions
  const proved = finishes.map(({ plan }) => plan)
  const scanned = plans.filter(({ how }) => how !== 'hint')
  await alters.check([...scanned, ...loads, ...proved].map(({ table }) => table))
  const after = await readCatalogue(context.source, context.selected)
  for (const [name, table] of before.tables) {
    if (after.tables.get(name)?.fingerprint !== table.fingerprint)
      throw new MirrorError('MIRROR_2004', { table: name })
  }
  for (const { table } of [...plans.filter(hasMoved), ...loads, ...proved]) {
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
