/** What is kept byte for byte beside the mirrored tables, listed for people: values and whole rows, each with its reason. */
import type { CanonicalKey, KeyBytes } from '../model.ts'
import type { Target } from '../postgres.ts'

export interface ExactList {
  readonly count: number
  readonly listed: readonly {
    readonly key: CanonicalKey
    /** null: the whole row */
    readonly column: string | null
    readonly reason: string
  }[]
}

export const nothingExact: ExactList = { count: 0, listed: [] }

/** A key's source bytes where nobody knows what they mean. */
export const rawKey = (key: KeyBytes): CanonicalKey => key.map((part) => `\\x${part.toString('hex')}`)

/** Whole rows first, then values, at most `limit` of both; `canonical` tells a whole row's key. */
export const listExact = async (
  target: Target,
  sourceId: string,
  table: string,
  limit: number,
  canonical: (key: KeyBytes) => CanonicalKey,
): Promise<ExactList> => {
  const [counts] = await target.rows(
    `SELECT (SELECT count(*) FROM mirror.exact_row WHERE source_id = $1 AND table_name = $2),
            (SELECT count(*) FROM mirror.exact_value WHERE source_id = $1 AND table_name = $2)`,
    [sourceId, table],
  )
  const count = Number(counts?.[0]) + Number(counts?.[1])
  if (count === 0) return nothingExact
  const rows = await target.rows(
    `(SELECT array_to_json(ARRAY(SELECT encode(part, 'hex') FROM unnest(key) AS part)), NULL, reason FROM mirror.exact_row
       WHERE source_id = $1 AND table_name = $2 LIMIT $3)
     UNION ALL
     (SELECT array_to_json(key), column_name, reason FROM mirror.exact_value
       WHERE source_id = $1 AND table_name = $2 LIMIT $3)
     LIMIT $3`,
    [sourceId, table, limit],
  )
  return {
    count,
    listed: rows.map(([text, column, reason]) => {
      const key = JSON.parse(text ?? '[]') as string[]
      const isWhole = column === null || column === undefined
      return {
        key: isWhole ? canonical(key.map((part) => Buffer.from(part, 'hex'))) : key,
        column: column ?? null,
        reason: reason ?? '',
      }
    }),
  }
}

/** Names under which something is kept aside although the mirror knows no such table. */
export const namesOfNoTable = async (target: Target, sourceId: string): Promise<string[]> => {
  const rows = await target.rows(
    `SELECT kept.table_name FROM (
         SELECT table_name FROM mirror.exact_value WHERE source_id = $1
         UNION SELECT table_name FROM mirror.exact_row WHERE source_id = $1) AS kept
      WHERE NOT EXISTS (SELECT 1 FROM mirror.table_state t WHERE t.source_id = $1 AND t.table_name = kept.table_name)
      ORDER BY 1`,
    [sourceId],
  )
  return rows.map(([name]) => name ?? '')
}
