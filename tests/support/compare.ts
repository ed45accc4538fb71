/**
 * An independent comparer of source and mirror. It shares no code with the engine, by design: plain SQL of either
 * side writes each value as text, rows become lines, and the sorted lines must be the same.
 *
 * A value that PostgreSQL's type cannot hold stands in mirror.exact_value as the source's own bytes: these win over
 * what the table shows. An exact value without its row is a difference. Both sides must stand still meanwhile.
 */
import { onSource, onTarget } from '../../packages/devstack/src/index.ts'

export interface Sides {
  /** an account that may read the source database, which the path names */
  readonly source: string
  readonly target: string
  /** tables of the source that the mirror is not expected to have */
  readonly except?: readonly string[]
  /** the mirror's schema in the target; the database's name when absent */
  readonly schema?: string
}

export interface Comparison {
  readonly equal: boolean
  /** rows of the source, by table */
  readonly rows: Readonly<Record<string, number>>
  /** `table: - line of the source` or `table: + line of the mirror`, at most twenty a table and side */
  readonly differences: readonly string[]
}

/** How values of a type are written as text on both sides, and what evens out differences of writing. */
interface Kind {
  readonly mysql: (column: string) => string
  readonly postgres: (column: string) => string
  /** text of either side → the form that is compared */
  readonly even: (text: string) => string
  /** exact bytes → text of the MySQL side */
  readonly exact: (bytes: Buffer) => string
}

const latin = (bytes: Buffer): string => bytes.toString('latin1')
const same = (text: string): string => text

const number: Kind = {
  // + 0 takes ZEROFILL's padding away and leaves every digit
  mysql: (column) => `CAST(${column} + 0 AS CHAR)`,
  postgres: (column) => `${column}::text`,
  even: same,
  exact: latin,
}
const floating = (single: boolean): Kind => ({
  // a bare FLOAT prints six digits; MySQL cuts a DOUBLE that is not bare to 22 characters, and a sum has no -0
  mysql: (column) => `CAST(${single ? `${column} * 1e0` : column} AS CHAR)`,
  postgres: (column) => `${column}::text`,
  even: (text) => {
    const value = single ? Math.fround(Number(text)) : Number(text)
    return Object.is(value, -0) ? '-0' : String(value)
  },
  exact: latin,
})
const characters: Kind = {
  mysql: (column) => `HEX(CONVERT(${column} USING utf8mb4))`,
  postgres: (column) => `upper(encode(convert_to(${column}, 'UTF8'), 'hex'))`,
  even: same,
  exact: (bytes) => bytes.toString('hex').toUpperCase(),
}
const binary: Kind = {
  mysql: (column) => `HEX(${column})`,
  postgres: (column) => `upper(encode(${column}, 'hex'))`,
  even: same,
  exact: (bytes) => bytes.toString('hex').toUpperCase(),
}
/** Six digits of a second on both sides, whatever each leaves out. */
const evenSeconds = (text: string): string => {
  const [whole = '', fraction = ''] = text.split('.')
  return `${whole}.${fraction.padEnd(6, '0')}`
}
const day: Kind = {
  mysql: (column) => `CAST(${column} AS CHAR)`,
  postgres: (column) => `to_char(${column}, 'YYYY-MM-DD')`,
  even: same,
  exact: latin,
}
const moment: Kind = {
  mysql: (column) => `CAST(${column} AS CHAR)`,
  postgres: (column) => `to_char(${column}, 'YYYY-MM-DD HH24:MI:SS.US')`,
  even: evenSeconds,
  exact: latin,
}
const instant: Kind = { ...moment, postgres: (column) => moment.postgres(`(${column} AT TIME ZONE 'UTC')`) }
const timeOfDay: Kind = {
  ...moment,
  postgres: (column) => `to_char('epoch'::timestamp + ${column}, 'HH24:MI:SS.US')`,
}
const bits: Kind = {
  ...number,
  postgres: (column) => `${column}::text`,
  // PostgreSQL writes 0101, MySQL the number; the marker tells which
  even: (text) => (text.startsWith('b') ? BigInt(`0b${text.slice(1)}`).toString() : text),
}
/** Equal as JSON: the order of keys is not part of the value on either server; long numbers are rounded here. */
const json: Kind = {
  mysql: (column) => `CAST(${column} AS CHAR)`,
  postgres: (column) => `${column}::text`,
  even: (text) => JSON.stringify(sortKeys(JSON.parse(text))),
  exact: (bytes) => bytes.toString('utf8'),
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sortKeys(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

const kinds: Readonly<Record<string, Kind>> = {
  ...Object.fromEntries(
    ['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year'].map((type) => [type, number]),
  ),
  ...Object.fromEntries(
    ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set'].map((type) => [
      type,
      characters,
    ]),
  ),
  ...Object.fromEntries(
    ['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'].map((type) => [type, binary]),
  ),
  float: floating(true),
  double: floating(false),
  date: day,
  datetime: moment,
  timestamp: instant,
  time: timeOfDay,
  bit: { ...bits, postgres: (column) => `'b' || ${column}::text` },
  json,
}

interface Column {
  readonly name: string
  readonly kind: Kind
  /** 1 for the first column of the primary key, null outside of it */
  readonly keyPosition: number | null
}

type Value = string | null
/** table → rows; a row holds one text a column */
type Content = ReadonlyMap<string, readonly (readonly Value[])[]>

const backticks = (name: string): string => `\`${name.replaceAll('`', '``')}\``
const quotes = (name: string): string => `"${name.replaceAll('"', '""')}"`
const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1))

async function readSource(url: string, except: readonly string[]) {
  const schema = databaseOf(url)
  return onSource(url, async (connection) => {
    // every setting that changes how a value is written, or how many rows come
    await connection.query(
      "SET SESSION sql_mode = '', time_zone = '+00:00', sql_select_limit = 18446744073709551615, autocommit = 1, completion_type = 0",
    )
    await connection.query('SET NAMES utf8mb4')
    const ask = async (
      sql: string,
      values: readonly string[] = [],
    ): Promise<readonly (readonly Value[])[]> => {
      const [rows] = await connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() }, [
        ...values,
      ])
      return rows as unknown as readonly (readonly Value[])[]
    }
    const tables = new Map<string, Column[]>()
    const listed = await ask(
      `SELECT c.TABLE_NAME, c.COLUMN_NAME, LOWER(c.DATA_TYPE),
              (SELECT s.SEQ_IN_INDEX FROM information_schema.STATISTICS s
                WHERE s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME
                  AND s.COLUMN_NAME = c.COLUMN_NAME AND s.INDEX_NAME = 'PRIMARY')
         FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)
        WHERE c.TABLE_SCHEMA = ? AND t.TABLE_TYPE = 'BASE TABLE' ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION`,
      [schema],
    )
    for (const [table, name, type, keyPosition] of listed) {
      if (
        table === null ||
        table === undefined ||
        name === null ||
        name === undefined ||
        except.includes(table)
      )
        continue
      const kind = kinds[type ?? '']
      if (kind === undefined) throw new Error(`the comparer does not know ${table}.${name} of type ${type}`)
      tables.set(table, [
        ...(tables.get(table) ?? []),
        { name, kind, keyPosition: keyPosition === null ? null : Number(keyPosition) },
      ])
    }
    const content = new Map<string, readonly (readonly Value[])[]>()
    for (const [table, columns] of tables) {
      const list = columns.map(({ name, kind }) => kind.mysql(backticks(name))).join(', ')
      content.set(table, await ask(`SELECT ${list} FROM ${backticks(table)}`))
    }
    return { schema, tables, content }
  })
}

async function readTarget(url: string, schema: string, tables: ReadonlyMap<string, readonly Column[]>) {
  return onTarget(url, async (client) => {
    const ask = async (sql: string, values: readonly string[] = []): Promise<readonly (readonly Value[])[]> =>
      (
        await client.query<(string | null)[]>({
          text: sql,
          values: [...values],
          rowMode: 'array',
          types: { getTypeParser: () => same },
        })
      ).rows
    await client.query(
      "SET TIME ZONE 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 1; SET bytea_output = 'hex'",
    )
    const listed = await ask(
      'SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = $1',
      [schema],
    )
    const present = new Map<string, readonly string[]>()
    for (const [table, column] of listed) {
      present.set(String(table), [...(present.get(String(table)) ?? []), String(column)])
    }
    const content = new Map<string, readonly (readonly Value[])[]>()
    for (const [table, columns] of tables) {
      // a table of another shape is told below, not read
      const there = present.get(table)
      if (there === undefined || columns.some(({ name }) => !there.includes(name))) continue
      // the key's own text comes last: it is how exact values name their row
      const key = columns
        .filter(({ keyPosition }) => keyPosition !== null)
        .sort((a, b) => Number(a.keyPosition) - Number(b.keyPosition))
        .map(({ name }) => `${quotes(name)}::text`)
      const list = columns.map(({ name, kind }) => kind.postgres(quotes(name)))
      content.set(
        table,
        await ask(
          `SELECT ${[...list, `to_json(ARRAY[${key.join(', ')}]::text[])`].join(', ')} FROM ${quotes(schema)}.${quotes(table)}`,
        ),
      )
    }
    const exact = await ask(
      "SELECT table_name, to_json(key), column_name, encode(bytes, 'hex') FROM mirror.exact_value WHERE source_id = $1",
      [schema],
    )
    return { content, exact, present }
  })
}

/** The mirror's rows with their exact values in place. What is left over belongs to no row. */
function withExact(
  { content, exact }: { readonly content: Content; readonly exact: readonly (readonly Value[])[] },
  tables: ReadonlyMap<string, readonly Column[]>,
): { readonly content: Content; readonly leftOver: readonly string[] } {
  // PostgreSQL leaves out a fraction's trailing zeros and names the zone; the mirror's keys are the source's text
  const evenKey = (part: string | null): string =>
    String(part)
      .replace(/^(.*\d\d:\d\d:\d\d)(\.\d+?)?0*(\+00)?$/, '$1$2')
      .replace(/\.0$/, '')
  const idOf = (table: string, key: string, column: string): string =>
    JSON.stringify([table, (JSON.parse(key) as (string | null)[]).map(evenKey), column])
  const values = new Map(
    exact.map(([table, key, column, hex]) => [
      idOf(table ?? '', key ?? '[]', column ?? ''),
      Buffer.from(hex ?? '', 'hex'),
    ]),
  )
  const merged = new Map<string, readonly (readonly Value[])[]>()
  for (const [table, rows] of content) {
    const columns = tables.get(table) ?? []
    merged.set(
      table,
      rows.map((row) =>
        columns.map(({ name, kind }, index) => {
          const id = idOf(table, row.at(-1) ?? '[]', name)
          const bytes = values.get(id)
          if (bytes === undefined) return row[index] ?? null
          values.delete(id)
          return kind.exact(bytes)
        }),
      ),
    )
  }
  return { content: merged, leftOver: [...values.keys()] }
}

const LISTED = 20

/** What one list of lines has more than the other, repeated lines counted. */
function beyond(these: readonly string[], those: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const line of those) counts.set(line, (counts.get(line) ?? 0) + 1)
  return these.filter((line) => {
    const left = counts.get(line) ?? 0
    counts.set(line, left - 1)
    return left <= 0
  })
}

export async function compareSides({ source, target, except = [], schema }: Sides): Promise<Comparison> {
  const left = await readSource(source, except)
  const found = await readTarget(target, schema ?? left.schema, left.tables)
  const right = withExact(found, left.tables)
  const rows: Record<string, number> = {}
  const differences: string[] = right.leftOver.map((id) => `exact value without its row: ${id}`)
  for (const [table, columns] of left.tables) {
    const lines = (content: Content): readonly string[] =>
      (content.get(table) ?? [])
        .map((row) =>
          columns
            .map(
              ({ name, kind }, index) =>
                `${name}=${row[index] === null || row[index] === undefined ? 'NULL' : `'${kind.even(row[index])}'`}`,
            )
            .join(' '),
        )
        .sort()
    const ours = lines(left.content)
    const theirs = lines(right.content)
    rows[table] = ours.length
    const columnsThere = found.present.get(table)
    if (columnsThere === undefined) {
      differences.push(`${table}: not in the mirror`)
      continue
    }
    const names = columns.map(({ name }) => name)
    const missing = names.filter((name) => !columnsThere.includes(name))
    const extra = columnsThere.filter((name) => !names.includes(name))
    if (missing.length + extra.length > 0) {
      differences.push(`${table}: columns missing: ${missing.join()}; not in the source: ${extra.join()}`)
      if (missing.length > 0) continue
    }
    differences.push(
      ...beyond(ours, theirs)
        .slice(0, LISTED)
        .map((line) => `${table}: - ${line}`),
      ...beyond(theirs, ours)
        .slice(0, LISTED)
        .map((line) => `${table}: + ${line}`),
    )
  }
  for (const table of found.present.keys()) {
    if (!left.tables.has(table) && !except.includes(table)) differences.push(`${table}: not in the source`)
  }
  return { equal: differences.length === 0, rows, differences }
}
