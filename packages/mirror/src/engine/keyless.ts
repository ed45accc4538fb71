/**
 * Tables without a key: followed as multisets of row digests (docs/decisions/0035).
 *
 *   scan    rows and sum of digests of the whole: one reading of the table
 *   differ  how many rows of each digest, slice by slice, held against what is recorded: one reading a slice
 *   apply   rows that came are read by their digests; rows that went are found in the copy by PostgreSQL's hash of them
 *
 * Equal rows are counted, never told apart: of three, one that goes leaves two. An update is a row that goes and one that
 * comes. Where the copy does not hold what is to be taken away, somebody else changed it: the table is loaded anew.
 */
import { endStaging, beginStaging, deleteByHash, stageRows } from '../apply/keyless.ts'
import { beginLoad, finishLoad, loadingTable } from '../apply/load.ts'
import { MirrorError } from '../errors.ts'
import type { KeyId, MirrorRow, RangeDigest, Segment } from '../model.ts'
import { recordConflicts, type RecordedConflict } from '../record/conflict.ts'
import {
  clearDigestCounts,
  readDigestCounts,
  readRowHashes,
  signedDigest,
  takeDigestCounts,
} from '../record/keyless.ts'
import {
  type Change,
  clearExactValues,
  countExactValues,
  readExactValues,
  recordChanges,
  replaceExactValues,
} from '../record/ledger.ts'
import { advanceTable, replaceSegments, type TableRecord } from '../record/tables.ts'
import {
  digestCountsSql,
  readKeyless,
  rowsByDigestSql,
  type Slice,
  sliceRowsSql,
  wholeDigestSql,
} from '../source/keyless.ts'
import { toMirrorRow, toRangeDigest } from '../source/rows.ts'
import type { SourceTable } from '../source/tables.ts'
import type { DriftPolicy, TableSync } from '../types.ts'
import type { ApplyContext } from './apply-plan.ts'
import { exactEntries } from './aside.ts'
import { DriftStop } from './drift-plan.ts'
import { imageOfMirror, imageOfSource } from './images.ts'
import { indexColumns, loadedTable, recordLoad } from './load-table.ts'
import { type PlanContext, planNothing, type TablePlan } from './plan.ts'
import { chunksOf, rowsPerStatement, targetTable } from './shape.ts'

/** What a slice may hold here: digests with their numbers, and whole rows. */
const countsPerSlice = 100_000
const bytesPerSlice = 8_000_000
const mostRowsPerSlice = 50_000
/** Digests that came or went: some 20 MB. Of more than that the ledger tells as of a load. */
const mostChanges = 100_000

const sumOf = (counts: ReadonlyMap<unknown, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0)

const slicesOf = (rows: number, perSlice: number): Slice[] => {
  const count = Math.max(1, Math.ceil(rows / perSlice))
  return Array.from({ length: count }, (_, index) => ({ count, index }))
}

const number = (bytes: Buffer | null | undefined): bigint => BigInt(bytes?.toString('latin1') ?? '0')

/** A row too wide for the server to digest belongs to no slice. */
const checkRows = (table: SourceTable, read: number, expected: number): void => {
  if (read === expected || table.consistency === 'table') return
  throw new MirrorError('MIRROR_2010', {
    table: table.name,
    detail: `of ${expected} rows ${read} have a digest: a row is too wide for max_allowed_packet on the source`,
  })
}

export const planKeyless = async (
  { snapshot, target }: PlanContext,
  table: SourceTable,
  record: TableRecord,
  segments: readonly Segment[],
  how: 'digest' | 'deep',
): Promise<TablePlan> => {
  await snapshot.ready()
  const started = performance.now()
  const found: RangeDigest = toRangeDigest((await readKeyless(snapshot, table, wholeDigestSql(table)))[0])
  const scanMs = performance.now() - started
  const [whole] = segments
  const same = whole !== undefined && whole.rows === found.rows && whole.digest === found.digest
  const nothing = { ...planNothing(table, record, segments), scanMs, how }
  if (same) return nothing
  const arrived = new Map<bigint, number>()
  const gone = new Map<bigint, number>()
  let rows = 0
  let sum = 0n
  let isBeyond = false
  for (const slice of slicesOf(Math.max(found.rows, record.rows), countsPerSlice)) {
    const recorded = await readDigestCounts(target, record.id, slice)
    for (const row of await readKeyless(snapshot, table, digestCountsSql(table, slice))) {
      if (row[0] === null) continue
      const digest = number(row[0])
      const count = Number(number(row[1]))
      const before = recorded.get(digest) ?? 0
      rows += count
      sum += digest * BigInt(count)
      if (count > before) arrived.set(digest, count - before)
      if (count < before) gone.set(digest, before - count)
      recorded.delete(digest)
    }
    for (const [digest, count] of recorded) gone.set(digest, count)
    isBeyond ||= arrived.size + gone.size > mostChanges
    if (isBeyond) for (const list of [arrived, gone]) list.clear()
  }
  checkRows(table, rows, found.rows)
  // what was counted, which where rows move meanwhile is not what was found at first
  const counted: RangeDigest = { rows, digest: sum }
  return {
    ...nothing,
    digests: new Map([[0, counted]]),
    segments: [{ id: 0, low: null, ...counted }],
    rows,
    rowsRead: rows,
    multiset: { arrived, gone, isBeyond },
  }
}

/** A digest as the key under which the exact values of its rows are kept: all of them have the same. */
export const digestKey = (digest: bigint): readonly string[] => [digest.toString(16).padStart(16, '0')]

const keyed = (row: MirrorRow): MirrorRow => ({ ...row, key: digestKey(row.digest) })

const stagedRow = (row: MirrorRow): readonly (string | null)[] => [signedDigest(row.digest), ...row.shown]

const takeAway = async (
  context: ApplyContext,
  table: SourceTable,
  tableId: number,
  gone: ReadonlyMap<bigint, number>,
  /** take away what is there of it */
  tolerant = false,
): Promise<number> => {
  const { target, sourceId } = context
  const shape = targetTable(sourceId, table)
  let deleted = 0
  for (const chunk of chunksOf([...gone], rowsPerStatement)) {
    const hashes = await readRowHashes(
      target,
      tableId,
      chunk.map(([digest]) => digest),
    )
    const keys = chunk.map(([digest]) => digestKey(digest))
    const exact = await readExactValues(target, sourceId, table.name, keys)
    const byHash = new Map<string, number>()
    const digestsOf = new Map<string, bigint[]>()
    for (const [digest, count] of chunk) {
      const hash = hashes.get(digest) ?? ''
      byHash.set(hash, (byHash.get(hash) ?? 0) + count)
      digestsOf.set(hash, [...(digestsOf.get(hash) ?? []), ...Array.from({ length: count }, () => digest)])
    }
    const rows = await deleteByHash(target, shape, byHash)
    if (rows.length !== sumOf(byHash) && !tolerant) throw new KeylessDrift()
    deleted += rows.length
    const changes = rows.map(([hash, ...values]): Change => {
      const digest = digestsOf.get(hash ?? '')?.pop() ?? 0n
      const kept = exact.get(JSON.stringify(digestKey(digest)))
      const before = imageOfMirror(table, values, kept, context.redaction)
      return { table: table.name, key: [], op: 'delete', before, after: null }
    })
    await recordChanges(target, sourceId, context.cycle, changes)
    await takeDigestCounts(target, tableId, new Map(chunk))
    const left = await readRowHashes(
      target,
      tableId,
      chunk.map(([digest]) => digest),
    )
    const ended = chunk.filter(([digest]) => !left.has(digest)).map(([digest]) => digestKey(digest))
    if (exact.size > 0) await replaceExactValues(target, sourceId, table.name, ended, [])
  }
  return deleted
}

/** Of a table without a key nobody can say which row: only that its rows are not those recorded. */
export const conflictOf = (record: TableRecord, policy: DriftPolicy): RecordedConflict => ({
  key: [],
  kind: 'changed',
  expected: { rows: String(record.rows) },
  found: null,
  outcome: ({ repair: 'repaired', keep: 'kept', stop: 'stopped' } as const)[policy],
})

/** The copy does not hold a row that is to be taken away. */
class KeylessDrift extends Error {}

const putIn = async (
  context: ApplyContext,
  table: SourceTable,
  tableId: number,
  arrived: ReadonlyMap<bigint, number>,
): Promise<{ readonly inserted: number; readonly complete: boolean }> => {
  const { target, sourceId } = context
  const shape = targetTable(sourceId, table)
  let inserted = 0
  let complete = true
  await beginStaging(target, shape, tableId)
  for (const chunk of chunksOf([...arrived], rowsPerStatement)) {
    const wanted = new Map(chunk)
    const read = await readKeyless(context.snapshot, table, rowsByDigestSql(table, [...wanted.keys()]))
    const rows = read
      .map((row) => keyed(toMirrorRow(table, row)))
      .filter((row) => {
        const left = wanted.get(row.digest) ?? 0
        wanted.set(row.digest, left - 1)
        return left > 0
      })
    const short = [...wanted.values()].some((left) => left > 0)
    complete &&= !short
    if (short && table.consistency === 'cycle') throw new MirrorError('MIRROR_2004', { table: table.name })
    await stageRows(target, shape, tableId, rows.map(stagedRow))
    await keepExact(context, table, rows)
    await recordChanges(
      target,
      sourceId,
      context.cycle,
      rows.map((row) => ({
        table: table.name,
        key: [],
        op: 'insert',
        before: null,
        after: imageOfSource(table, row, context.redaction),
      })),
    )
    inserted += rows.length
  }
  await endStaging(target, tableId)
  return { inserted, complete }
}

/** Equal rows share their exact values: those of a digest are written once. */
const keepExact = async (
  { target, sourceId }: ApplyContext,
  table: SourceTable,
  rows: readonly MirrorRow[],
): Promise<void> => {
  const distinct = [...new Map(rows.map((row): [KeyId, MirrorRow] => [row.key[0] ?? '', row])).values()]
  const entries = exactEntries(table, distinct)
  if (entries.length === 0) return
  await replaceExactValues(
    target,
    sourceId,
    table.name,
    distinct.map((row) => row.key),
    entries,
  )
}

const exactOf = async ({ target, sourceId }: ApplyContext, table: SourceTable): Promise<number> =>
  countExactValues(target, sourceId, table.name)

export const applyKeyless = async (
  context: ApplyContext,
  plan: TablePlan,
  multiset: NonNullable<TablePlan['multiset']>,
  provedAt: string,
): Promise<TableSync> => {
  const { target } = context
  const { table, record } = plan
  if (multiset.isBeyond) {
    context.onUnsettled(record.id)
    return loadKeyless(context, table, record.id, provedAt, () => undefined)
  }
  await target.run('SAVEPOINT keyless')
  let deleted: number
  try {
    deleted = await takeAway(context, table, record.id, multiset.gone)
  } catch (error) {
    if (!(error instanceof KeylessDrift)) throw error
    await target.run('ROLLBACK TO SAVEPOINT keyless')
    const policy = context.onDrift(record)
    const conflict = conflictOf(record, policy)
    if (policy === 'stop') throw new DriftStop([conflict])
    await recordConflicts(target, context.sourceId, context.cycle, table.name, [conflict])
    if (policy === 'repair') {
      context.onUnsettled(record.id)
      return loadKeyless(context, table, record.id, provedAt, () => undefined)
    }
    deleted = await takeAway(context, table, record.id, multiset.gone, true)
  }
  const { inserted, complete } = await putIn(context, table, record.id, multiset.arrived)
  // Rows of an engine without transactions may be gone when they are read: the next cycle counts again.
  const segments = complete ? plan.segments : plan.segments.map((segment) => ({ ...segment, rows: -1 }))
  await replaceSegments(target, record.id, segments)
  if (!complete) context.onUnsettled(record.id)
  const exactValues = await exactOf(context, table)
  await advanceTable(target, record.id, {
    rows: plan.rows,
    exactValues,
    nextSegment: 1,
    scanMs: plan.scanMs,
    proof: context.snapshot.proof,
    provedAt,
  })
  const rowsRead = plan.rowsRead + inserted
  return {
    inserted,
    updated: 0,
    deleted,
    rowsRead,
    exactValues,
    consistency: table.consistency,
    how: plan.how,
  }
}

/** Beside the table that is there, slice by slice; it takes its place within the cycle's transaction. */
export const loadKeyless = async (
  context: ApplyContext,
  table: SourceTable,
  tableId: number,
  provedAt: string,
  progress: (rows: number) => void,
): Promise<TableSync> => {
  const { snapshot, target, sourceId } = context
  const shape = targetTable(sourceId, table)
  await beginLoad(target, shape, tableId)
  await beginStaging(target, shape, tableId)
  await clearDigestCounts(target, tableId)
  await clearExactValues(target, sourceId, table.name)
  const found = toRangeDigest((await readKeyless(snapshot, table, wholeDigestSql(table)))[0])
  const perSlice = Math.min(mostRowsPerSlice, Math.ceil(bytesPerSlice / Math.max(1, table.estimatedRowBytes)))
  let rows = 0
  let digest = 0n
  for (const slice of slicesOf(found.rows, perSlice)) {
    const read = (await readKeyless(snapshot, table, sliceRowsSql(table, slice))).map((row) =>
      keyed(toMirrorRow(table, row)),
    )
    await stageRows(target, shape, tableId, read.map(stagedRow), loadingTable(shape, tableId))
    await keepExact(context, table, read)
    rows += read.length
    digest = read.reduce((sum, row) => sum + row.digest, digest)
    progress(rows)
  }
  checkRows(table, rows, found.rows)
  await endStaging(target, tableId)
  await finishLoad(target, shape, tableId, indexColumns(table))
  await replaceSegments(target, tableId, [{ id: 0, low: null, rows, digest }])
  const exactValues = await exactOf(context, table)
  await advanceTable(target, tableId, {
    rows,
    exactValues,
    nextSegment: 1,
    scanMs: 0,
    proof: snapshot.proof,
    provedAt,
  })
  await recordLoad(target, sourceId, context.cycle, table, rows)
  return loadedTable(table, rows, exactValues)
}
