/**
 * How `verify --repair` mends: it does not write the mirror beside the leader, it makes the record say that these rows
 * are not known. The next cycle, by whoever leads, finds their segments differing, and writes them like any change.
 */
import type { KeyId } from '../model.ts'
import { inTransaction, type Target } from '../postgres.ts'
import { putRowStates } from './row-state.ts'
import { raiseRevision } from './source.ts'

export interface Distrusted {
  readonly tableId: number
  /** rows of the source that the mirror lacks or holds otherwise: to be written again */
  readonly wrong: readonly KeyId[]
  /** rows of the mirror that the source does not have: to be deleted */
  readonly extra: readonly KeyId[]
  /** the whole table is to be loaded anew */
  readonly reload: boolean
}

const keyParameter = (ids: readonly KeyId[]): string[] =>
  ids.map((id) => `\\x${Buffer.from(id, 'utf8').toString('hex')}`)

export const distrustRows = async (
  target: Target,
  sourceId: string,
  tables: readonly Distrusted[],
): Promise<void> => {
  await inTransaction(target, async () => {
    // The same lock that a cycle takes first: it has committed, or it will see the new revision and begin again.
    await target.run('SELECT 1 FROM mirror.source WHERE source_id = $1 FOR UPDATE', [sourceId])
    for (const { tableId, wrong, extra, reload } of tables) {
      // Exact entries that stand where none is counted are looked for, and taken away, only where some are.
      await target.run(
        `UPDATE mirror.table_state SET exact_values = greatest(exact_values, 1),
           fingerprint = CASE WHEN $2 THEN 'distrusted' ELSE fingerprint END WHERE table_id = $1`,
        [tableId, reload],
      )
      if (reload) continue
      await target.run(
        `UPDATE mirror.row_state SET digest = digest # 1 WHERE table_id = $1 AND key = ANY($2::bytea[])`,
        [tableId, keyParameter(wrong)],
      )
      // An extra row is entered as if it had been followed, in the first segment: there the source does not list it.
      const [first] = await target.rows(
        'SELECT segment_id FROM mirror.segment WHERE table_id = $1 ORDER BY position LIMIT 1',
        [tableId],
      )
      const segment = Number(first?.[0] ?? 0)
      // One that is already followed was deleted in the source a moment ago: the next cycle takes it away anyway.
      const known = new Set(
        (
          await target.rows(
            'SELECT key FROM mirror.row_state WHERE table_id = $1 AND key = ANY($2::bytea[])',
            [tableId, keyParameter(extra)],
          )
        ).map(([key]) => key),
      )
      const unknown = extra.filter((id) => !known.has(keyParameter([id])[0] ?? ''))
      await putRowStates(
        target,
        tableId,
        unknown.map((id) => ({ segment, id, digest: 0n })),
      )
      await target.run(
        `UPDATE mirror.segment SET rows = -1 WHERE table_id = $1 AND (segment_id = $3 OR segment_id IN (
           SELECT segment_id FROM mirror.row_state WHERE table_id = $1 AND key = ANY($2::bytea[])))`,
        [tableId, keyParameter(wrong), extra.length > 0 ? segment : -1],
      )
    }
    // The token would let the next cycle pass without a look.
    await target.run('UPDATE mirror.source SET token = NULL WHERE source_id = $1', [sourceId])
    await raiseRevision(target, sourceId)
  })
}
