/** The exact values of a table without a key, held against the digests of its rows: the key under which they are kept. */
import { readRowsOfDigests } from '../apply/keyless.ts'
import type { TargetTable } from '../apply/shape.ts'
import { inTransaction, type Target } from '../postgres.ts'
import { countExactValues, eachExactKey, readExactValues } from '../record/ledger.ts'
import type { TableRecord } from '../record/tables.ts'
import { judgeCopy } from '../source/digest-here.ts'
import type { SourceTable } from '../source/tables.ts'

const pieceKeys = 2_000

/**
 * Is one gone, added, edited, or kept under a digest that no row has? By their number, and by the digest that a row of the copy comes to
 * with them.
 */
export const isExactWrong = async (
  target: Target,
  sourceId: string,
  table: SourceTable,
  shape: TargetTable,
  record: TableRecord,
): Promise<boolean> => {
  if ((await countExactValues(target, sourceId, table.name)) !== record.exactValues) return true
  if (record.exactValues === 0) return false
  const judge = judgeCopy(table.columns)
  let isWrong = false
  await inTransaction(target, async () =>
    eachExactKey(target, sourceId, table.name, pieceKeys, async (keys) => {
      if (isWrong) return
      const kept = await readExactValues(target, sourceId, table.name, keys)
      const rows = await readRowsOfDigests(
        target,
        shape,
        record.id,
        keys.map(([digest = '']) => digest),
      )
      isWrong = keys.some((key) => {
        const row = rows.get(key[0] ?? '')
        if (row === undefined) return true
        return judge(row, kept.get(JSON.stringify(key)))(BigInt(`0x${key[0]}`)) === false
      })
    }),
  )
  return isWrong
}
