/**
 * `mirror verify`: is what is really in both databases equal, now?
 *
 * Alone, one view of each side decides. While a leader is at work the two views cannot be of one instant; there a row
 * that differs is only suspected, and looked at again after the leader has committed a cycle whose snapshot came later
 * than our look at the source. It is cleared when it is equal, or when the mirror holds a version that the source had
 * at an earlier look (it follows); it is a difference when the source stood still over such a cycle and the mirror
 * still holds something else.
 */
import type { TargetTable } from '../apply/shape.ts'
import { keyIdOf } from '../model.ts'
import type { Target } from '../postgres.ts'
import { readSource } from '../record/source.ts'
import type { SourceConnection } from '../source/connection.ts'
import { openSnapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { TableVerification } from '../types.ts'
import { compareKeys, compareTable, type Difference } from './compare.ts'

export interface VerifyContext {
  readonly source: SourceConnection
  readonly target: Target
  readonly sourceId: string
  /** the source's tables that the mirror holds */
  readonly tables: readonly {
    readonly table: SourceTable
    readonly shape: TargetTable
    readonly followed: boolean
  }[]
  /** a leader is at work: rows may be on their way */
  readonly concurrent: boolean
}

/** Differences kept for a second look or for repair; beyond it they are counted, and the table is reloaded by repair. */
const mostSuspects = 100_000
const rounds = 40
const keysPerLook = 500
const waitMs = 50
const longestWaitMs = 15_000

const inView = async <T>(target: Target, work: () => Promise<T>): Promise<T> => {
  await target.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    return await work()
  } finally {
    await target.run('ROLLBACK')
  }
}

export interface VerifiedTable {
  readonly name: string
  readonly rows: number
  readonly differences: readonly Difference[]
  /** counted and not kept */
  readonly beyond: number
}

const snapshotAt = async (context: VerifyContext): Promise<string> =>
  (await readSource(context.target, context.sourceId))?.snapshotAt ?? ''

/** Waits until a cycle is committed whose snapshot is later than `at`; false when none comes. */
const nextCycle = async (context: VerifyContext, at: string): Promise<boolean> => {
  const deadline = performance.now() + longestWaitMs
  while (performance.now() < deadline) {
    if ((await snapshotAt(context)) > at) return true
    await new Promise((resolve) => {
      setTimeout(resolve, waitMs)
    })
  }
  return false
}

const settle = async (
  context: VerifyContext,
  entry: VerifyContext['tables'][number],
  first: readonly Difference[],
  firstAt: string,
): Promise<Difference[]> => {
  const confirmed: Difference[] = []
  let suspects = new Map(first.map((difference) => [keyIdOf(difference.key), difference]))
  const versions = new Map([...suspects].map(([id, difference]) => [id, new Set([difference.source])]))
  let lookedAt = firstAt
  for (let round = 0; round < rounds && suspects.size > 0; round += 1) {
    if (!(await nextCycle(context, lookedAt))) return [...confirmed, ...suspects.values()]
    const next = new Map<string, Difference>()
    const ids = [...suspects.values()]
    for (let start = 0; start < ids.length; start += keysPerLook) {
      const keys = ids.slice(start, start + keysPerLook).map((difference) => difference.key)
      const snapshot = await openSnapshot(context.source)
      try {
        const again = await inView(context.target, async () =>
          compareKeys({ ...context, snapshot, table: entry.table, shape: entry.shape }, keys),
        )
        lookedAt = snapshot.at
        for (const difference of again) next.set(keyIdOf(difference.key), difference)
      } finally {
        await snapshot.close()
      }
    }
    for (const [id, difference] of next) {
      const before = suspects.get(id)
      const seen = versions.get(id)
      if (before !== undefined && before.source === difference.source) {
        confirmed.push(difference)
        next.delete(id)
      } else if (seen?.has(difference.mirror) === true) {
        next.delete(id)
      } else {
        seen?.add(difference.source)
      }
    }
    suspects = next
  }
  return [...confirmed, ...suspects.values()]
}

export const verifyTables = async (context: VerifyContext): Promise<VerifiedTable[]> => {
  const verified: { entry: VerifyContext['tables'][number]; result: VerifiedTable }[] = []
  const snapshot = await openSnapshot(context.source)
  try {
    await inView(context.target, async () => {
      for (const entry of context.tables) {
        const differences: Difference[] = []
        let beyond = 0
        const { rows } = await compareTable({ ...context, snapshot, ...entry }, (difference) => {
          if (differences.length < mostSuspects) differences.push(difference)
          else beyond += 1
        })
        verified.push({ entry, result: { name: entry.table.name, rows, differences, beyond } })
      }
    })
  } finally {
    await snapshot.close()
  }
  const settled: VerifiedTable[] = []
  for (const { entry, result } of verified) {
    const differences =
      context.concurrent && entry.followed && result.differences.length > 0
        ? await settle(context, entry, result.differences, snapshot.at)
        : result.differences
    settled.push({ ...result, differences })
  }
  return settled
}

export const toVerification = (table: VerifiedTable, limit: number): TableVerification => ({
  rows: table.rows,
  equal: table.differences.length + table.beyond === 0,
  differences: table.differences.slice(0, limit).map(({ key, kind }) => ({ key, kind })),
  omitted: Math.max(0, table.differences.length - limit) + table.beyond,
})
