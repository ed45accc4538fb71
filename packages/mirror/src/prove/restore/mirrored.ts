/** All that the mirror holds of the source, at one snapshot of PostgreSQL: definitions, digests, rows. */
import { MirrorError } from '../../errors.ts'
import type { KeyId, Segment } from '../../model.ts'
import { quotePostgres } from '../../names.ts'
import type { Target } from '../../postgres.ts'
import { type KeptDefinitions, readKeptDefinitions } from '../../record/definitions.ts'
import { readRowStates } from '../../record/row-state.ts'
import { readSource, type SourceRecord } from '../../record/source.ts'
import { readSegments, readTables, type TableRecord } from '../../record/tables.ts'

export interface MirroredTable {
  readonly record: TableRecord
  readonly segments: readonly Segment[]
  /** what was recorded for the source */
  readonly rows: number
  readonly digest: bigint
}

export interface Mirrored {
  readonly target: Target
  readonly source: SourceRecord
  readonly definitions: KeptDefinitions
  readonly tables: readonly MirroredTable[]
  /** tables that the mirror knows of and does not hold as part of the source */
  readonly others: readonly TableRecord[]
}

/** Their copy is what the source was at a proved snapshot. The others are not in the source, or not in the mirror. */
const isHeld = (record: TableRecord): boolean =>
  record.fingerprint !== null &&
  (record.state === 'live' || record.state === 'braked' || record.state === 'loading')

const names = (sourceId: string, records: Iterable<TableRecord>): string =>
  [...records]
    .filter(isHeld)
    .map((record) => `${quotePostgres(sourceId)}.${quotePostgres(record.targetName)}`)
    .join(', ')

/** A table that is loaded anew between a look at its name and the lock on it: look again. */
const attempts = 10

/**
 * Calls `work` within one REPEATABLE READ transaction. The tables are locked (as by any reader) before its snapshot is
 * taken: a table that a mirror at work put in another's place afterwards would look empty to it.
 */
export const withMirrored = async <T>(
  target: Target,
  sourceId: string,
  selected: (table: string) => boolean,
  work: (mirrored: Mirrored) => Promise<T>,
): Promise<T> => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const before = names(sourceId, (await readTables(target, sourceId)).values())
    await target.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    try {
      await target.run(`LOCK TABLE mirror.row_pack${before === '' ? '' : `, ${before}`} IN ACCESS SHARE MODE`)
      const records = await readTables(target, sourceId)
      if (names(sourceId, records.values()) !== before) continue
      return await work(await readMirrored(target, sourceId, records, selected))
    } finally {
      await target.run('ROLLBACK').catch(() => undefined)
    }
  }
  throw new MirrorError('MIRROR_3005', {
    detail: 'the mirror’s tables change faster than they can be locked',
  })
}

const readMirrored = async (
  target: Target,
  sourceId: string,
  records: ReadonlyMap<string, TableRecord>,
  selected: (table: string) => boolean,
): Promise<Mirrored> => {
  const source = await readSource(target, sourceId)
  const definitions = await readKeptDefinitions(target, sourceId)
  if (source === undefined || source.cycle === null) throw new MirrorError('MIRROR_4005')
  if (definitions === undefined) throw new MirrorError('MIRROR_4007')
  const tables: MirroredTable[] = []
  for (const record of records.values()) {
    if (!isHeld(record) || !selected(record.name)) continue
    const segments = await readSegments(target, record.id)
    tables.push({
      record,
      segments,
      rows: segments.reduce((sum, segment) => sum + segment.rows, 0),
      digest: segments.reduce((sum, segment) => sum + segment.digest, 0n),
    })
  }
  return {
    target,
    source,
    definitions,
    tables,
    others: [...records.values()].filter((record) => !isHeld(record) || !selected(record.name)),
  }
}

/** Recorded digests of the rows of one segment. */
export const recordedRows = async (
  target: Target,
  table: MirroredTable,
  segment: Segment,
): Promise<ReadonlyMap<KeyId, bigint>> =>
  (await readRowStates(target, table.record.id, [segment.id])).get(segment.id) ?? new Map<KeyId, bigint>()
