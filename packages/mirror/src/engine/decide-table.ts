/** What a cycle does about one table that the source holds. */
import { compareDefinitions, type DefinitionDifference } from '../detect/definition.ts'
import { isOfOneTable, MirrorError } from '../errors.ts'
import { quoteMysql } from '../names.ts'
import { type LoadRecord, readLoadSegments } from '../record/loads.ts'
import type { TableRecord } from '../record/tables.ts'
import { isInterrupted, tooSlow } from '../source/errors.ts'
import { readKeyless } from '../source/keyless.ts'
import type { Snapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { DriftPolicy, Refusal } from '../types.ts'
import { type BrakeDecision, brakeOnColumns, brakeOnDeletes, type TableOutlook } from './brakes.ts'
import type { CycleContext } from './context.ts'
import { policyFor, type Suspects } from './drift.ts'
import { withLostKeys } from './drift-lost.ts'
import { withSuspects } from './drift-plan.ts'
import type { EditedCopies } from './edited-copies.ts'
import { keptDefinition } from './kept-definition.ts'
import { planKeyless } from './keyless.ts'
import { type Finish, recordOfLoad } from './load-finish.ts'
import { isFailure, isOfItsTable } from './made-over.ts'
import { deletesOf, type PlanContext, planNothing, planTable, type TablePlan, updatesOf } from './plan.ts'
import { whileReading } from './slow-tables.ts'
import type { MirrorState } from './state.ts'
import { lacksItsPlace } from './target-is-ours.ts'

/** How tables are looked at. */
export interface Look {
  readonly how: 'digest' | 'deep'
  /** by the server's own word, which a deep look does not ask for */
  readonly standsStill: (table: string) => boolean
}

/** What is decided by, the same for all tables of a cycle. */
export interface Deciding
  extends PlanContext,
    Pick<CycleContext, 'maxDelete' | 'cache' | 'deepScanMs' | 'onDrift'> {
  readonly state: MirrorState
  readonly look: Look
  readonly suspects: Suspects
  readonly edited: EditedCopies
  /** tables whose place in the copy is somebody else's */
  readonly taken: ReadonlyMap<string, MirrorError>
}

export interface Braked extends BrakeDecision {
  readonly record: TableRecord
}

export interface Loading {
  readonly table: SourceTable
  readonly record: TableRecord | undefined
}

/** The copy as a whole is not as recorded: without a key, or not there any more. */
export interface Drifted {
  readonly record: TableRecord
  readonly policy: DriftPolicy
}

/** Empty: it is left as it is, for now. */
export interface TableDecision {
  readonly plan?: TablePlan
  readonly load?: Loading
  readonly finish?: Finish
  readonly brake?: Braked
  /** it cannot be read */
  readonly refusal?: Refusal
  readonly drifted?: Drifted
  /** what a load would cost the copy, for the brake on the whole */
  readonly outlook?: TableOutlook
}

const columnNames = (table: SourceTable): string[] => table.columns.map((column) => column.name)

/** Before a reload: a definition that changed together with most of the rows going is no reason not to ask. */
const countRows = async (snapshot: Snapshot, table: SourceTable): Promise<number> => {
  const read = async (sql: string) => {
    try {
      return await snapshot.read(sql)
    } catch (error) {
      // which MySQL ends without saying that it was at its limit
      throw isInterrupted(error) ? tooSlow(table, error) : error
    }
  }
  const [row] = await readKeyless({ read }, table, `SELECT COUNT(*) FROM ${quoteMysql(table.name)}`)
  return Number(row?.[0]?.toString('latin1') ?? '0')
}

/** undefined: the definition is what the copy follows */
export const alterationOf = (record: TableRecord, table: SourceTable): DefinitionDifference | undefined => {
  const now = keptDefinition(table)
  const isSame = record.fingerprint === table.fingerprint
  // a record of an older version takes the definition's details over with the next load
  if (isSame && record.definition.details === undefined) return undefined
  const difference = compareDefinitions(record.definition, now)
  if (difference.changes.length > 0) return difference
  // nothing that a definition says: the record itself was distrusted, or is of another version's digests
  return isSame ? undefined : { ...difference, inPlace: null }
}

/** A column that bears another name holds what it held; one that does not is another, and the former is gone. */
const brakeOnRenames = (
  record: TableRecord,
  { inPlace }: DefinitionDifference,
  plan: TablePlan,
  maxDelete: number,
): BrakeDecision | undefined => {
  const differing = updatesOf(plan) + deletesOf(plan)
  if (inPlace === null || inPlace.renames.length === 0 || differing <= maxDelete * record.rows)
    return undefined
  return brakeOnColumns(record, columnNames(plan.table))
}

export const refusalOf = ({ code, message, remedy }: MirrorError): Refusal => ({
  code,
  reason: message,
  remedy,
})

/** What `work` comes to; or the refusal of a table that cannot be read. */
export const orRefusal = async <T>(
  table: SourceTable,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | { readonly refusal: Refusal }> => {
  try {
    return { value: await whileReading(table.name, work) }
  } catch (error) {
    if (!(error instanceof MirrorError) || !isOfItsTable(error)) throw error
    return { refusal: refusalOf(error) }
  }
}

const stopAtEdits = ({ edited, onDrift }: Deciding, record: TableRecord): BrakeDecision | undefined => {
  const copy = edited.get(record.name)
  if (copy === undefined || policyFor(record, onDrift(record.name)) !== 'stop') return undefined
  const rows = Math.max(1, copy.suspects.length)
  return { code: 'MIRROR_4106', reason: `${rows} rows or more of the copy would go with a reload` }
}

/** All of its pieces are there: does this cycle prove them? */
const decideFinish = async (
  deciding: Deciding,
  table: SourceTable,
  record: TableRecord,
  load: LoadRecord,
): Promise<TableDecision> => {
  const found = await orRefusal(table, async () => {
    const loaded = await readLoadSegments(deciding.target, load.tableId)
    return planTable(deciding, table, recordOfLoad(record, load), loaded, 'load', load.seenFrom)
  })
  if ('refusal' in found) return found
  const plan = found.value
  const deletes = Math.max(0, record.rows - plan.rows)
  const stop = brakeOnDeletes(record, deletes, deciding.maxDelete) ?? stopAtEdits(deciding, record)
  const isAltered = record.fingerprint !== table.fingerprint
  return {
    outlook: { record, deletes, changed: 0, createdAt: table.createdAt, isAltered },
    ...(stop === undefined ? { finish: { load, plan } } : { brake: { ...stop, record } }),
  }
}

/** Its definition is another one, and the copy cannot be altered in place. */
const decideReload = async (
  deciding: Deciding,
  table: SourceTable,
  record: TableRecord,
): Promise<TableDecision> => {
  const { snapshot, maxDelete } = deciding
  const lost = brakeOnColumns(record, columnNames(table))
  const count = async (): Promise<number> => countRows(snapshot, table)
  // With a brake on it already a table that is too large to be counted need not be.
  const counted = async (): Promise<number> =>
    count().catch((error: unknown) => {
      if (isOfOneTable(error)) return record.rows
      throw error
    })
  const found = lost === undefined ? await orRefusal(table, count) : { value: await counted() }
  if ('refusal' in found) return found
  const deletes = Math.max(0, record.rows - found.value)
  const stop = lost ?? brakeOnDeletes(record, deletes, maxDelete) ?? stopAtEdits(deciding, record)
  return {
    outlook: { record, deletes, changed: 0, createdAt: table.createdAt, isAltered: true },
    ...(stop === undefined ? { load: { table, record } } : { brake: { ...stop, record } }),
  }
}

/** The copy follows it already. */
const decideFollowed = async (
  deciding: Deciding,
  table: SourceTable,
  record: TableRecord,
  altered: DefinitionDifference | undefined,
): Promise<TableDecision> => {
  const { state, look, maxDelete } = deciding
  const isSame = record.fingerprint === table.fingerprint
  const segments = await state.segments(record)
  const suspects = deciding.suspects.get(table.name)
  const policy = policyFor(record, deciding.onDrift(record.name))
  const ofDrift = suspects?.length === 0 ? { drifted: { record, policy } } : {}
  if (suspects?.length === 0 && policy === 'repair' && isSame) return { ...ofDrift, load: { table, record } }
  if (suspects?.length === 0 && policy === 'stop') {
    const brake = { record, code: 'MIRROR_4106', reason: 'its rows are not those recorded' } as const
    return { ...ofDrift, brake }
  }
  const standsStill =
    isSame &&
    record.state === 'live' &&
    record.accepted === null &&
    suspects === undefined &&
    look.standsStill(table.name)
  const how = table.key.length === 0 ? planKeyless : planTable
  const found = await orRefusal(table, async () => ({
    planned: standsStill
      ? planNothing(table, record, segments)
      : await how(deciding, table, record, segments, look.how),
    known: await withLostKeys(deciding, table, segments, suspects ?? []),
  }))
  if ('refusal' in found) return { ...ofDrift, ...found }
  const { planned, known } = found.value
  const lost = altered === undefined ? undefined : brakeOnRenames(record, altered, planned, maxDelete)
  if (lost !== undefined) return { ...ofDrift, brake: { ...lost, record } }
  const plan = withSuspects(planned, known)
  return { ...ofDrift, plan: altered === undefined ? plan : { ...plan, altered } }
}

/** `record`: of its copy; undefined: it has none */
export const decideTable = async (
  deciding: Deciding,
  table: SourceTable,
  record: TableRecord | undefined,
): Promise<TableDecision> => {
  const { state, cache, deepScanMs } = deciding
  if (record !== undefined && record.brake !== null) return {}
  const load = state.loads.get(table.name)
  if (record !== undefined && load !== undefined) {
    // the pieces go on between the cycles; what stands under the table's name stays meanwhile
    return load.phase === 'ready' ? decideFinish(deciding, table, record, load) : {}
  }
  const refused = record?.state === 'refused' ? (record.refusal?.code ?? '') : ''
  const mayTry = (): boolean => !isFailure(refused) || cache.mayLoad(table.name, deepScanMs)
  if (record === undefined || record.fingerprint === null) {
    const isOpen = lacksItsPlace(record) ? !deciding.taken.has(table.name) : mayTry()
    return isOpen ? { load: { table, record } } : {}
  }
  const altered = alterationOf(record, table)
  const isSame = record.fingerprint === table.fingerprint
  // What PostgreSQL would not take once, it is not asked once a second; nor the source for what takes it so long.
  const isDear = !isSame || refused === 'MIRROR_2011'
  if (isDear && !mayTry()) return {}
  return isSame || (altered?.inPlace ?? null) !== null
    ? decideFollowed(deciding, table, record, altered)
    : decideReload(deciding, table, record)
}
