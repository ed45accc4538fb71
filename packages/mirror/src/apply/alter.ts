/** Mirrored tables altered in place: names, wider types, plain indexes. Within the cycle's transaction. */
import { quotePostgres } from '../names.ts'
import type { Target } from '../postgres.ts'
import { freeName } from './index-names.ts'
import { tableName, type TargetTable } from './shape.ts'

type Named = Pick<TargetTable, 'schema' | 'name'>

const nameOf = ({ schema, name }: Named): string => tableName({ schema, name, columns: [], key: [] })

export const renameColumn = async (target: Target, table: Named, from: string, to: string): Promise<void> => {
  await target.run(
    `ALTER TABLE ${nameOf(table)} RENAME COLUMN ${quotePostgres(from)} TO ${quotePostgres(to)}`,
  )
}

export const retypeColumn = async (
  target: Target,
  table: Named,
  column: string,
  type: string,
): Promise<void> => {
  await target.run(`ALTER TABLE ${nameOf(table)} ALTER COLUMN ${quotePostgres(column)} TYPE ${type}`)
}

export const addIndex = async (target: Target, table: Named, columns: readonly string[]): Promise<void> => {
  await target.run(`CREATE INDEX ON ${nameOf(table)} (${columns.map(quotePostgres).join(', ')})`)
}

/**
 * The oldest plain index over exactly these columns: the engine's own, since whoever adds one to the copy does so after the engine
 * made it. One that is not there any more was dropped by somebody else, which is what was wanted.
 */
export const dropIndex = async (target: Target, table: Named, columns: readonly string[]): Promise<void> => {
  const [row] = await target.rows(
    `SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
      WHERE n.nspname = $1 AND c.relname = $2 AND NOT i.indisunique AND i.indexprs IS NULL AND i.indpred IS NULL
        AND m.amname = 'btree' AND i.indnkeyatts = i.indnatts
        AND ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int[]) WITH ORDINALITY AS k(number, n)
                    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number ORDER BY k.n) = $3::text[]
      ORDER BY i.indexrelid LIMIT 1`,
    [table.schema, table.name, columns],
  )
  if (row !== undefined) await target.run(`DROP INDEX ${row[0]}`)
}

export const renameTable = async (target: Target, table: Named, to: string): Promise<void> => {
  await freeName(target, { schema: table.schema, name: to })
  await target.run(`ALTER TABLE ${nameOf(table)} RENAME TO ${quotePostgres(to)}`)
}

export const dropTable = async (target: Target, table: Named): Promise<void> => {
  await target.run(`DROP TABLE IF EXISTS ${nameOf(table)}`)
}
