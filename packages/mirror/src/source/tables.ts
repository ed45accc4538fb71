/** The source's tables as information_schema describes them, each with a codec a column or the reason it is refused. */
import { createHash } from 'node:crypto'
import { type Codec, type ColumnDefinition, codecFor } from '../codec/index.ts'
import { type ErrorCode, errorTable } from '../errors.ts'
import type { Consistency, Refusal } from '../types.ts'
import type { SourceConnection, SourceRow } from './connection.ts'
import { rowDigest } from './digest.ts'

export interface SourceColumn extends ColumnDefinition {
  readonly codec: Codec
}

export interface SecondaryIndex {
  readonly name: string
  /** in index order; prefix lengths are dropped, since PostgreSQL has none */
  readonly columns: readonly string[]
}

export interface SourceTable {
  readonly name: string
  readonly columns: readonly SourceColumn[]
  /** positions in `columns`, in key order; empty: nothing tells two equal rows apart (engine/multiset.ts) */
  readonly key: readonly number[]
  /** the index that `key` is made of; null without a key */
  readonly keyIndex: string | null
  /** as the server calls it: InnoDB, MyISAM … */
  readonly engine: string
  /** table: its engine has no transactions, so that its rows do not stand still inside a snapshot */
  readonly consistency: Consistency
  readonly indexes: readonly SecondaryIndex[]
  /** the server's guesses */
  readonly estimatedRows: number
  readonly estimatedRowBytes: number
  /** when this table was made or rebuilt, as the server prints it; part of the source's identity */
  readonly createdAt: string
  /** the next number that the server would give, as decimal digits; null without such a column */
  readonly autoIncrement: string | null
  /** changes whenever a definition, the key or the digest's expression does */
  readonly fingerprint: string
  /** MySQL expression of a row's digest: an unsigned 64-bit number */
  readonly digest: string
}

export interface RefusedTable extends Refusal {
  readonly name: string
  readonly createdAt: string
}

export interface Catalogue {
  readonly tables: ReadonlyMap<string, SourceTable>
  readonly refused: ReadonlyMap<string, RefusedTable>
  /** all base tables, selected or not, by name → when made */
  readonly createdAt: ReadonlyMap<string, string>
  /** names of those whose rows lie in partitions */
  readonly partitioned: ReadonlySet<string>
  /** views, sequences: named by `check`, no data of their own */
  readonly others: readonly string[]
}

const text = (row: SourceRow, index: number): string => row[index]?.toString('utf8') ?? ''
const maybeText = (row: SourceRow, index: number): string | null => row[index]?.toString('utf8') ?? null
const maybeNumber = (row: SourceRow, index: number): number | null => {
  const value = maybeText(row, index)
  return value === null ? null : Number(value)
}

const refusal = (code: ErrorCode, detail: string): Refusal => ({
  code,
  reason: `${errorTable[code].cause} (${detail})`,
  remedy: errorTable[code].remedy,
})

const groupByTable = (rows: readonly SourceRow[]): Map<string, SourceRow[]> => {
  const groups = new Map<string, SourceRow[]>()
  for (const row of rows) {
    const name = text(row, 0)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [row])
    else group.push(row)
  }
  return groups
}

const columnOf = (row: SourceRow): ColumnDefinition => ({
  name: text(row, 1),
  dataType: text(row, 2).toLowerCase(),
  columnType: text(row, 3),
  nullable: text(row, 4) === 'YES',
  charset: maybeText(row, 5),
  collation: maybeText(row, 6),
  octets: maybeNumber(row, 7),
  precision: maybeNumber(row, 8),
  scale: maybeNumber(row, 9),
  fraction: maybeNumber(row, 10),
})

/** The most that a table of PostgreSQL may have (MaxHeapAttributeNumber); MySQL's may have 4,096, those of InnoDB 1,017. */
const mostColumns = 1_600

/** A B-tree entry of PostgreSQL holds at most 2,704 bytes, its header included (facts: digests). */
const indexableOctets = 2_600

/** Of whose characters UTF-8 takes no more bytes than they do; of all others a byte may become three (the euro sign of latin1). */
const asWideAsUtf8 = /^(?:utf8|utf16|utf32|gb18030|binary)/

export const octetsInTarget = ({ octets, charset }: ColumnDefinition): number => {
  if (octets === null) return 8
  return charset === null || asWideAsUtf8.test(charset) ? octets : 3 * octets
}

/** Engines with multi-version reads: only their rows stand still inside a snapshot. */
const transactionalEngines = new Set(['InnoDB', 'RocksDB', 'ROCKSDB', 'ndbcluster'])
/** Engines that keep rows of their own, without transactions. Of others (FEDERATED, CONNECT …) nobody knows when rows change. */
const plainEngines = new Set(['MyISAM', 'Aria', 'MEMORY', 'CSV', 'ARCHIVE'])

const consistencyOf = (engine: string): Consistency | undefined => {
  if (transactionalEngines.has(engine)) return 'cycle'
  return plainEngines.has(engine) ? 'table' : undefined
}

interface IndexFound {
  readonly columns: string[]
  /** a plain tree over plain columns */
  usable: boolean
  /** no part of it is hidden from this account, as far as it can see */
  complete: boolean
  readonly unique: boolean
  /** the whole of each column is indexed, and may be asked for by the index's name */
  whole: boolean
}

const indexesOf = (
  indexRows: readonly SourceRow[],
  position: ReadonlyMap<string, number>,
): ReadonlyMap<string, IndexFound> => {
  const indexes = new Map<string, IndexFound>()
  for (const row of indexRows) {
    const name = text(row, 1)
    const unique = text(row, 4) === '0'
    const index = indexes.get(name) ?? { columns: [], usable: true, complete: true, unique, whole: true }
    const column = maybeText(row, 2)
    // An index over an expression, for words or shapes, or on a column that is not granted, has no counterpart here.
    if (column !== null && position.has(column)) index.columns.push(column)
    if (Number(text(row, 7)) !== index.columns.length) index.complete = false
    if (!index.complete || text(row, 3) !== 'BTREE') index.usable = false
    if (maybeText(row, 5) !== null || text(row, 6) !== 'YES') index.whole = false
    indexes.set(name, index)
  }
  return indexes
}

/**
 * The primary key, or a unique index over columns that are never NULL: of several the one with the fewest columns, then
 * bytes, then by name. `undefined`: none.
 */
const keyOf = (
  columns: readonly SourceColumn[],
  indexes: ReadonlyMap<string, IndexFound>,
  octetsOf: (names: readonly string[]) => number,
): { readonly name: string; readonly columns: readonly string[] } | undefined => {
  const primary = indexes.get('PRIMARY')
  // MEMORY's primary keys are hashes, which still tell rows apart
  if (primary?.complete === true) return { name: 'PRIMARY', columns: primary.columns }
  const byName = new Map(columns.map((column) => [column.name, column]))
  const serves = (name: string): boolean => {
    const column = byName.get(name)
    return column !== undefined && !column.nullable && column.codec.literal !== undefined
  }
  return [...indexes]
    .filter(([, index]) => index.unique && index.usable && index.whole && index.columns.every(serves))
    .map(([name, index]) => ({ name, columns: index.columns, octets: octetsOf(index.columns) }))
    .sort(
      (a, b) => a.columns.length - b.columns.length || a.octets - b.octets || (a.name < b.name ? -1 : 1),
    )[0]
}

type Described = Omit<SourceTable, 'estimatedRows' | 'estimatedRowBytes' | 'createdAt' | 'autoIncrement'>

const describeTable = (
  name: string,
  engine: string,
  columnRows: readonly SourceRow[],
  indexRows: readonly SourceRow[],
): Described | Refusal => {
  const consistency = consistencyOf(engine)
  if (consistency === undefined) return refusal('MIRROR_2007', `engine ${engine}`)
  if (columnRows.length > mostColumns)
    return refusal('MIRROR_2013', `${columnRows.length} columns of at most ${mostColumns}`)
  const columns: SourceColumn[] = []
  for (const row of columnRows) {
    const column = columnOf(row)
    const codec = codecFor(column)
    if (codec === undefined) {
      const charset = column.charset === null ? '' : `, character set ${column.charset}`
      return refusal('MIRROR_2002', `column ${column.name}: ${column.columnType}${charset}`)
    }
    columns.push({ ...column, codec })
  }
  const position = new Map(columns.map((column, index) => [column.name, index]))
  const indexes = indexesOf(indexRows, position)
  const octetsOf = (names: readonly string[]): number =>
    columns.reduce((sum, column) => {
      if (!names.includes(column.name)) return sum
      return sum + octetsInTarget(column)
    }, 0)
  const chosen = keyOf(columns, indexes, octetsOf)
  const key = (chosen?.columns ?? []).flatMap((column) => position.get(column) ?? [])
  for (const index of key) {
    const column = columns[index]
    if (column !== undefined && column.codec.literal === undefined) {
      return refusal('MIRROR_2003', `column ${column.name}: ${column.columnType}`)
    }
  }
  const digest = rowDigest(columns)
  // The order of columns is part of it; statistics and times are not.
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([columns.map(({ codec: _codec, ...definition }) => definition), key, digest]))
    .digest('hex')
  return {
    name,
    engine,
    columns,
    key,
    keyIndex: chosen?.name ?? null,
    consistency,
    digest,
    fingerprint,
    indexes: [...indexes]
      .filter(([indexName, index]) => indexName !== chosen?.name && index.usable && index.columns.length > 0)
      // An entry beyond the limit would make the insert of its row fail: such an index is left out.
      .filter(([, index]) => octetsOf(index.columns) <= indexableOctets)
      .map(([indexName, index]) => ({ name: indexName, columns: index.columns })),
  }
}

/** Column by column of the one answer that the catalogue comes in: what a kind of row has fewer of is NULL. */
const catalogueWidth = 12

/** `texts`: converted, since the same place holds texts of several collations, which not every version takes for one column. */
const catalogueRows = (
  relation: 'TABLES' | 'COLUMNS' | 'STATISTICS',
  texts: readonly string[],
  others: readonly string[],
): string => {
  const fields = [...texts.map((field) => `CONVERT(${field} USING utf8mb4)`), ...others]
  const filled = [...fields, ...Array<string>(catalogueWidth - fields.length).fill('NULL')]
  // The server's own word for the name: it may have folded the one in the address to lower case.
  return `SELECT ${filled.join(', ')}, '${relation}' FROM information_schema.${relation} WHERE TABLE_SCHEMA = DATABASE()`
}

/** In one statement: each costs the source a round trip and a plan of its own, twice in a cycle. */
const catalogueSql = (indexIsVisible: string): string =>
  [
    catalogueRows(
      'TABLES',
      ['TABLE_NAME', 'TABLE_TYPE', 'ENGINE'],
      [
        'TABLE_ROWS',
        'CREATE_TIME',
        'AUTO_INCREMENT',
        'AVG_ROW_LENGTH',
        "CREATE_OPTIONS LIKE '%partitioned%'",
      ],
    ),
    catalogueRows(
      'COLUMNS',
      [
        'TABLE_NAME',
        'COLUMN_NAME',
        'DATA_TYPE',
        'COLUMN_TYPE',
        'IS_NULLABLE',
        'CHARACTER_SET_NAME',
        'COLLATION_NAME',
      ],
      [
        'CHARACTER_OCTET_LENGTH',
        'NUMERIC_PRECISION',
        'NUMERIC_SCALE',
        'DATETIME_PRECISION',
        'ORDINAL_POSITION',
      ],
    ),
    catalogueRows(
      'STATISTICS',
      ['TABLE_NAME', 'INDEX_NAME', 'COLUMN_NAME', 'INDEX_TYPE'],
      ['NON_UNIQUE', 'SUB_PART', indexIsVisible, 'SEQ_IN_INDEX'],
    ),
  ].join(' UNION ALL ')

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const byNumber =
  (column: number) =>
  (a: SourceRow, b: SourceRow): number =>
    Number(text(a, column)) - Number(text(b, column))

/** Reads the whole catalogue in one statement, outside any transaction. */
export const readCatalogue = async (
  connection: SourceConnection,
  selected: (table: string) => boolean,
): Promise<Catalogue> => {
  const rows = await connection.rows(catalogueSql(connection.flavour.indexIsVisible))
  const rowsOf = (relation: string): SourceRow[] =>
    rows.filter((row) => text(row, catalogueWidth) === relation)
  const tableRows = rowsOf('TABLES').sort((a, b) => byName(text(a, 0), text(b, 0)))
  const columnRows = groupByTable(rowsOf('COLUMNS').sort(byNumber(11)))
  const indexRows = groupByTable(
    rowsOf('STATISTICS').sort((a, b) => byName(text(a, 1), text(b, 1)) || byNumber(7)(a, b)),
  )
  const tables = new Map<string, SourceTable>()
  const refused = new Map<string, RefusedTable>()
  const created = new Map<string, string>()
  const others: string[] = []
  const partitioned = new Set<string>()
  for (const row of tableRows) {
    const name = text(row, 0)
    const kind = text(row, 1)
    // Views are no data of their own; their tables are mirrored. `check` names them.
    if (kind !== 'BASE TABLE' && kind !== 'SYSTEM VERSIONED') {
      if (selected(name)) others.push(name)
      continue
    }
    const createdAt = text(row, 4)
    created.set(name, createdAt)
    if (!selected(name)) continue
    if (text(row, 7) === '1') partitioned.add(name)
    const described = describeTable(name, text(row, 2), columnRows.get(name) ?? [], indexRows.get(name) ?? [])
    if ('code' in described) refused.set(name, { name, createdAt, ...described })
    else {
      const estimatedRows = maybeNumber(row, 3) ?? 0
      const estimatedRowBytes = maybeNumber(row, 6) ?? 0
      const autoIncrement = maybeText(row, 5)
      tables.set(name, { ...described, createdAt, estimatedRows, estimatedRowBytes, autoIncrement })
    }
  }
  return { tables, refused, createdAt: created, partitioned, others }
}
