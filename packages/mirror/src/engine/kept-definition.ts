/** A table's definition as the record keeps it. */
import type { KeptDefinition } from '../model.ts'
import { readingOf } from '../source/digest.ts'
import type { SourceTable } from '../source/tables.ts'

export const keptDefinition = (table: SourceTable): KeptDefinition => {
  const readings = readingOf(table.columns)
  return {
    columns: table.columns.map((column) => column.name),
    details: {
      columns: table.columns.map((column, index) => ({
        name: column.name,
        type: column.columnType,
        nullable: column.nullable,
        charset: column.charset,
        collation: column.collation,
        postgres: column.codec.postgresType,
        reading: readings[index] ?? '',
      })),
      key: table.key.map((index) => table.columns[index]?.name ?? ''),
      indexes: table.indexes,
    },
  }
}
