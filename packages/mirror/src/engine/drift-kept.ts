/** Rows that are kept whole (mirror.exact_row), held against the digests that are recorded of them. */
import { digestOfWholeRow, isWholeRowId, type KeyBytes, type KeyId, keyDigest, wholeRowId } from '../model.ts'
import type { Target } from '../postgres.ts'
import { type ExactRow, readExactRows } from '../record/exact-row.ts'
import { digestOfKept } from '../source/digest-here.ts'
import type { SourceTable } from '../source/tables.ts'

/** They may be as wide as rows become. */
const pieceRows = 50

export interface WrongRow {
  readonly id: KeyId
  readonly recorded: bigint
  readonly bytes: KeyBytes
}

/** The key twice: by itself, and among the values. Undefined where neither is the one that the row was recorded under. */
const keyOf = (table: SourceTable, row: ExactRow, id: KeyId): KeyBytes | undefined => {
  const ofValues = table.key.map(
    (index) => row.values[row.columns.indexOf(table.columns[index]?.name ?? '')] ?? Buffer.alloc(0),
  )
  return [row.key, ofValues].find((key) => wholeRowId(keyDigest(key)) === id)
}

/** Those that are not what was written. One that is gone has no key here any more: `verify` finds it. */
export const wrongKeptRows = async (
  target: Target,
  sourceId: string,
  table: SourceTable,
  recorded: ReadonlyMap<KeyId, bigint>,
): Promise<readonly WrongRow[]> => {
  const ids = [...recorded.keys()].filter(isWholeRowId)
  const digest = digestOfKept(table.columns)
  const wrong: WrongRow[] = []
  for (let at = 0; at < ids.length; at += pieceRows) {
    const digests = ids.slice(at, at + pieceRows).map(digestOfWholeRow)
    for (const row of await readExactRows(target, sourceId, table.name, digests)) {
      const id = wholeRowId(row.digest)
      const before = recorded.get(id) ?? 0n
      const now = digest(row)
      const hasItsKey = wholeRowId(keyDigest(row.key)) === id
      const bytes = keyOf(table, row, id)
      const isWrong = (now !== undefined && now !== before) || !hasItsKey
      if (isWrong && bytes !== undefined) wrong.push({ id, recorded: before, bytes })
    }
  }
  return wrong
}
