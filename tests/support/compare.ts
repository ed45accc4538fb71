/**
 * An independent comparer of source and mirror. It shares no code with the engine, by design: plain SQL of either
 * side writes each value as text, rows become lines, and the sorted lines must be the same.
 *
 * What the mirror holds is its tables, in which the bytes of mirror.exact_value stand in the place of what is shown, and the
 * rows of mirror.exact_row, which stand in no table. An exact value without its row is a difference, and so is an exact row
 * that is filed under another key than its own. Exact values of a table without a key belong to a digest of the source's; how many rows have it,
 * and PostgreSQL's hash of such a row, stand in mirror.keyless_row. Both sides must stand still meanwhile.
 */
import { onSource, onTarget } from '../../packages/devstack/src/index.ts'
import { type Kind, kindOf, type Written } from './compare-kinds.ts'

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
  /** exact values and exact rows of the mirror, by table */
  readonly aside: Readonly<Record<string, { readonly values: number; readonly rows: number }>>
  /** `table: - line of the source` or `table: + line of the mirror`, at most twenty a table and side */
  readonly differences: readonly string[]
}

interface Column {
  readonly name: string
  readonly kind: Kind
}

interface Table {
  readonly columns: readonly Column[]
  /** names of the key's columns, in key order */
  readonly key: readonly string[]
}

type Value = string | null
type Answer = readonly (readonly Value[])[]
type Ask = (sql: string, values?: readonly string[]) => Promise<Answer>

/** A value as one side writes it; null is NULL */
type Cell = Written | null

const backticks = (name: string): string => `\`${name.replaceAll('`', '``')}\``
const quotes = (name: string): string => `"${name.replaceAll('"', '""')}"`
const databaseOf = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1))

async function describeTables(ask: Ask, schema: string, except: readonly string[]) {
  // Names are put together here: to the server's catalogue `t` and `T` are one.
  const key = new Map<string, string[]>()
  for (const [table = null, column] of await ask(
    `SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA = ? AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_NAME, SEQ_IN_INDEX`,
    [schema],
  )) {
    key.set(String(table), [...(key.get(String(table)) ?? []), String(column)])
  }
  const base = new Set(
    (
      await ask(
        "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')",
        [schema],
      )
    ).map(([name]) => String(name)),
  )
  const columns = new Map<string, Column[]>()
  for (const [name, column, type, columnType, charset = null] of await ask(
    `SELECT TABLE_NAME, COLUMN_NAME, LOWER(DATA_TYPE), COLUMN_TYPE, CHARACTER_SET_NAME
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    [schema],
  )) {
    const table = String(name)
    if (!base.has(table) || except.includes(table)) continue
    const kind = kindOf({ dataType: String(type), columnType: String(columnType), charset })
    if (kind === undefined) throw new Error(`the comparer does not know ${table}.${column} of type ${type}`)
    columns.set(table, [...(columns.get(table) ?? []), { name: String(column), kind }])
  }
  return new Map(
    [...columns].map(([name, list]): [string, Table] => [name, { columns: list, key: key.get(name) ?? [] }]),
  )
}

/** Asks the source what the mirror's texts are to it: expression → its text. */
async function answerAll(
  ask: Ask,
  cells: Iterable<readonly Cell[]>,
): Promise<(cell: Written) => string | null> {
  const asked = new Map<string, string | null>()
  for (const row of cells)
    for (const cell of row) if (cell !== null && 'ask' in cell) asked.set(cell.ask, null)
  const expressions = [...asked.keys()]
  for (let start = 0; start < expressions.length; start += 500) {
    const some = expressions.slice(start, start + 500)
    const [answer = []] = await ask(`SELECT ${some.join(', ')}`)
    for (const [at, expression] of some.entries()) asked.set(expression, answer[at] ?? null)
  }
  return (cell) => ('ask' in cell ? (asked.get(cell.ask) ?? null) : cell.text)
}

/** The name under which the mirror shows something, where the source's is beyond 63 bytes or PostgreSQL's own. */
interface Shown {
  readonly table: string
  /** type and name in the mirror of each column of the source; undefined: it is not there */
  readonly columns: ReadonlyMap<string, { readonly name: string; readonly type: string }>
  readonly extra: readonly string[]
  /** without a primary key: the columns by which the mirror says that it tells rows apart */
  readonly key: readonly string[]
}

/** What a column may not be called in PostgreSQL. */
const systemColumns = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']
const mayBeRenamed = (name: string): boolean => Buffer.byteLength(name) > 63 || systemColumns.includes(name)

async function describeShown(ask: Ask, schema: string, tables: ReadonlyMap<string, Table>) {
  const renamed = new Map(
    (
      await ask(
        "SELECT table_name, target_name, definition->>'columns', definition->'details'->>'key' FROM mirror.table_state WHERE source_id = $1",
        [schema],
      )
    ).map(([name, target, columns, key]) => [
      String(name),
      {
        target: String(target),
        columns: JSON.parse(columns ?? '[]') as string[],
        key: JSON.parse(key ?? '[]') as string[],
      },
    ]),
  )
  const there = new Map<string, { name: string; type: string }[]>()
  for (const [table, column, type] of await ask(
    `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
       FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relnamespace = to_regnamespace($1) AND c.relkind IN ('r', 'p') ORDER BY a.attnum`,
    [quotes(schema)],
  )) {
    there.set(String(table), [
      ...(there.get(String(table)) ?? []),
      { name: String(column), type: String(type) },
    ])
  }
  const shown = new Map<string, Shown>()
  for (const [name, { columns }] of tables) {
    const record = renamed.get(name)
    const table = Buffer.byteLength(name) > 63 ? (record?.target ?? name) : name
    const list = there.get(table)
    if (list === undefined) continue
    const found = columns.flatMap(({ name: column }) => {
      // such a column is known by its place alone, every other must bear its name
      const at = mayBeRenamed(column) ? (record?.columns.indexOf(column) ?? -1) : -1
      const match = at >= 0 ? list[at] : list.find((each) => each.name === column)
      return match === undefined ? [] : [[column, match] as const]
    })
    const taken = new Set(found.map(([, match]) => match))
    const extra = list.filter((each) => !taken.has(each)).map((each) => each.name)
    shown.set(name, { table, columns: new Map(found), extra, key: record?.key ?? [] })
  }
  const strangers = [...there.keys()].filter(
    (name) => ![...shown.values()].some((each) => each.table === name),
  )
  return { shown, strangers }
}

/** Key as text → column → exact bytes. Key parts are written as the shown column writes them. */
type ExactValues = ReadonlyMap<string, ReadonlyMap<string, Buffer>>

async function readExactValues(ask: Ask, schema: string, name: string, key: readonly string[]) {
  const parts = key.map((type, at) => `(key[${at + 1}])::${type}::text`)
  const values = new Map<string, Map<string, Buffer>>()
  for (const [row, column, hex] of await ask(
    `SELECT to_json(ARRAY[${parts.join(', ')}]::text[]), column_name, encode(bytes, 'hex')
       FROM mirror.exact_value WHERE source_id = $1 AND table_name = $2`,
    [schema, name],
  )) {
    const own = values.get(String(row)) ?? new Map<string, Buffer>()
    own.set(String(column), Buffer.from(hex ?? '', 'hex'))
    values.set(String(row), own)
  }
  return values
}

const filedRightly = `key_digest = sha256((SELECT string_agg(int4send(length(part)) || part, ''::bytea ORDER BY at)
  FROM unnest(key) WITH ORDINALITY AS k(part, at)))`
const hexList = (column: string): string =>
  `(SELECT json_agg(encode(part, 'hex') ORDER BY at) FROM unnest(${column}) WITH ORDINALITY AS k(part, at))`

/** Rows that are kept whole, and what is wrong with how they are kept. */
async function readExactRows(ask: Ask, schema: string, name: string, { columns, key }: Table) {
  const rows: Cell[][] = []
  const wrong: string[] = []
  for (const [names, bytes, keyBytes, filed] of await ask(
    `SELECT to_json(column_names), ${hexList('source_bytes')}, ${hexList('key')}, ${filedRightly}
       FROM mirror.exact_row WHERE source_id = $1 AND table_name = $2`,
    [schema, name],
  )) {
    const order = JSON.parse(names ?? '[]') as string[]
    const values = JSON.parse(bytes ?? '[]') as (string | null)[]
    const own = JSON.stringify(key.map((part) => values[order.indexOf(part)]))
    if (filed !== 't' || own !== JSON.stringify(JSON.parse(keyBytes ?? '[]')))
      wrong.push(`${name}: an exact row under another key than its own: ${keyBytes}`)
    rows.push(
      columns.map(({ name: column, kind }) => {
        const hex = values[order.indexOf(column)] ?? null
        return hex === null ? null : kind.sent(Buffer.from(hex, 'hex'))
      }),
    )
  }
  return { rows, wrong }
}

/**
 * Rows without a key that look alike to PostgreSQL, by its hash of them: keys of exact values, one for each row that has them. Which of them
 * is whose is nothing: they look alike.
 */
async function readShares(ask: Ask, schema: string, name: string, exact: ExactValues) {
  const shares = new Map<string, string[]>()
  if (exact.size === 0) return shares
  for (const [digest, hash, rows] of await ask(
    `SELECT lpad(to_hex(k.digest), 16, '0'), k.row_hash, k.rows FROM mirror.keyless_row k JOIN mirror.table_state t USING (table_id)
      WHERE t.source_id = $1 AND t.table_name = $2`,
    [schema, name],
  )) {
    const id = JSON.stringify([digest])
    if (!exact.has(id)) continue
    const own = Array.from({ length: Number(rows) }, () => id)
    shares.set(String(hash), [...(shares.get(String(hash)) ?? []), ...own])
  }
  return shares
}

async function readMirrored(ask: Ask, schema: string, name: string, table: Table, shown: Shown) {
  const inPostgres = (column: string): string => quotes(shown.columns.get(column)?.name ?? column)
  // the key's own text comes last: it is how exact values name their row
  const key = table.key.map((column) => `${inPostgres(column)}::text`)
  const list = table.columns.map((column) => column.kind.postgres(inPostgres(column.name)))
  const exact: ExactValues = await readExactValues(
    ask,
    schema,
    name,
    table.key.length === 0 ? ['text'] : table.key.map((column) => shown.columns.get(column)?.type ?? 'text'),
  )
  const shares =
    table.key.length > 0 ? new Map<string, string[]>() : await readShares(ask, schema, name, exact)
  const named =
    table.key.length > 0
      ? `to_json(ARRAY[${key.join(', ')}]::text[])`
      : `hashtextextended(ROW(${table.columns.map((column) => inPostgres(column.name)).join(', ')})::text, 0)`
  const left = new Set(
    [...exact].flatMap(([row, own]) => [...own.keys()].map((column) => `${row} ${column}`)),
  )
  const values = left.size
  const rows = (
    await ask(`SELECT ${[...list, named].join(', ')} FROM ${quotes(schema)}.${quotes(shown.table)}`)
  ).map((row) => {
    const last = String(row.at(-1))
    const id = table.key.length > 0 ? last : (shares.get(last)?.pop() ?? '')
    return table.columns.map(({ name: column, kind }, at): Cell => {
      const bytes = exact.get(id)?.get(column)
      left.delete(`${id} ${column}`)
      if (bytes !== undefined) return kind.exact(bytes)
      const text = row[at] ?? null
      return text === null ? null : kind.shown(text)
    })
  })
  const strays = [...left].map((id) => `${name}: exact value without its row: ${id}`)
  for (const short of [...shares.values()].flat())
    strays.push(`${name}: fewer rows than have exact values: ${short}`)
  return { rows, values, strays }
}

async function readTarget(url: string, schema: string, tables: ReadonlyMap<string, Table>) {
  return onTarget(url, async (client) => {
    const ask: Ask = async (sql, values = []) =>
      (
        await client.query<(string | null)[]>({
          text: sql,
          values: [...values],
          rowMode: 'array',
          types: { getTypeParser: () => (text: string) => text },
        })
      ).rows
    await client.query(
      "SET TIME ZONE 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 1; SET bytea_output = 'hex'",
    )
    const { shown, strangers } = await describeShown(ask, schema, tables)
    const differences = strangers
      .filter((name) => !tables.has(name))
      .toSorted()
      .map((name) => `${name}: not in the source`)
    const content = new Map<string, readonly (readonly Cell[])[]>()
    const aside: Record<string, { values: number; rows: number }> = {}
    for (const [name, table] of tables) {
      const there = shown.get(name)
      if (there === undefined) {
        differences.push(`${name}: not in the mirror`)
        continue
      }
      const missing = table.columns
        .map((column) => column.name)
        .filter((column) => !there.columns.has(column))
      if (missing.length + there.extra.length > 0)
        differences.push(
          `${name}: columns missing: ${missing.join()}; not in the source: ${there.extra.join()}`,
        )
      // a table of another shape is told, not read
      if (missing.length > 0) continue
      const keyed = table.key.length > 0 ? table : { ...table, key: there.key }
      const mirrored = await readMirrored(ask, schema, name, keyed, there)
      const whole = await readExactRows(ask, schema, name, keyed)
      differences.push(...mirrored.strays, ...whole.wrong)
      content.set(name, [...mirrored.rows, ...whole.rows])
      aside[name] = { values: mirrored.values, rows: whole.rows.length }
    }
    for (const [name] of await ask(
      'SELECT table_name FROM mirror.exact_value WHERE source_id = $1 UNION SELECT table_name FROM mirror.exact_row WHERE source_id = $1',
      [schema],
    )) {
      if (!tables.has(String(name))) differences.push(`${name}: exact values or rows without their table`)
    }
    return { content, differences, aside }
  })
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
  return onSource(source, async (connection) => {
    // every setting that changes how a value is written, or how many rows come; a virtual column is computed by it
    await connection.query(
      "SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00', sql_select_limit = 18446744073709551615, autocommit = 1, completion_type = 0",
    )
    await connection.query('SET NAMES utf8mb4')
    const ask: Ask = async (sql, values = []) => {
      const [rows] = await connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() }, [
        ...values,
      ])
      return rows as unknown as Answer
    }
    const tables = await describeTables(ask, databaseOf(source), except)
    const right = await readTarget(target, schema ?? databaseOf(source), tables)
    const written = await answerAll(ask, [...right.content.values()].flat())
    const rows: Record<string, number> = {}
    const differences = right.differences.filter(
      (line) => !except.some((name) => line.startsWith(`${name}: `)),
    )
    for (const [table, { columns }] of tables) {
      const lines = (content: readonly (readonly Value[])[]): readonly string[] =>
        content
          .map((row) =>
            columns
              .map(({ name, kind }, at) => {
                const text = row[at] ?? null
                return `${name}=${text === null ? 'NULL' : `'${kind.even(text)}'`}`
              })
              .join(' '),
          )
          .sort()
      const list = columns.map(({ name, kind }) => kind.mysql(backticks(name))).join(', ')
      const ours = lines(await ask(`SELECT ${list} FROM ${backticks(table)}`))
      rows[table] = ours.length
      const mirrored = right.content.get(table)
      if (mirrored === undefined) continue
      const theirs = lines(mirrored.map((row) => row.map((cell) => (cell === null ? null : written(cell)))))
      differences.push(
        ...beyond(ours, theirs)
          .slice(0, LISTED)
          .map((line) => `${table}: - ${line}`),
        ...beyond(theirs, ours)
          .slice(0, LISTED)
          .map((line) => `${table}: + ${line}`),
      )
    }
    return { equal: differences.length === 0, rows, aside: right.aside, differences }
  })
}
