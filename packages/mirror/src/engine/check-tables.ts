/** The tables as `check` tells them: what each becomes, and what following it costs the source. */
import { leastRowBytes, mostBytesOfRow, mostRowBytes, widthSql } from '../apply/row-width.ts'
import { MirrorError } from '../errors.ts'
import { quoteMysql } from '../names.ts'
import type { SourceConnection } from '../source/connection.ts'
import { readHinted } from '../source/hints.ts'
import { rowsBeyondSql, sampleSql } from '../source/ranges.ts'
import { toMirrorRow } from '../source/rows.ts'
import { type Catalogue, octetsInTarget, type SourceColumn, type SourceTable } from '../source/tables.ts'
import type { CheckedColumn, CheckedTable, How } from '../types.ts'

/** Enough to be measured beside a round trip, few enough to be nothing to the server. */
const sampleRows = 2_000
/** For all samples together: a database of thousands of tables is not measured to its end. */
const sampleBudgetMs = 10_000

/** Values at the edge of a type; the codec itself says which of them PostgreSQL's type cannot hold, and why. */
const edges: readonly (readonly [types: RegExp, values: readonly string[]])[] = [
  [/^(date|datetime|timestamp)$/, ['0000-00-00 00:00:00.000000', '0000-00-00']],
  [/^time$/, ['838:59:59', '-838:59:59']],
  [/^(char|varchar|tinytext|text|mediumtext|longtext|set)$/, ['\0']],
  [/^enum$/, ['0:']],
  [/^json$/, ['1e400', '-0.0', '"\\u0000"']],
  [/^year$/, ['0000']],
]

export const asideOf = (column: SourceColumn): string | null => {
  for (const [types, values] of edges) {
    if (!types.test(column.dataType)) continue
    for (const value of values) {
      try {
        const { exact } = column.codec.encode(Buffer.from(value))
        if (exact !== undefined) return exact.reason
      } catch {
        // not a value of this very type: it says nothing
      }
    }
  }
  return null
}

const columnsOf = (table: SourceTable): Record<string, CheckedColumn> =>
  Object.fromEntries(
    table.columns.map((column) => [
      column.name,
      { mysql: column.columnType, postgres: column.codec.postgresType, aside: asideOf(column) },
    ]),
  )

/** One table was not to be had just now: that says nothing of the others. */
const isUnanswered = (error: unknown): boolean =>
  error instanceof MirrorError &&
  ['MIRROR_1004', 'MIRROR_1006', 'MIRROR_2004', 'MIRROR_2010'].includes(error.code)

/** Nested in pairs: a server's parser bears no sum of a thousand terms in a row. */
const sumSql = (terms: readonly string[]): string => {
  if (terms.length <= 1) return terms[0] ?? '0'
  const half = Math.ceil(terms.length / 2)
  return `(${sumSql(terms.slice(0, half))}+${sumSql(terms.slice(half))})`
}

/** How long a scan of the table takes, by its first rows; null when the server did not answer in time. */
const measure = async (
  connection: SourceConnection,
  table: SourceTable,
  roundTripMs: number,
): Promise<number | null> => {
  const began = performance.now()
  try {
    const [row] = await connection.rows(sampleSql(table, sampleRows))
    const ms = Math.max(0.1, performance.now() - began - roundTripMs)
    const rows = Number(row?.[0]?.toString('latin1') ?? '0')
    // a table that is smaller than the sample has been scanned
    return rows < sampleRows ? ms : (ms * Math.max(rows, table.estimatedRows)) / rows
  } catch (error) {
    if (isUnanswered(error)) return null
    throw error
  }
}

/** Rows that the source finds wide are looked at closely: its arithmetic is near enough to choose them, no more. */
const wideRows = 20

/**
 * Tables of which a row is there that no load could put into PostgreSQL, each with how wide it is. Asked only of those whose rows may
 * be as wide by their definition.
 */
export const findWideRows = async (
  connection: SourceConnection,
  catalogue: Catalogue,
): Promise<ReadonlyMap<string, string>> => {
  const began = performance.now()
  const found = new Map<string, string>()
  for (const table of catalogue.tables.values()) {
    const types = table.columns.map(({ codec }) => codec.postgresType)
    const most = mostBytesOfRow(
      table.columns.map((column, index) => ({ type: types[index] ?? '', octets: octetsInTarget(column) })),
    )
    if (most <= mostRowBytes) continue
    if (connection.broken || performance.now() - began > sampleBudgetMs) break
    const width = sumSql(
      table.columns.map(({ name, codec }) => widthSql(codec.postgresType, codec.read(quoteMysql(name)))),
    )
    try {
      // of header, the bits that tell of NULLs, and alignment the source's arithmetic knows nothing
      const around = 24 + Math.ceil(table.columns.length / 8)
      const rows = await connection.rows(rowsBeyondSql(table, width, mostRowBytes - around, wideRows))
      const widths = rows
        .map((row) => toMirrorRow(table, row))
        .map(({ whole, shown }) => (whole === null ? leastRowBytes(types, shown) : 0))
      const widest = Math.max(0, ...widths)
      if (widest > mostRowBytes) found.set(table.name, `a row of ${widest} bytes or more`)
    } catch (error) {
      if (!isUnanswered(error)) throw error
    }
  }
  return found
}

export const checkTables = async (
  connection: SourceConnection,
  catalogue: Catalogue,
  hasToken: boolean,
): Promise<Record<string, CheckedTable>> => {
  const began = performance.now()
  await connection.rows('SELECT 1')
  const roundTripMs = performance.now() - began
  const hinted = await readHinted(connection)
  const layersOf = (name: string): readonly How[] => [
    ...(hasToken ? (['token'] as const) : []),
    ...(hinted.has(name) ? (['hint'] as const) : []),
    'digest',
  ]
  const scans = new Map<string, number | null>()
  // the largest first: they decide the interval
  const bySize = [...catalogue.tables.values()].sort((a, b) => b.estimatedRows - a.estimatedRows)
  for (const table of bySize) {
    if (connection.broken || performance.now() - began > sampleBudgetMs) break
    scans.set(table.name, await measure(connection, table, roundTripMs))
  }
  const checked = new Map<string, CheckedTable>()
  for (const table of catalogue.tables.values()) {
    const ms = scans.get(table.name) ?? null
    checked.set(table.name, {
      refused: null,
      consistency: table.consistency,
      layers: layersOf(table.name),
      estimatedRows: table.estimatedRows,
      scanMs: ms === null ? null : Math.round(ms * 10) / 10,
      columns: columnsOf(table),
    })
  }
  for (const { name, code, reason, remedy } of catalogue.refused.values()) {
    checked.set(name, {
      refused: { code, reason, remedy },
      consistency: null,
      layers: [],
      estimatedRows: 0,
      scanMs: null,
      columns: {},
    })
  }
  return Object.fromEntries(checked)
}

/** The time between two scans of all tables at this share of the source's time, in ms; null when one is not measured. */
export const intervalOf = (
  tables: Readonly<Record<string, CheckedTable>>,
  options: { readonly pollMs: number; readonly maxShare: number },
): { readonly scanMs: number; readonly intervalMs: number } | null => {
  const scans = Object.values(tables).filter((table) => table.refused === null)
  if (scans.some((table) => table.scanMs === null)) return null
  const scanMs = scans.reduce((sum, table) => sum + (table.scanMs ?? 0), 0)
  return {
    scanMs: Math.round(scanMs),
    intervalMs: Math.round(Math.max(options.pollMs, scanMs / options.maxShare)),
  }
}
