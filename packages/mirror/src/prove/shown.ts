/** Beside an exact value the mirror must show what the codec shows for it. */
import type { TargetTable } from '../apply/shape.ts'
import type { MirrorRow } from '../model.ts'
import type { PostgresRow, Target } from '../postgres.ts'

export interface ShownRow {
  readonly source: MirrorRow
  readonly row: PostgresRow
}

/**
 * Row by row: does PostgreSQL show what it should? Where its text is not the codec's, as for jsonb, which prints a document in
 * its own way, PostgreSQL itself prints what the codec shows: two texts by one printer are equal when the values are.
 */
export const shownAsPostgresPrints = async (
  { target, shape }: { readonly target: Target; readonly shape: TargetTable },
  rows: readonly ShownRow[],
): Promise<readonly boolean[]> => {
  const right = rows.map(() => true)
  const asked = new Map<
    number,
    { readonly at: number; readonly expected: string; readonly shown: string }[]
  >()
  for (const [at, { source, row }] of rows.entries()) {
    for (const index of source.exact.keys()) {
      const expected = source.shown[index] ?? null
      const shown = row[index] ?? null
      if (expected === shown) continue
      if (expected === null || shown === null) right[at] = false
      else asked.set(index, [...(asked.get(index) ?? []), { at, expected, shown }])
    }
  }
  for (const [index, questions] of asked) {
    const printed = await target.rows(
      `SELECT (e::${shape.columns[index]?.type})::text FROM unnest($1::text[]) WITH ORDINALITY AS u(e, n) ORDER BY n`,
      [questions.map(({ expected }) => expected)],
    )
    for (const [position, { at, shown }] of questions.entries())
      if (printed[position]?.[0] !== shown) right[at] = false
  }
  return right
}
