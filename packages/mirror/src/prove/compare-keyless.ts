/**
 * Source × mirror of a table without a key: both as multisets of rows, each row one hash of its text, so that memory holds a
 * number a distinct row. Exact values belong to a row's digest there, and are compared with the source's by it.
 */
import { createHash } from 'node:crypto'
import { tableName } from '../apply/shape.ts'
import type { MirrorRow } from '../model.ts'
import { quotePostgres } from '../names.ts'
import { eachExactKey, readExactValues } from '../record/ledger.ts'
import { readKeyless, sliceRowsSql, wholeDigestSql } from '../source/keyless.ts'
import { toMirrorRow, toRangeDigest } from '../source/rows.ts'
import type { DifferenceKind } from '../types.ts'
import type { Difference, Sides } from './compare.ts'

const rowsPerSlice = 20_000
const pieceRows = 2_000

const hashOf = (values: readonly (string | null)[]): bigint =>
  createHash('sha256').update(JSON.stringify(values)).digest().readBigUInt64BE()

const add = (counts: Map<bigint, number>, hash: bigint, by: number): void => {
  const now = (counts.get(hash) ?? 0) + by
  if (now === 0) counts.delete(hash)
  else counts.set(hash, now)
}

/** Every difference bears the empty key: which of two equal rows is missing, nobody can say. */
const difference = (kind: DifferenceKind): Difference => ({
  id: '',
  key: [],
  bytes: null,
  stray: false,
  kind,
})

const exactKey = (row: Pick<MirrorRow, 'digest'>): readonly string[] => [
  row.digest.toString(16).padStart(16, '0'),
]

export const compareKeyless = async (
  sides: Sides,
  found: (difference: Difference) => void,
): Promise<{ readonly rows: number }> => {
  const { table, snapshot, target, sourceId } = sides
  const decoded = (index: number, shown: string | null): string | null =>
    shown === null ? null : (table.columns[index]?.codec.decode(shown) ?? shown)
  /** source minus mirror */
  const counts = new Map<bigint, number>()
  const withExact = new Set<string>()
  const expected = toRangeDigest((await readKeyless(snapshot, table, wholeDigestSql(table)))[0]).rows
  const slices = Math.max(1, Math.ceil(expected / rowsPerSlice))
  let rows = 0
  for (let index = 0; index < slices; index += 1) {
    const slice = sliceRowsSql(table, { count: slices, index })
    const exact = new Map<string, Pick<MirrorRow, 'digest' | 'exact'>>()
    // one row at a time: they may be as wide as rows become
    const visit = (row: MirrorRow): void => {
      rows += 1
      if (row.exact.size > 0) {
        const { digest, exact: parts } = row
        exact.set(JSON.stringify(exactKey(row)), { digest, exact: parts })
      }
      const shown = row.canonical.map((value, at) =>
        row.exact.has(at) ? decoded(at, row.shown[at] ?? null) : value,
      )
      add(counts, hashOf(shown), 1)
    }
    await readKeyless(
      {
        read: async (sql) => {
          await snapshot.eachUpTo(sql, Number.POSITIVE_INFINITY, (row) =>
            visit(toMirrorRow(table, row.fields())),
          )
          return []
        },
      },
      table,
      slice,
    )
    const kept = await readExactValues(target, sourceId, table.name, [...exact.values()].map(exactKey))
    for (const [key, row] of exact) {
      withExact.add(key)
      const entries = kept.get(key)
      const same =
        entries?.size === row.exact.size &&
        [...row.exact].every(([at, part]) => entries.get(table.columns[at]?.name ?? '')?.equals(part.bytes))
      if (!same) found(difference('changed'))
    }
  }
  const columns = sides.shape.columns.map(({ name }) => quotePostgres(name))
  await target.run(
    `DECLARE keyless_rows NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${tableName(sides.shape)}`,
  )
  for (;;) {
    const read = await target.rows(`FETCH ${pieceRows} FROM keyless_rows`)
    for (const row of read) add(counts, hashOf(columns.map((_, at) => decoded(at, row[at] ?? null))), -1)
    if (read.length < pieceRows) break
  }
  await target.run('CLOSE keyless_rows')
  for (const count of counts.values()) {
    const kind = count > 0 ? 'missing' : 'extra'
    for (let n = 0; n < Math.abs(count); n += 1) found(difference(kind))
  }
  await eachExactKey(target, sourceId, table.name, pieceRows, async (keys) => {
    for (const key of keys) if (!withExact.has(JSON.stringify(key))) found(difference('extra'))
  })
  return { rows }
}
