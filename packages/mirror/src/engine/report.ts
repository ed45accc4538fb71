/** `status` and `history`: read from the target alone, so that they answer while the source is away. */
import { MirrorError } from '../errors.ts'
import type { Target } from '../postgres.ts'
import { isTold, readChanges, readCycles } from '../record/ledger.ts'
import { countConflicts, hasConflicts, readConflicts } from '../record/conflict.ts'
import { readSchemaChanges } from '../record/schema-change.ts'
import { hasLoads, type LoadRecord, readLoads } from '../record/loads.ts'
import { currentLeader, readSource } from '../record/source.ts'
import { readTables, type TableRecord } from '../record/tables.ts'
import { didYouMean } from '../suggest.ts'
import type { HistoryQuery, HistoryReport, MirrorOptions, StatusReport, TableStatus } from '../types.ts'
import { brakesOf, refusalsOf } from './standing.ts'
import { sourceIdOf } from '../source-id.ts'

const noConflicts: Awaited<ReturnType<typeof countConflicts>> = new Map()

/** By the statistics with which the load began; they may be wrong, so that the end is told by the end alone. */
const progressOf = (load: LoadRecord | undefined): number | null => {
  if (load === undefined) return null
  if (load.phase !== 'rows') return 0.99
  return Math.min(0.98, Math.round((100 * load.rows) / Math.max(load.estimatedRows, load.rows, 1)) / 100)
}

const tableStatus = (
  table: TableRecord,
  load: LoadRecord | undefined,
  provedAt: string | null,
  intervalMs: number,
  counted: { readonly conflicts: number; readonly kept: number } = { conflicts: 0, kept: 0 },
): TableStatus => ({
  state: table.state,
  rows: table.rows,
  // A table that is followed was part of the last cycle, whether it changed or not.
  provedAt: table.state === 'live' ? provedAt : table.provedAt,
  proof: table.proof,
  consistency: table.consistency,
  exactValues: table.exactValues,
  ...counted,
  intervalMs,
  progress: progressOf(load),
})

export const readStatus = async (
  target: Target,
  options: MirrorOptions,
  recorded: boolean,
): Promise<StatusReport> => {
  const sourceId = sourceIdOf(options)
  const source = recorded ? await readSource(target, sourceId) : undefined
  if (source === undefined) {
    return { state: 'new', cycle: null, snapshotAt: null, leader: null, tables: {}, refused: {}, brakes: [] }
  }
  const tables = await readTables(target, sourceId)
  const conflicts = (await hasConflicts(target)) ? await countConflicts(target, sourceId) : noConflicts
  const loads = (await hasLoads(target)) ? await readLoads(target, sourceId) : new Map<string, LoadRecord>()
  const brakes = brakesOf({ source, tables })
  // One connection reads all tables in turn: the share of time left to one is what all of them need.
  const scanMs = [...tables.values()].reduce((sum, table) => sum + table.scanMs, 0)
  const intervalMs = Math.round(Math.max(options.pollMs, scanMs / options.maxShare))
  const leader = await currentLeader(target, sourceId)
  const state = (): StatusReport['state'] => {
    if (source.cycle === null) return 'new'
    if (brakes.length > 0) return 'braked'
    return source.paused ? 'paused' : 'live'
  }
  return {
    state: state(),
    cycle: source.cycle,
    snapshotAt: source.snapshotAt,
    leader,
    tables: Object.fromEntries(
      [...tables.values()].map((table) => [
        table.name,
        tableStatus(table, loads.get(table.name), source.snapshotAt, intervalMs, conflicts.get(table.name)),
      ]),
    ),
    refused: refusalsOf(tables),
    brakes,
  }
}

/** Throws MIRROR_4008 for a name that neither a table has nor anything in the history. */
const requireKnown = async (target: Target, sourceId: string, name: string): Promise<void> => {
  const known = [...(await readTables(target, sourceId)).keys()]
  if (known.includes(name) || (await isTold(target, sourceId, name))) return
  const detail = `${JSON.stringify(name)}.${didYouMean(name, known)}`.replace(/\.$/, '')
  throw new MirrorError('MIRROR_4008', { detail })
}

export const readHistory = async (
  target: Target,
  options: MirrorOptions,
  query: HistoryQuery,
): Promise<HistoryReport> => {
  const sourceId = sourceIdOf(options)
  if (query.table !== undefined) await requireKnown(target, sourceId, query.table)
  const before = query.after === undefined ? undefined : Number(query.after)
  const changes = await readChanges(target, sourceId, {
    limit: query.limit,
    ...(query.table === undefined ? {} : { table: query.table }),
    ...(query.key === undefined ? {} : { key: query.key }),
    ...(query.since === undefined ? {} : { since: query.since }),
    ...(before === undefined ? {} : { before }),
  })
  const cycles = await readCycles(target, sourceId, query.since, query.limit)
  const isFirstPage = before === undefined && query.key === undefined
  const schemaChanges = isFirstPage ? await readSchemaChanges(target, sourceId, query) : []
  const last = changes.at(-1)
  return {
    cycles,
    changes: changes.map(({ id: _id, ...change }) => change),
    schemaChanges,
    conflicts: isFirstPage ? await readConflicts(target, sourceId, query) : [],
    next: changes.length === query.limit && last !== undefined ? String(last.id) : null,
  }
}
