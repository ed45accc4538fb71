/**
 * Is what was restored equal to what was recorded for the source? The restored server computes count and sum of the
 * same digest expression over all rows; where they differ, the rows' own digests, which are recorded too, tell which.
 */
import { type CanonicalKey, isWholeRowId, type KeyBytes, keyOfId, type Segment } from '../../model.ts'
import { quoteMysql } from '../../names.ts'
import type { Target } from '../../postgres.ts'
import { wholeDigestSql } from '../../source/keyless.ts'
import { keysSql, type KeyRange, segmentDigestsSql } from '../../source/ranges.ts'
import { toKeyedDigest, toRangeDigest } from '../../source/rows.ts'
import type { SourceTable } from '../../source/tables.ts'
import type { DifferenceKind, Violation } from '../../types.ts'
import type { Destination } from './destination.ts'
import { type MirroredTable, recordedRows } from './mirrored.ts'

/** Ranges of one statement: bounds its text and its time. */
const rangesPerStatement = 100
const keysPerRead = 5_000

const rangeOf = (segments: readonly Segment[], index: number): KeyRange => ({
  low: segments[index]?.low ?? null,
  high: segments[index + 1]?.low ?? null,
})

export interface Difference {
  readonly key: CanonicalKey
  readonly kind: DifferenceKind
}

export interface Proof {
  readonly rows: number
  readonly equal: boolean
  /** positions of the segments that differ */
  readonly differing: readonly number[]
}

export const proveTable = async (
  destination: Destination,
  table: SourceTable,
  recorded: MirroredTable,
): Promise<Proof> => {
  const { segments } = recorded
  if (table.key.length === 0) {
    const whole = toRangeDigest((await destination.rows(wholeDigestSql(table)))[0])
    const equal = whole.rows === recorded.rows && whole.digest === recorded.digest
    return { rows: whole.rows, equal, differing: [] }
  }
  const differing: number[] = []
  let rows = 0
  let digest = 0n
  for (let start = 0; start < segments.length; start += rangesPerStatement) {
    const part = segments.slice(start, start + rangesPerStatement)
    const found = await destination.rows(
      segmentDigestsSql(
        table,
        part.map((_, index) => rangeOf(segments, start + index)),
      ),
    )
    const byPosition = new Map(found.map((row) => [Number(row[0]?.toString('latin1')), row]))
    for (const [index, segment] of part.entries()) {
      const computed = toRangeDigest(byPosition.get(index))
      rows += computed.rows
      digest += computed.digest
      if (computed.rows !== segment.rows || computed.digest !== segment.digest) differing.push(start + index)
    }
  }
  return { rows, equal: rows === recorded.rows && digest === recorded.digest, differing }
}

/** Rows that differ from what was recorded, segment by segment. */
export const findDifferences = async (
  target: Target,
  destination: Destination,
  table: SourceTable,
  recorded: MirroredTable,
  differing: readonly number[],
  found: (difference: Difference) => void,
): Promise<void> => {
  for (const index of differing) {
    const segment = recorded.segments[index]
    if (segment === undefined) continue
    const left = new Map(await recordedRows(target, recorded, segment))
    const extra: CanonicalKey[] = []
    let after: KeyBytes | null = null
    for (;;) {
      const read = await destination.rows(
        keysSql(table, rangeOf(recorded.segments, index), after, keysPerRead),
      )
      const keys = read.map((row) => toKeyedDigest(table, row))
      for (const { id, key, digest } of keys) {
        const was = left.get(id)
        left.delete(id)
        if (was === undefined) extra.push(key)
        else if (was !== digest) found({ key, kind: 'changed' })
      }
      after = keys.at(-1)?.bytes ?? null
      if (keys.length < keysPerRead) break
    }
    // Of a row whose key PostgreSQL cannot hold the record knows a hash alone, under which it stands in exact_row.
    for (const id of left.keys()) {
      found({
        key: isWholeRowId(id) ? [`exact_row ${id.slice(1)}`] : keyOfId(id, table.key.length),
        kind: 'missing',
      })
    }
    for (const key of extra) found({ key, kind: 'extra' })
  }
}

const text = (field: Buffer | null | undefined): string => field?.toString('utf8') ?? ''

interface ForeignKey {
  readonly table: string
  readonly parent: string
  readonly pairs: { readonly child: string; readonly parent: string }[]
}

const foreignKeys = async (destination: Destination): Promise<ReadonlyMap<string, ForeignKey>> => {
  const rows = await destination.rows(
    `SELECT CONSTRAINT_NAME, TABLE_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
       FROM information_schema.KEY_COLUMN_USAGE
      WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL
      ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`,
  )
  const keys = new Map<string, ForeignKey>()
  for (const [name, table, column, schema, parent, parentColumn] of rows) {
    const id = JSON.stringify([text(table), text(name)])
    const key = keys.get(id) ?? {
      table: text(table),
      parent: `${quoteMysql(text(schema))}.${quoteMysql(text(parent))}`,
      pairs: [],
    }
    key.pairs.push({ child: quoteMysql(text(column)), parent: quoteMysql(text(parentColumn)) })
    keys.set(id, key)
  }
  return keys
}

/** Rows of which a foreign key or (on MariaDB) a check of the restored table would not take a new one. */
export const findViolations = async (
  destination: Destination,
  parents: (parent: string) => Promise<boolean>,
): Promise<readonly Violation[]> => {
  const violations: Violation[] = []
  const count = async (table: string, constraint: string, sql: string): Promise<void> => {
    const [row] = await destination.rows(sql)
    const rows = Number(text(row?.[0]))
    if (rows > 0) violations.push({ table, constraint, rows })
  }
  for (const [id, key] of await foreignKeys(destination)) {
    const constraint = String((JSON.parse(id) as string[])[1])
    const set = key.pairs.map(({ child }) => `c.${child} IS NOT NULL`).join(' AND ')
    const met = key.pairs.map(({ child, parent }) => `p.${parent} = c.${child}`).join(' AND ')
    const orphan = (await parents(key.parent))
      ? ` AND NOT EXISTS (SELECT 1 FROM ${key.parent} AS p WHERE ${met})`
      : ''
    await count(
      key.table,
      constraint,
      `SELECT COUNT(*) FROM ${quoteMysql(key.table)} AS c WHERE ${set}${orphan}`,
    )
  }
  // MySQL has judged each row as it came; only MariaDB can be told not to.
  if (destination.flavour.name === 'mariadb') {
    const checks = await destination.rows(
      `SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = DATABASE()`,
    )
    for (const [table, name, clause] of checks) {
      await count(
        text(table),
        text(name),
        `SELECT COUNT(*) FROM ${quoteMysql(text(table))} WHERE NOT (${text(clause)})`,
      )
    }
  }
  return violations
}
