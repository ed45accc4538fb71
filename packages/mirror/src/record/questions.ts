/** Questions of `verify` to the leader, and the leader's answers. */
import type { CanonicalKey } from '../model.ts'
import { inTransaction, type Target } from '../postgres.ts'
import type { DifferenceKind } from '../types.ts'
import { raiseRevision } from './source.ts'

export interface Question {
  readonly id: number
  readonly table: string
  readonly keys: readonly CanonicalKey[]
}

export type Answer = readonly { readonly key: CanonicalKey; readonly kind: DifferenceKind }[]

/** Raises the revision, so that the leader reads the question before its next cycle. */
export const ask = async (
  target: Target,
  sourceId: string,
  table: string,
  keys: readonly CanonicalKey[],
): Promise<number> =>
  inTransaction(target, async () => {
    // Those of a verify that was killed: nobody waits for them any more.
    await target.run(
      "DELETE FROM mirror.question WHERE source_id = $1 AND asked_at < clock_timestamp() - interval '10 minutes'",
      [sourceId],
    )
    const [row] = await target.rows(
      'INSERT INTO mirror.question (source_id, table_name, keys) VALUES ($1, $2, $3) RETURNING id',
      [sourceId, table, JSON.stringify(keys)],
    )
    await raiseRevision(target, sourceId)
    return Number(row?.[0])
  })

export const openQuestions = async (target: Target, sourceId: string): Promise<Question[]> => {
  const rows = await target.rows(
    'SELECT id, table_name, keys FROM mirror.question WHERE source_id = $1 AND answer IS NULL ORDER BY id',
    [sourceId],
  )
  return rows.map(([id, table, keys]) => ({
    id: Number(id),
    table: table ?? '',
    keys: JSON.parse(keys ?? '[]') as string[][],
  }))
}

export const answer = async (target: Target, id: number, found: Answer): Promise<void> => {
  await target.run('UPDATE mirror.question SET answer = $2 WHERE id = $1', [id, JSON.stringify(found)])
}

/** The answer when there is one. */
export const readAnswer = async (target: Target, id: number): Promise<Answer | undefined> => {
  const [row] = await target.rows('SELECT answer FROM mirror.question WHERE id = $1', [id])
  return row?.[0] === null || row?.[0] === undefined ? undefined : (JSON.parse(row[0]) as Answer)
}

export const withdraw = async (target: Target, id: number): Promise<void> => {
  await target.run('DELETE FROM mirror.question WHERE id = $1', [id])
}
