/** Of rows, what PostgreSQL cannot hold: as the record takes it. */
import { digestOfWholeRow, type MirrorRow } from '../model.ts'
import type { ExactRow } from '../record/exact-row.ts'
import type { ExactEntry } from '../record/ledger.ts'
import type { SourceTable } from '../source/tables.ts'

/** Single values, for mirror.exact_value. */
export const exactEntries = (table: SourceTable, rows: readonly MirrorRow[]): ExactEntry[] =>
  rows.flatMap((row) =>
    [...row.exact].map(([index, part]) => ({
      key: row.key,
      column: table.columns[index]?.name ?? '',
      bytes: part.bytes,
      reason: part.reason,
    })),
  )

/** Those of the rows that are kept whole, as mirror.exact_row takes them. */
export const exactRowsOf = (table: SourceTable, rows: readonly MirrorRow[]): ExactRow[] =>
  rows.flatMap((row) =>
    row.whole === null
      ? []
      : {
          digest: digestOfWholeRow(row.id),
          key: row.bytes,
          columns: table.columns.map((column) => column.name),
          ...row.whole,
        },
  )
