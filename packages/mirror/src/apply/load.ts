/** Whole tables: made beside, filled by COPY, indexed, and put in their place within the cycle's transaction. */
import { quotePostgres } from '../names.ts'
import { copyChunks, copyField, type Target } from '../postgres.ts'
import { columnDefinitions, columnList, tableName, type TargetTable } from './shape.ts'

/** Where a table lies while it is loaded. */
const loadingTable = (table: TargetTable, tableId: number): TargetTable => ({
  ...table,
  schema: 'mirror_load',
  name: `table_${tableId}`,
})

export const createSchema = async (target: Target, schema: string): Promise<void> => {
  await target.run(`CREATE SCHEMA IF NOT EXISTS ${quotePostgres(schema)}`)
}

/** Tables, views and sequences that lie in the schema. */
export const namesInSchema = async (target: Target, schema: string): Promise<string[]> => {
  const rows = await target.rows(
    `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') ORDER BY 1`,
    [schema],
  )
  return rows.map(([name]) => name ?? '')
}

export const beginLoad = async (target: Target, table: TargetTable, tableId: number): Promise<void> => {
  const loading = tableName(loadingTable(table, tableId))
  await target.run(`DROP TABLE IF EXISTS ${loading}`)
  await target.run(`CREATE TABLE ${loading} (${columnDefinitions(table)})`)
}

export const copyRows = async (
  target: Target,
  table: TargetTable,
  tableId: number,
  rows: readonly (readonly (string | null)[])[],
): Promise<void> => {
  const lines = function* (): Generator<string> {
    for (const row of rows) yield row.map(copyField).join('\t')
  }
  await target.copy(
    `COPY ${tableName(loadingTable(table, tableId))} (${columnList(table)}) FROM STDIN`,
    copyChunks(lines()),
  )
}

/** Adds key and indexes and moves the table under its own name; one that stood there before gives way. */
export const finishLoad = async (
  target: Target,
  table: TargetTable,
  tableId: number,
  indexes: readonly (readonly string[])[],
): Promise<void> => {
  const loading = tableName(loadingTable(table, tableId))
  const key = table.key.map((index) => quotePostgres(table.columns[index]?.name ?? ''))
  await target.run(`ALTER TABLE ${loading} ADD PRIMARY KEY (${key.join(', ')})`)
  for (const index of indexes) {
    // Unique indexes become plain ones: two rows may swap unique values within one cycle, and the source has judged.
    await target.run(`CREATE INDEX ON ${loading} (${index.map(quotePostgres).join(', ')})`)
  }
  await target.run(`ANALYZE ${loading}`)
  await target.run(`DROP TABLE IF EXISTS ${tableName(table)}`)
  await target.run(`ALTER TABLE ${loading} SET SCHEMA ${quotePostgres(table.schema)}`)
  await target.run(
    `ALTER TABLE ${quotePostgres(table.schema)}.${quotePostgres(`table_${tableId}`)} RENAME TO ${quotePostgres(table.name)}`,
  )
}
