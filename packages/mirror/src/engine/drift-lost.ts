/**
 * Rows that are to be kept whole, and of which nothing is left in the copy: the record knows them by a hash of their key alone. The source
 * has the key; the segment that the row is recorded in is read for it.
 */
import { isWholeRowId, type KeyBytes, type KeyId, type Segment } from '../model.ts'
import { isStatementLimit, tooSlow } from '../source/errors.ts'
import { keysSql, type KeyRange } from '../source/ranges.ts'
import { keyReader } from '../source/rows.ts'
import type { SourceTable } from '../source/tables.ts'
import type { Suspect } from './drift.ts'
import type { PlanContext } from './plan.ts'
import { rangesOf } from './segment-scan.ts'

const readKeys = async (
  { snapshot, pace }: PlanContext,
  table: SourceTable,
  range: KeyRange,
  wanted: ReadonlySet<KeyId>,
): Promise<ReadonlyMap<KeyId, KeyBytes>> => {
  const keys = keyReader(table)
  const found = new Map<KeyId, KeyBytes>()
  let seen = 0
  for (;;) {
    const limit = pace.rows
    const after = seen === 0 ? null : keys.last
    await snapshot.ready()
    try {
      const { rows } = await snapshot.eachUpTo(
        keysSql(table, range, after, limit),
        Number.POSITIVE_INFINITY,
        (row) => {
          const { id } = keys.read(row)
          if (wanted.has(id)) found.set(id, keys.last)
          seen += 1
        },
      )
      if (rows < limit || found.size === wanted.size) return found
    } catch (error) {
      // what came before it was ended is good
      if (!isStatementLimit(error)) throw error
      pace.limitReached()
      if (pace.rows === limit) throw tooSlow(table, error)
    }
  }
}

/** The suspects, those among them with their keys; without one that the source does not have either. */
export const withLostKeys = async (
  context: PlanContext,
  table: SourceTable,
  segments: readonly Segment[],
  suspects: readonly Suspect[],
): Promise<readonly Suspect[]> => {
  const isLost = ({ id, recorded, bytes }: Suspect): boolean =>
    isWholeRowId(id) && recorded !== null && bytes === undefined
  const lost = suspects.filter(isLost)
  if (lost.length === 0) return suspects
  const ranges = rangesOf(segments)
  const found = new Map<KeyId, KeyBytes>()
  for (const [at, { id: segment }] of segments.entries()) {
    const range = ranges[at]
    const wanted = new Set(lost.filter((each) => each.segment === segment).map(({ id }) => id))
    if (wanted.size === 0 || range === undefined) continue
    for (const [id, bytes] of await readKeys(context, table, range, wanted)) found.set(id, bytes)
  }
  return suspects.flatMap((suspect) => {
    if (!isLost(suspect)) return suspect
    const bytes = found.get(suspect.id)
    return bytes === undefined ? [] : { ...suspect, bytes }
  })
}
