/** The whole rows of a plan's keys, fetched from the source in answers that can be held. */
import { MirrorError } from '../errors.ts'
import type { MirrorRow } from '../model.ts'
import { isStatementLimit, tooSlow } from '../source/errors.ts'
import { rowsByKeySql } from '../source/ranges.ts'
import { toMirrorRow } from '../source/rows.ts'
import type { ApplyContext } from './apply-plan.ts'
import { type Application, fitting, mayBeWide } from './copied-rows.ts'
import { aimBytes } from './pace.ts'
import type { PlacedKey, TablePlan } from './plan.ts'
import { rowsPerStatement } from './shape.ts'

export interface Fetched {
  readonly rows: readonly MirrorRow[]
  readonly placed: readonly PlacedKey[]
  /** keys whose rows were too much for one answer */
  readonly left: readonly PlacedKey[]
  /** segments of rows that are others than when their keys were read */
  readonly moved: readonly number[]
}

const fetchRows = async (
  context: ApplyContext,
  plan: TablePlan,
  keys: readonly PlacedKey[],
): Promise<Fetched> => {
  const sql = rowsByKeySql(
    plan.table,
    keys.map((key) => key.bytes),
  )
  await context.snapshot.ready()
  const began = performance.now()
  const answer = await context.snapshot.readUpTo(sql, aimBytes)
  // a few keys say little about many, unless no more could be asked for
  if (answer.isCut || keys.length === context.pace.wholeRows(rowsPerStatement))
    context.pace.tookWhole(answer.rows.length, performance.now() - began)
  context.pace.carried(answer.rows.length, answer.bytes)
  const found = new Map(answer.rows.map((row) => toMirrorRow(plan.table, row)).map((row) => [row.id, row]))
  const rows: MirrorRow[] = []
  const placed: PlacedKey[] = []
  const left: PlacedKey[] = []
  const moved: number[] = []
  for (const key of keys) {
    const row = found.get(key.id)
    if (row === undefined && answer.isCut) {
      left.push(key)
      continue
    }
    if (row === undefined || row.digest !== key.digest) {
      // Both reads see one snapshot: if they disagree, the definition changed between them.
      if (plan.table.consistency === 'cycle') throw new MirrorError('MIRROR_2004', { table: plan.table.name })
      // Without a common snapshot the row moved on. It may move back, to what its segment's digest was made of.
      moved.push(key.segment)
      if (row === undefined) continue
    }
    rows.push(row)
    placed.push({ ...key, digest: row.digest })
  }
  // keys that the answer does not hold and that are not of these rows would come for ever
  if (rows.length === 0 && left.length > 0) throw new MirrorError('MIRROR_2004', { table: plan.table.name })
  return { rows, placed, left, moved }
}

/**
 * The rows of these keys, as many at a time as one answer holds. While they are written the next ones are read already, unless
 * they may be so wide that the copy is asked first how many of them can be held.
 */
export async function* fetchAll(
  context: ApplyContext,
  plan: TablePlan,
  where: Application,
  keys: readonly PlacedKey[],
): AsyncGenerator<Fetched> {
  let waiting = keys
  const fetchNext = async (): Promise<Fetched> => {
    for (let isSecond = false; ; ) {
      const most = context.pace.wholeRows(rowsPerStatement)
      const chunk = await fitting(context, plan, where, waiting.slice(0, most))
      try {
        const fetched = await fetchRows(context, plan, chunk)
        waiting = [...fetched.left, ...waiting.slice(chunk.length)]
        return fetched
      } catch (error) {
        // Fewer and fewer where the server ends the statement at its limit; a single row is asked for twice.
        if (!isStatementLimit(error)) throw error
        context.pace.wholeLimitReached()
        if (chunk.length === 1 && isSecond) throw tooSlow(plan.table, error)
        isSecond = chunk.length === 1
      }
    }
  }
  let ahead: Promise<Fetched> | undefined
  try {
    while (ahead !== undefined || waiting.length > 0) {
      const fetched: Fetched = await (ahead ?? fetchNext())
      ahead = waiting.length > 0 && !mayBeWide(plan.table) ? fetchNext() : undefined
      // it is heard when its turn comes, if it comes
      ahead?.catch(() => undefined)
      yield fetched
    }
  } finally {
    // the connection is used by others after this
    await ahead?.catch(() => undefined)
  }
}
