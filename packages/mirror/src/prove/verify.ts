/**
 * `mirror verify`: is what is really in both databases equal, now?
 *
 * Alone, one view of each side decides. While a leader is at work the two views cannot be of one instant: a row that
 * differs is only suspected, since it may be on its way. The leader is asked to look at the suspects within its next
 * cycle, after that cycle's changes are applied and before they are committed: there both sides stand still at the
 * same snapshot, and what differs, differs. A leader that does not answer leaves the suspects what they were.
 */
import type { TargetTable } from '../apply/shape.ts'
import { shapeDifferences } from '../apply/shape-found.ts'
import { isOfOneTable, MirrorError } from '../errors.ts'
import type { CanonicalKey } from '../model.ts'
import { sqlStateOf, type Target } from '../postgres.ts'
import { checkLedger, type LedgerCheck } from '../record/chain.ts'
import { type ExactList, listExact, namesOfNoTable, rawKey } from '../record/exact-list.ts'
import { type Answer, ask, readAnswer, withdraw } from '../record/questions.ts'
import { readTables } from '../record/tables.ts'
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
  /** in what the table of the copy is not as the engine makes it, in words: it differs as a whole */
  readonly shape: readonly string[]
  readonly exact: ExactList
}

export const isWrong = ({ differences, beyond, shape }: VerifiedTable): boolean =>
  differences.length + beyond + shape.length > 0

export interface Verified {
  readonly tables: readonly VerifiedTable[]
  readonly ledger: LedgerCheck
  /** tables with a row that cannot be carried, so that it cannot be compared either */
  readonly refused: ReadonlyMap<string, Refusal>
}

interface Unreadable {
  /** PostgreSQL's words */
  readonly unreadable: string
}

/**
 * One row that cannot be carried leaves its own table unjudged, and no other. A table of the copy that cannot be read as the one
 * that the engine made (classes 22, 42, 55: a column that is gone or of another type, a right, a view that fails) differs as a whole.
 */
const orRefusal = async <T extends object>(
  target: Target,
  work: () => Promise<T>,
): Promise<T | Refusal | Unreadable> => {
  await target.run('SAVEPOINT one_table')
  try {
    const done = await work()
    await target.run('RELEASE SAVEPOINT one_table')
    return done
  } catch (error) {
    if (!(error instanceof MirrorError)) throw error
    const isOfTable = /^(22|42|55)/.test(sqlStateOf(error))
    if (!isOfOneTable(error) && !isOfTable) throw error
    await target.run('ROLLBACK TO SAVEPOINT one_table')
    if (isOfTable) return { unreadable: error.detail ?? error.message }
    return { code: error.code, reason: error.message, remedy: error.remedy }
  }
}

/** A leader that has altered or loaded the table anew since the record was read: nothing can be said of it. */
const refuseMoved = async (context: VerifyContext, table: SourceTable): Promise<void> => {
  const record = (await readTables(context.target, context.sourceId)).get(table.name)
  if (record?.fingerprint !== table.fingerprint) throw new MirrorError('MIRROR_2004', { table: table.name })
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
    const beyond = exact.count - exact.listed.length
    found.push({ name, rows: 0, differences: distinct, beyond, shape: [], exact })
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
      const shapes = await shapeDifferences(
        target,
        sourceId,
        context.tables.map(({ shape }) => shape),
      )
      for (const entry of context.tables) {
        const differences: Difference[] = []
        let beyond = 0
        const compare = entry.table.key.length === 0 ? compareKeyless : compareTable
        const { name } = entry.table
        const compared = await orRefusal(target, async () =>
          compare({ ...context, snapshot, ...entry }, (difference) => {
            if (differences.length < mostSuspects) differences.push(difference)
            else beyond += 1
          }),
        )
        if ('code' in compared) {
          refused.set(name, compared)
          continue
        }
        const seen = shapes.get(entry.shape.name) ?? []
        const shape = seen.length === 0 && 'unreadable' in compared ? [compared.unreadable] : seen
        if (shape.length > 0) await refuseMoved(context, entry.table)
        const rows = 'unreadable' in compared ? entry.table.estimatedRows : compared.rows
        const exact = await listExact(target, sourceId, name, listed, (key) => canonicalKey(entry.table, key))
        verified.push({ entry, result: { name, rows, differences, beyond, shape, exact } })
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
  equal: !isWrong(table),
  differences: table.differences.slice(0, limit).map(({ key, kind }) => ({ key: shownKey(key), kind })),
  omitted: Math.max(0, table.differences.length - limit) + table.beyond,
  shape: table.shape,
  exact: {
    count: table.exact.count,
    listed: table.exact.listed.slice(0, limit).map((entry) => ({ ...entry, key: shownKey(entry.key) })),
  },
})
