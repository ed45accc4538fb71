/** `status` and `history`: read from the target alone, so that they answer while the source is away. */
import { type ErrorCode, errorTable, isErrorCode, MirrorError } from '../errors.ts'
import type { Target } from '../postgres.ts'
import { isTold, readChanges, readCycles } from '../record/ledger.ts'
import { countConflicts, hasConflicts, readConflicts } from '../record/conflict.ts'
import {
  hasLimits,
  type LimitsRecord,
  type MeasuredLimits,
  type OpenWait,
  readLimits,
  readWait,
  readWaits,
  type StatedLimits,
} from '../record/limits.ts'
import { readSchemaChanges } from '../record/schema-change.ts'
import { hasLoads, type LoadRecord, readLoads } from '../record/loads.ts'
import { currentLeader, readSource } from '../record/source.ts'
import { readTables, type TableRecord } from '../record/tables.ts'
import { didYouMean } from '../suggest.ts'
import type {
  HistoryQuery,
  HistoryReport,
  LimitsStatus,
  LimitStatus,
  MirrorOptions,
  StatusReport,
  TableStatus,
  Waiting,
} from '../types.ts'
import { statedLimits } from './guard.ts'
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

/**
 * From the beginning of one look to that of the next. A look that keeps the source busy for `scanMs` is followed by a rest, so that it is
 * the stated share of the whole; while something is loaded, cycles leave the load half of the share (loop.ts).
 */
export const intervalOf = (
  { share, pollMs }: Pick<StatedLimits, 'share' | 'pollMs'>,
  scanMs: number,
  isLoading: boolean,
): number => Math.round(Math.max(pollMs, scanMs / (isLoading ? share / 2 : share)))

const waitingOf = ({ code, reason, since }: OpenWait): Waiting => ({
  // only codes of the table are recorded; a newer version's has no words here
  code: code as ErrorCode,
  reason,
  remedy: isErrorCode(code) ? errorTable[code].remedy : '',
  since,
})

const limitsOf = ({ stated, measured, measuredAt }: LimitsRecord): LimitsStatus => {
  const limit = (name: keyof MeasuredLimits): LimitStatus => ({
    limit: stated[name],
    ...(measured?.[name] ?? { measured: null, reached: 0 }),
  })
  return {
    share: limit('share'),
    statementMs: limit('statementMs'),
    snapshotAgeMs: limit('snapshotAgeMs'),
    threadsRunning: limit('threadsRunning'),
    measuredAt,
  }
}

export const readStatus = async (
  target: Target,
  options: MirrorOptions,
  recorded: boolean,
): Promise<StatusReport> => {
  const sourceId = sourceIdOf(options)
  const source = recorded ? await readSource(target, sourceId) : undefined
  if (source === undefined) {
    return {
      state: 'new',
      cycle: null,
      snapshotAt: null,
      leader: null,
      tables: {},
      refused: {},
      brakes: [],
      waiting: null,
      limits: null,
    }
  }
  const tables = await readTables(target, sourceId)
  const conflicts = (await hasConflicts(target)) ? await countConflicts(target, sourceId) : noConflicts
  const loads = (await hasLoads(target)) ? await readLoads(target, sourceId) : new Map<string, LoadRecord>()
  const brakes = brakesOf({ source, tables })
  // One connection reads all tables in turn: the share of time left to one is what all of them need.
  const scanMs = [...tables.values()].reduce((sum, table) => sum + table.scanMs, 0)
  const isRecorded = await hasLimits(target)
  const record = isRecorded ? await readLimits(target, sourceId) : undefined
  const stated = record?.stated ?? statedLimits(options)
  const intervalMs = intervalOf(stated, scanMs, loads.size > 0)
  const leader = await currentLeader(target, sourceId)
  const wait = isRecorded && leader !== null ? await readWait(target, sourceId) : undefined
  const state = (): StatusReport['state'] => {
    if (source.cycle === null) return 'new'
    if (brakes.length > 0) return 'braked'
    if (source.paused) return 'paused'
    return (wait?.forMs ?? 0) > 2 * intervalMs ? 'lagging' : 'live'
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
    waiting: wait === undefined ? null : waitingOf(wait),
    limits: record === undefined ? null : limitsOf(record),
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
    waits:
      isFirstPage && query.table === undefined && (await hasLimits(target))
        ? await readWaits(target, sourceId, query)
        : [],
    conflicts: isFirstPage ? await readConflicts(target, sourceId, query) : [],
    next: changes.length === query.limit && last !== undefined ? String(last.id) : null,
  }
}
