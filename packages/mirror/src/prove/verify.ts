/**
 * `mirror verify`: is what is really in both databases equal, now?
 *
 * Alone, one view of each side decides. While a leader is at work the two views cannot be of one instant: a row that
 * differs is only suspected, since it may be on its way. The leader is asked to look at the suspects within its next
 * cycle, after that cycle's changes are applied and before they are committed: there both sides stand still at the
 * same snapshot, and what differs, differs. A leader that does not answer leaves the suspects what they were.
 */
import type { TargetTable } from '../apply/shape.ts'
import { MirrorError } from '../errors.ts'
import type { CanonicalKey } from '../model.ts'
import type { Target } from '../postgres.ts'
import { checkLedger, type LedgerCheck } from '../record/chain.ts'
import { type ExactList, listExact, namesOfNoTable, rawKey } from '../record/exact-list.ts'
import { type Answer, ask, readAnswer, withdraw } from '../record/questions.ts'
import type { SourceConnection } from '../source/connection.ts'
import { openSnapshot } from '../source/snapshot.ts'
import type { SourceTable } from '../source/tables.ts'
import type { Refusal, TableVerification } from '../types.ts'
import { compareTable, type Difference } from './compare.ts'
import { compareKeyless } from './compare-keyless.ts'
import { canonicalKey, refOfKey } from './keys.ts'

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

/** Differences kept, for a second look or for repair; those beyond it are counted. */
const mostSuspects = 100_000
const keysPerQuestion = 2_000
const pollMs = 50
/** About so long takes a row: enough to know for how long the source is read. */
const compareMsPerRow = 0.02
/** Longer than any cycle on tables of ordinary size; a leader that waits for its source says nothing at all. */
const patienceMs = 120_000

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
  readonly exact: ExactList
}

export interface Verified {
  readonly tables: readonly VerifiedTable[]
  readonly ledger: LedgerCheck
  /** tables with a row that cannot be carried, so that it cannot be compared either */
  readonly refused: ReadonlyMap<string, Refusal>
}

/** One row that cannot be carried leaves its own table unjudged, and no other. */
const orRefusal = async <T extends object>(work: () => Promise<T>): Promise<T | Refusal> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MirrorError) || error.code !== 'MIRROR_2010') throw error
    return { code: error.code, reason: error.message, remedy: error.remedy }
  }
}

const awaitAnswer = async (target: Target, id: number): Promise<Answer | undefined> => {
  const deadline = performance.now() + patienceMs
  while (performance.now() < deadline) {
    const found = await readAnswer(target, id)
    if (found !== undefined) return found
    await new Promise((resolve) => {
      setTimeout(resolve, pollMs)
    })
  }
  return undefined
}

const settle = async (
  context: VerifyContext,
  table: string,
  isKeyless: boolean,
  suspected: readonly Difference[],
): Promise<Difference[]> => {
  const confirmed: Difference[] = []
  // Of a table without a key the leader compares the whole, once, whatever was suspected.
  const suspects = isKeyless ? suspected.slice(0, 1) : suspected
  for (let start = 0; start < suspects.length; start += keysPerQuestion) {
    const part = suspects.slice(start, start + keysPerQuestion)
    const id = await ask(
      context.target,
      context.sourceId,
      table,
      part.map(({ kind: _kind, ...ref }) => ref),
    )
    try {
      confirmed.push(...((await awaitAnswer(context.target, id)) ?? (isKeyless ? suspected : part)))
    } finally {
      await withdraw(context.target, id)
    }
  }
  return confirmed
}

/** What is kept aside under the name of a table that the mirror does not know: it belongs to nothing. */
const unknownTables = async (context: VerifyContext): Promise<VerifiedTable[]> => {
  const { target, sourceId } = context
  const names = await namesOfNoTable(target, sourceId)
  const found: VerifiedTable[] = []
  for (const name of names) {
    const exact = await listExact(target, sourceId, name, mostSuspects, rawKey)
    const differences = exact.listed.map(({ key }): Difference => ({ ...refOfKey(key, true), kind: 'extra' }))
    const distinct = [...new Map(differences.map((difference) => [difference.id, difference])).values()]
    found.push({ name, rows: 0, differences: distinct, beyond: exact.count - exact.listed.length, exact })
  }
  return found
}

/** `listed`: exact values named for each table at most */
export const verifyTables = async (context: VerifyContext, listed: number): Promise<Verified> => {
  const { target, sourceId } = context
  const verified: { entry: VerifyContext['tables'][number]; result: VerifiedTable }[] = []
  const rows = context.tables.reduce((sum, { table }) => sum + table.estimatedRows, 0)
  const refused = new Map<string, Refusal>()
  const snapshot = await openSnapshot(context.source, rows * compareMsPerRow)
  try {
    const others = await inView(target, async () => {
      for (const entry of context.tables) {
        const differences: Difference[] = []
        let beyond = 0
        const compare = entry.table.key.length === 0 ? compareKeyless : compareTable
        const { name } = entry.table
        const compared = await orRefusal(async () =>
          compare({ ...context, snapshot, ...entry }, (difference) => {
            if (differences.length < mostSuspects) differences.push(difference)
            else beyond += 1
          }),
        )
        if ('code' in compared) {
          refused.set(name, compared)
          continue
        }
        const { rows } = compared
        const exact = await listExact(target, sourceId, name, listed, (key) => canonicalKey(entry.table, key))
        verified.push({ entry, result: { name, rows, differences, beyond, exact } })
      }
      return { unknown: await unknownTables(context), ledger: await checkLedger(target, sourceId) }
    })
    await snapshot.close()
    const settled = await settleAll(context, verified)
    return { tables: [...settled, ...others.unknown], ledger: others.ledger, refused }
  } finally {
    await snapshot.close()
  }
}

const settleAll = async (
  context: VerifyContext,
  verified: readonly { readonly entry: VerifyContext['tables'][number]; readonly result: VerifiedTable }[],
): Promise<VerifiedTable[]> => {
  const settled: VerifiedTable[] = []
  for (const { entry, result } of verified) {
    const differences =
      context.concurrent && entry.followed && result.differences.length > 0
        ? await settle(context, result.name, entry.table.key.length === 0, result.differences)
        : result.differences
    settled.push({ ...result, differences })
  }
  return settled
}

export const toVerification = (
  table: VerifiedTable,
  limit: number,
  shownKey: (key: CanonicalKey) => CanonicalKey = (key) => key,
): TableVerification => ({
  rows: table.rows,
  equal: table.differences.length + table.beyond === 0,
  differences: table.differences.slice(0, limit).map(({ key, kind }) => ({ key: shownKey(key), kind })),
  omitted: Math.max(0, table.differences.length - limit) + table.beyond,
  exact: {
    count: table.exact.count,
    listed: table.exact.listed.slice(0, limit).map((entry) => ({ ...entry, key: shownKey(entry.key) })),
  },
})
