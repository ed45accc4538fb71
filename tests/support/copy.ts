/**
 * A plain copy of a MySQL database into a schema of PostgreSQL, with the types of design.md. It shares no code with the
 * mirror, and stands in for it where only the *form* of the copy matters.
 */
import { sql } from 'kysely'
import { Client } from 'pg'
import type { Db } from '../../apps/portal/src/db/connect.ts'

interface Column {
  readonly table_name: string
  readonly column_name: string
  readonly data_type: string
  readonly column_type: string
  readonly key_position: number
}

const types: Readonly<Record<string, (columnType: string) => string>> = {
  tinyint: () => 'smallint',
  smallint: (type) => (type.includes('unsigned') ? 'integer' : 'smallint'),
  int: (type) => (type.includes('unsigned') ? 'bigint' : 'integer'),
  bigint: (type) => (type.includes('unsigned') ? 'numeric(20)' : 'bigint'),
  decimal: (type) => type.replace('decimal', 'numeric'),
  char: () => 'text',
  varchar: () => 'text',
  text: () => 'text',
  mediumtext: () => 'text',
  enum: () => 'text',
  date: () => 'date',
  time: () => 'time(0)',
  datetime: (type) => `timestamp(${/\d/.exec(type)?.[0] ?? '0'})`,
  binary: () => 'bytea',
  varbinary: () => 'bytea',
}

const postgresType = (column: Column): string => {
  const type = types[column.data_type]?.(column.column_type)
  if (type === undefined)
    throw new Error(`${column.table_name}.${column.column_name}: no type for ${column.column_type}`)
  return type
}

const name = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** @returns the tables that were copied, with their rows */
export const copyToPostgres = async (
  db: Db,
  targetUrl: string,
  schema: string,
): Promise<Readonly<Record<string, number>>> => {
  const { rows: columns } = await sql<Column>`
    SELECT c.table_name AS table_name, c.column_name AS column_name, c.data_type AS data_type,
           c.column_type AS column_type, COALESCE(k.ordinal_position, 0) AS key_position
      FROM information_schema.columns c
      LEFT JOIN information_schema.key_column_usage k
        ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name
       AND k.constraint_name = 'PRIMARY'
     WHERE c.table_schema = DATABASE() ORDER BY c.table_name, c.ordinal_position`.execute(db)
  const client = new Client({ connectionString: targetUrl })
  await client.connect()
  const counts: Record<string, number> = {}
  try {
    await client.query(`SET TIME ZONE UTC; CREATE SCHEMA ${name(schema)}`)
    for (const table of new Set(columns.map((column) => column.table_name))) {
      const own = columns.filter((column) => column.table_name === table)
      const key = own
        .filter((column) => column.key_position > 0)
        .sort((a, b) => a.key_position - b.key_position)
      const target = `${name(schema)}.${name(table)}`
      const definitions = own.map((column) => `${name(column.column_name)} ${postgresType(column)}`)
      const primary = key.map((column) => name(column.column_name)).join(', ')
      await client.query(`CREATE TABLE ${target} (${definitions.join(', ')}, PRIMARY KEY (${primary}))`)
      const { rows } = await sql<Record<string, unknown>>`SELECT * FROM ${sql.table(table)}`.execute(db)
      counts[table] = rows.length
      // whole columns as arrays: one statement a thousand rows, whatever the number of columns
      for (let start = 0; start < rows.length; start += 1_000) {
        const batch = rows.slice(start, start + 1_000)
        const values = own.map((column) => batch.map((row) => row[column.column_name] ?? null))
        const arrays = own.map((column, index) => `$${index + 1}::${postgresType(column)}[]`)
        await client.query(`INSERT INTO ${target} SELECT * FROM unnest(${arrays.join(', ')})`, values)
      }
    }
  } finally {
    await client.end()
  }
  return counts
}
