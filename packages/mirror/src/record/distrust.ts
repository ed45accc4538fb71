/**
 * How `verify --repair` mends: it does not write the mirror beside the leader, it makes the record say that these rows
 * are not known. The next cycle, by whoever leads, finds their segments differing, and writes them like any change.
 */
import { type CanonicalKey, type KeyId, keyIdOf } from '../model.ts'
import { inTransaction, type Target } from '../postgres.ts'
import { namesOfNoTable } from './exact-list.ts'
import { clearExactRows } from './exact-row.ts'
import { clearExactValues, replaceExactValues } from './ledger.ts'
import { findRowStates, putRowStates, spoilRowStates } from './row-state.ts'
import { raiseRevision } from './source.ts'

export interface Distrusted {
  readonly tableId: number
  readonly table: string
  /** rows of the source that the mirror lacks or holds otherwise: to be written again */
  readonly wrong: readonly KeyId[]
  /** rows of the mirror that the source does not have: to be deleted */
  readonly extra: readonly KeyId[]
  /** keys of exact values that belong to no row of either side */
  readonly strays: readonly CanonicalKey[]
  /** the whole table is to be loaded anew */
  readonly reload: boolean
}

/**
 * No row of a table, and perhaps no key of it at all: nothing that a cycle could write. They are taken away here, under
 * the lock that a cycle takes first, unless their row has come meanwhile and they are its own.
 */
const removeStrays = async (
  target: Target,
  sourceId: string,
  tableId: number,
  table: string,
  strays: readonly CanonicalKey[],
): Promise<void> => {
  const followed = await findRowStates(
    target,
    tableId,
    strays.map((key) => keyIdOf(key)),
  )
  const keys = strays.filter((key) => !followed.has(keyIdOf(key)))
  await replaceExactValues(target, sourceId, table, keys, [])
}

export const distrustRows = async (
  target: Target,
  sourceId: string,
  tables: readonly Distrusted[],
): Promise<void> => {
  await inTransaction(target, async () => {
    // The same lock that a cycle takes first: it has committed, or it will see the new revision and begin again.
    await target.run('SELECT 1 FROM mirror.source WHERE source_id = $1 FOR UPDATE', [sourceId])
    // Kept aside under the name of no table.
    for (const name of await namesOfNoTable(target, sourceId)) {
      await clearExactValues(target, sourceId, name)
      await clearExactRows(target, sourceId, name)
    }
    for (const entry of tables) {
      const { tableId, table, wrong, extra, strays } = entry
      // A row that was never recorded, as after an edit of the record itself, cannot be distrusted alone.
      const followed = await findRowStates(target, tableId, [...wrong, ...extra])
      const reload = entry.reload || wrong.some((id) => !followed.has(id))
      // Exact entries that stand where none is counted are looked for, and taken away, only where some are.
      await target.run(
        `UPDATE mirror.table_state SET exact_values = greatest(exact_values, 1),
           fingerprint = CASE WHEN $2 THEN 'distrusted' ELSE fingerprint END WHERE table_id = $1`,
        [tableId, reload],
      )
      if (reload) continue
      const spoiled = wrong.flatMap((id) => followed.get(id) ?? [])
      await spoilRowStates(target, tableId, spoiled)
      // An extra row is entered as if it had been followed, in the first segment: there the source does not list it.
      const [first] = await target.rows(
        'SELECT segment_id FROM mirror.segment WHERE table_id = $1 ORDER BY position LIMIT 1',
        [tableId],
      )
      const segment = Number(first?.[0] ?? 0)
      // One that is already followed was deleted in the source a moment ago: the next cycle takes it away anyway.
      await putRowStates(
        target,
        tableId,
        extra.filter((id) => !followed.has(id)).map((id) => ({ segment, id, digest: 0n })),
      )
      await target.run(
        'UPDATE mirror.segment SET rows = -1 WHERE table_id = $1 AND segment_id = ANY($2::int[])',
        [tableId, [...spoiled.map((row) => row.segment), ...(extra.length > 0 ? [segment] : [])]],
      )
      await removeStrays(target, sourceId, tableId, table, strays)
    }
    // The token would let the next cycle pass without a look.
    await target.run('UPDATE mirror.source SET token = NULL WHERE source_id = $1', [sourceId])
    await raiseRevision(target, sourceId)
  })
}
