/** Why a restored table is not what was recorded: was its copy edited, or does this server not give the values back? */
import { readRows } from '../../apply/rows.ts'
import type { TargetTable } from '../../apply/shape.ts'
import { digestOfWholeRow, isWholeRowId, type KeyId, keyIdOf, wholeRowId } from '../../model.ts'
import { readExactRows } from '../../record/exact-row.ts'
import { readExactValues } from '../../record/ledger.ts'
import { type IsRecorded, judgeCopy, judgeKept } from '../../source/digest-here.ts'
import type { SourceTable } from '../../source/tables.ts'
import type { Target } from '../../postgres.ts'
import { keyOfMirrorRow } from '../keys.ts'
import type { Filled } from './fill.ts'
import { type Mirrored, recordedRows } from './mirrored.ts'
import type { PlannedTable } from './plan.ts'
import type { Difference, Proof } from './proof.ts'

/** `isEdited` undefined: what the copy holds does not decide it. */
export const reasonOf = (
  filled: Filled | undefined,
  differences: number | null,
  isEdited: boolean | undefined,
  given: readonly string[],
): string => {
  const refused =
    filled === undefined || filled.refused === 0
      ? ''
      : `; the server refused ${filled.refused} of its rows (${filled.words})`
  const rows =
    differences === null
      ? 'its rows are not those recorded for the source'
      : `${differences} rows are not what was recorded for the source`
  const words =
    given.length > 0
      ? `the server itself gives the values of ${given.join(', ')}, and takes none`
      : 'the copy is as recorded, and this server does not give its values back'
  const edited = 'the copy was changed beside the mirror'
  const cause =
    isEdited === undefined
      ? `${edited}, or this server does not give its values back`
      : isEdited
        ? edited
        : words
  return `${rows}: ${cause}${refused}`
}

/** Columns in which a system-versioned table shows from when to when a row is. */
export const rowTimes = ({ createTable }: PlannedTable): readonly string[] =>
  [...createTable.matchAll(/^ {2}`((?:[^`]|``)+)`.* AS ROW (?:START|END)/gm)].map(([, name = '']) => name)

const mostLookedAt = 1_000

/** Is one of the rows that differ in the copy itself not as recorded? undefined: that cannot be told. */
export const isEdited = async (
  { mirrored, sourceId }: { readonly mirrored: Mirrored; readonly sourceId: string },
  planned: PlannedTable,
  table: SourceTable,
  copy: TargetTable,
  proof: Proof,
  differences: readonly Difference[],
): Promise<boolean | undefined> => {
  if (table.key.length === 0 || differences.length === 0) return undefined
  if (differences.some(({ kind }) => kind === 'extra')) return true
  const recorded = new Map<KeyId, bigint>()
  for (const index of proof.differing) {
    const segment = planned.segments[index]
    if (segment === undefined) continue
    for (const [id, digest] of await recordedRows(mirrored.target, planned, segment)) recorded.set(id, digest)
  }
  const looked = differences.slice(0, mostLookedAt)
  const held = await judgeHeld(mirrored.target, sourceId, table, copy, looked)
  let isKnown = true
  for (const { id } of looked) {
    if (!held.has(id)) return true
    const isRecorded = held.get(id)?.(recorded.get(id))
    if (isRecorded === undefined) isKnown = false
    else if (!isRecorded) return true
  }
  return isKnown ? false : undefined
}

/** What the copy holds of these rows: is it what was recorded? A row that it does not hold is not among them. */
const judgeHeld = async (
  target: Target,
  sourceId: string,
  table: SourceTable,
  copy: TargetTable,
  differences: readonly Difference[],
): Promise<ReadonlyMap<KeyId, IsRecorded>> => {
  // a row whose key PostgreSQL cannot hold stands apart, and is not asked for by that key
  const keys = differences.filter(({ id }) => !isWholeRowId(id)).map(({ key }) => key)
  const whole = differences.map(({ id }) => id).filter(isWholeRowId)
  const rows = await readRows(target, copy, keys)
  const exact = await readExactValues(target, sourceId, table.name, keys)
  const kept = await readExactRows(target, sourceId, table.name, whole.map(digestOfWholeRow))
  const judge = judgeCopy(table.columns)
  const judgeWhole = judgeKept(table.columns)
  return new Map([
    ...rows.map((row) => {
      const key = keyOfMirrorRow(table, row)
      return [keyIdOf(key), judge(row, exact.get(JSON.stringify(key)))] as const
    }),
    ...kept.map((row) => [wholeRowId(row.digest), judgeWhole(row)] as const),
  ])
}
