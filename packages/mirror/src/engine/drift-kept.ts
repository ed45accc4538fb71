/** Rows that are kept whole (mirror.exact_row), held against the digests that are recorded of them. */
import { digestOfWholeRow, isWholeRowId, type KeyBytes, type KeyId, keyDigest, wholeRowId } from '../model.ts'
import type { Target } from '../postgres.ts'
import { eachExactDigest, type ExactRow, readExactRows } from '../record/exact-row.ts'
import type { RecordedKeys } from '../record/recorded-keys.ts'
import { judgeKept } from '../source/digest-here.ts'
import type { SourceTable } from '../source/tables.ts'

/** They may be as wide as rows become. */
const pieceRows = 50
const pieceKeys = 2_000

export interface WrongRow {
  readonly id: KeyId
  readonly recorded: bigint
  /** undefined: nothing here says what its key is, which the source alone knows then (drift-lost.ts) */
  readonly bytes?: KeyBytes
}

/** The key twice: by itself, and among the values. Undefined where neither is the one that the row was recorded under. */
const keyOf = (table: SourceTable, row: ExactRow, id: KeyId): KeyBytes | undefined => {
  const ofValues = table.key.map(
    (index) => row.values[row.columns.indexOf(table.columns[index]?.name ?? '')] ?? Buffer.alloc(0),
  )
  return [row.key, ofValues].find((key) => wholeRowId(keyDigest(key)) === id)
}

/** Rows that are kept whole and that nobody recorded, by a slice of what is. */
export const strayKeptRows = async (
  target: Target,
  sourceId: string,
  table: SourceTable,
  recorded: RecordedKeys,
): Promise<readonly KeyId[]> => {
  const stray: KeyId[] = []
  await eachExactDigest(target, sourceId, table.name, pieceKeys, async (digests) => {
    stray.push(...digests.map(wholeRowId).filter((id) => recorded.lacks(id)))
  })
  return stray
}

/** Those that are not what was written, or are gone. */
export const wrongKeptRows = async (
  target: Target,
  sourceId: string,
  table: SourceTable,
  recorded: ReadonlyMap<KeyId, bigint>,
): Promise<readonly WrongRow[]> => {
  const ids = [...recorded.keys()].filter(isWholeRowId)
  const judge = judgeKept(table.columns)
  const wrong: WrongRow[] = []
  for (let at = 0; at < ids.length; at += pieceRows) {
    const part = ids.slice(at, at + pieceRows)
    const gone = new Set(part)
    for (const row of await readExactRows(target, sourceId, table.name, part.map(digestOfWholeRow))) {
      const id = wholeRowId(row.digest)
      gone.delete(id)
      const before = recorded.get(id) ?? 0n
      const hasItsKey = wholeRowId(keyDigest(row.key)) === id
      const bytes = keyOf(table, row, id)
      const isWrong = judge(row)(before) === false || !hasItsKey
      if (isWrong) wrong.push({ id, recorded: before, ...(bytes && { bytes }) })
    }
    for (const id of gone) wrong.push({ id, recorded: recorded.get(id) ?? 0n })
  }
  return wrong
}
