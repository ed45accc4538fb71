/** Whole tables: made beside, filled by COPY, indexed, and put in their place within the cycle's transaction. */
import { quotePostgres } from '../names.ts'
import type { Target } from '../postgres.ts'
import { freeName, nameIndexes } from './index-names.ts'
import { giveRights, revokeAll, rightsAt } from './rights.ts'
import { columnDefinitions, columnList, tableName, type TargetTable } from './shape.ts'

/** Where a table lies while it is loaded. */
export const loadingTable = (table: TargetTable, tableId: number): TargetTable => ({
  ...table,
  schema: 'mirror_load',
  name: `loading ${tableId}`,
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

/** Somebody may have dropped it: nothing of worth lies there between two loads. */
export const createLoadSchema = async (target: Target): Promise<void> => createSchema(target, 'mirror_load')

export const beginLoad = async (target: Target, table: TargetTable, tableId: number): Promise<void> => {
  const loading = tableName(loadingTable(table, tableId))
  await createLoadSchema(target)
  await target.run(`DROP TABLE IF EXISTS ${loading}`)
  await target.run(`CREATE TABLE ${loading} (${columnDefinitions(table)})`)
  await revokeAll(target, loadingTable(table, tableId))
}

/** `lines`: COPY's text, in chunks */
export const copyRows = async (
  target: Target,
  table: TargetTable,
  tableId: number,
  lines: readonly Buffer[],
): Promise<void> => {
  await target.copy(
    `COPY ${tableName(loadingTable(table, tableId))} (${columnList(table)}) FROM STDIN`,
    lines,
  )
}

const keyColumns = (table: TargetTable): string =>
  table.key.map((index) => quotePostgres(table.columns[index]?.name ?? '')).join(', ')

/** `once`: its statements fail when they are run again; those of others may be run at the same time, and again when some are done. */
export interface IndexStage {
  readonly statements: readonly string[]
  readonly once: boolean
}

/** What makes a filled table whole, stage by stage: indexes, key, statistics. */
export const indexStages = (
  table: TargetTable,
  tableId: number,
  indexes: readonly (readonly string[])[],
): readonly IndexStage[] => {
  const at = loadingTable(table, tableId)
  const loading = tableName(at)
  const named = (what: string | number): string => quotePostgres(`${at.name} ${what}`)
  return [
    // The key as an index first: as a constraint it would lock out the others. The source keeps its other unique indexes: here two rows
    // may swap unique values within one cycle.
    {
      once: false,
      statements: [
        `CREATE UNIQUE INDEX IF NOT EXISTS ${named('key')} ON ${loading} (${keyColumns(table)})`,
        ...indexes.map(
          (index, number) =>
            `CREATE INDEX IF NOT EXISTS ${named(number)} ON ${loading} (${index.map(quotePostgres).join(', ')})`,
        ),
      ],
    },
    // the index is there, and no column may be NULL: it takes no time
    { once: true, statements: [`ALTER TABLE ${loading} ADD PRIMARY KEY USING INDEX ${named('key')}`] },
    { once: false, statements: [`ANALYZE ${loading}`] },
  ]
}

/** Moves the filled table under its own name; one that stood there before gives way. */
export const putInPlace = async (target: Target, table: TargetTable, tableId: number): Promise<void> => {
  const loadedAs = loadingTable(table, tableId)
  const loading = tableName(loadedAs)
  const rights = await rightsAt(target, table)
  await freeName(target, table)
  await target.run(`DROP TABLE IF EXISTS ${tableName(table)}`)
  await target.run(`ALTER TABLE ${loading} SET SCHEMA ${quotePostgres(table.schema)}`)
  await target.run(
    `ALTER TABLE ${quotePostgres(table.schema)}.${quotePostgres(loadedAs.name)} RENAME TO ${quotePostgres(table.name)}`,
  )
  await nameIndexes(target, table, loadedAs.name)
  await giveRights(target, table, rights)
}

/** All at once, for a small table. */
export const finishLoad = async (
  target: Target,
  table: TargetTable,
  tableId: number,
  indexes: readonly (readonly string[])[],
): Promise<void> => {
  const loading = tableName(loadingTable(table, tableId))
  if (table.key.length > 0) await target.run(`ALTER TABLE ${loading} ADD PRIMARY KEY (${keyColumns(table)})`)
  for (const index of indexes)
    await target.run(`CREATE INDEX ON ${loading} (${index.map(quotePostgres).join(', ')})`)
  await target.run(`ANALYZE ${loading}`)
  await putInPlace(target, table, tableId)
}

/** Those of the loads whose loading table somebody dropped. */
export const lostLoads = async (
  target: Target,
  tableIds: readonly number[],
): Promise<ReadonlySet<number>> => {
  if (tableIds.length === 0) return new Set()
  const rows = await target.rows(
    `SELECT id FROM unnest($1::int[]) AS l(id)
      WHERE to_regclass(format('mirror_load.%I', 'loading ' || id)) IS NULL`,
    [tableIds],
  )
  return new Set(rows.map(([id]) => Number(id)))
}

export const dropLoadingTable = async (target: Target, tableId: number): Promise<void> => {
  await target.run(`DROP TABLE IF EXISTS mirror_load.${quotePostgres(`loading ${tableId}`)}`)
}
