/** A table of the source and what stands for it in the target. */
import type { TargetTable } from '../apply/shape.ts'
import { postgresColumnName, postgresName } from '../names.ts'
import type { SourceTable } from '../source/tables.ts'

export const targetTable = (schema: string, table: SourceTable): TargetTable => ({
  schema,
  name: postgresName(table.name),
  columns: table.columns.map((column) => ({
    name: postgresColumnName(column.name),
    type: column.codec.postgresType,
  })),
  key: table.key,
})

/** Rows that travel between the servers in one statement: bounds memory, and amortises the round trip. */
export const rowsPerStatement = 2_000

export const chunksOf = function* <T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
}
