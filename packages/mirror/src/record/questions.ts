/** Questions of `verify` to the leader, and the leader's answers. */
import type { KeyRef } from '../model.ts'
import { inTransaction, type Target } from '../postgres.ts'
import type { DifferenceKind } from '../types.ts'
import { escapeNul, unescapeNul } from './key-id.ts'
import { raiseRevision } from './source.ts'

export interface Question {
  readonly id: number
  readonly table: string
  readonly keys: readonly KeyRef[]
}

export type Answer = readonly (KeyRef & { readonly kind: DifferenceKind })[]

/** jsonb holds no NUL, and JSON no bytes. */
interface WrittenRef {
  readonly id: string
  readonly key: readonly string[]
  readonly bytes: readonly string[] | null
  readonly stray: boolean
}

const writeRef = ({ id, key, bytes, stray }: KeyRef): WrittenRef => ({
  id: escapeNul(id),
  key: key.map(escapeNul),
  bytes: bytes?.map((part) => part.toString('hex')) ?? null,
  stray,
})

const readRef = ({ id, key, bytes, stray }: WrittenRef): KeyRef => ({
  id: unescapeNul(id),
  key: key.map(unescapeNul),
  bytes: bytes?.map((part) => Buffer.from(part, 'hex')) ?? null,
  stray,
})

/** Raises the revision, so that the leader reads the question before its next cycle. */
export const ask = async (
  target: Target,
  sourceId: string,
  table: string,
  keys: readonly KeyRef[],
): Promise<number> =>
  inTransaction(target, async () => {
    // Those of a verify that was killed: nobody waits for them any more.
    await target.run(
      "DELETE FROM mirror.question WHERE source_id = $1 AND asked_at < clock_timestamp() - interval '10 minutes'",
      [sourceId],
    )
    const [row] = await target.rows(
      'INSERT INTO mirror.question (source_id, table_name, keys) VALUES ($1, $2, $3) RETURNING id',
      [sourceId, table, JSON.stringify(keys.map(writeRef))],
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
    keys: (JSON.parse(keys ?? '[]') as WrittenRef[]).map(readRef),
  }))
}

export const answer = async (target: Target, id: number, found: Answer): Promise<void> => {
  await target.run('UPDATE mirror.question SET answer = $2 WHERE id = $1', [
    id,
    JSON.stringify(found.map(({ kind, ...ref }) => ({ ...writeRef(ref), kind }))),
  ])
}

/** The answer when there is one. */
export const readAnswer = async (target: Target, id: number): Promise<Answer | undefined> => {
  const [row] = await target.rows('SELECT answer FROM mirror.question WHERE id = $1', [id])
  return row?.[0] === null || row?.[0] === undefined
    ? undefined
    : (JSON.parse(row[0]) as (WrittenRef & { kind: DifferenceKind })[]).map(({ kind, ...ref }) => ({
        ...readRef(ref),
        kind,
      }))
}

export const withdraw = async (target: Target, id: number): Promise<void> => {
  await target.run('DELETE FROM mirror.question WHERE id = $1', [id])
}
