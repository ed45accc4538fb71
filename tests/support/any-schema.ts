/** Random tables and histories over the types of a server. Names and keys that break careless copies weigh most. */
import * as fc from 'fast-check'
import { familiesOf, type Family, keyFamilies, type ServerTypes, type Type } from './any-types.ts'

export interface AnyColumn {
  readonly name: string
  /** type and attributes, as CREATE TABLE takes them */
  readonly definition: string
  /** SQL literal of a random value; undefined where the server makes it */
  readonly value: fc.Arbitrary<string> | undefined
  /** upper and lower case are values of their own */
  readonly cased: boolean
}

/** Beside its columns each table has a unique number that only the test's own statements know it by: `handle`. */
export interface AnyTable {
  readonly name: string
  readonly handle: string
  readonly columns: readonly AnyColumn[]
  /** positions in `columns` and parts of keys, as CREATE TABLE takes them, in key order */
  readonly key: readonly { readonly column: number; readonly part: string }[]
  readonly indexed: boolean
}

interface OfRow {
  readonly table: number
  readonly row: number
}

export type Change =
  | { readonly kind: 'insert'; readonly table: number; readonly values: readonly string[] }
  | (OfRow & { readonly kind: 'update'; readonly column: number; readonly value: string })
  | (OfRow & { readonly kind: 'delete' })
  /** two rows exchange the values of a column */
  | (OfRow & { readonly kind: 'swap'; readonly other: number; readonly column: number })
  /** two rows exchange their unique numbers */
  | (OfRow & { readonly kind: 'swap unique'; readonly other: number })
  /** a text of the row in other letters: under many collations the same to a key */
  | (OfRow & { readonly kind: 'recase'; readonly column: number })

export interface AnyHistory {
  readonly tables: readonly AnyTable[]
  /** after each batch the mirror follows */
  readonly batches: readonly (readonly Change[])[]
}

export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** 64 characters: one more than PostgreSQL keeps, so that the first two would become one. */
const longest = (end: string): string => `long_${'x'.repeat(58)}${end}`

const tableNames = [
  'plain',
  'plain_pkey',
  '_plain',
  'order',
  'Order',
  'ORDER',
  'select',
  'größe',
  'Größe',
  '表'.repeat(30),
  'a.b',
  '.',
  "it's",
  'quo"te',
  '"',
  'back`tick',
  'with space',
  ' leading',
  'semi;colon--',
  '%s',
  '$1',
  'a/b\\c',
  '{}',
  'mirror',
  longest('1'),
  longest('2'),
  'line\nbreak',
  'pg_class',
  '~',
]
const columnNames = [
  'id',
  'Group',
  'select',
  'größe',
  'ß'.repeat(60),
  'a.b',
  '.',
  "it's",
  'quo"te',
  '"',
  'back`tick',
  'with space',
  ' leading',
  'semi;colon--',
  '%s',
  '$1',
  'a/b\\c',
  '{}',
  longest('1'),
  longest('2'),
  'line\nbreak',
  '~',
  'c0',
  'xmin',
  'ctid',
  'tableoid',
  't',
  'r',
  'key',
  'digest',
  'source_id',
]

/** The server bounds a key's bytes. */
const mostKeyBytes = 3_072

const fitting = (types: readonly Type[]): readonly Type[] => {
  let left = mostKeyBytes
  return types.filter((type, at) => {
    const size = type.keyBytes ?? mostKeyBytes
    if (at > 0 && size > left) return false
    left -= size
    return true
  })
}

interface Shape {
  /** the first is the key's first column */
  readonly key: readonly Type[]
  readonly others: readonly Type[]
}

const columnOf = (
  { definition, value, cased = false }: Type,
  name: string,
  nullable: boolean,
  invisible: boolean,
): AnyColumn => ({
  name,
  // MariaDB wants a default for what is not seen and not NULL
  definition: `${definition} ${nullable ? 'NULL' : 'NOT NULL'}${nullable && invisible ? ' INVISIBLE' : ''}`,
  cased,
  value: nullable
    ? fc.oneof({ weight: 1, arbitrary: fc.constant('NULL') }, { weight: 4, arbitrary: value })
    : value,
})

const copyOf = (original: AnyColumn, { definition }: Type, name: string, how: string): AnyColumn => ({
  name,
  definition: `${definition} GENERATED ALWAYS AS (${quote(original.name)}) ${how}`,
  cased: false,
  value: undefined,
})

const generatedAs = ['STORED', 'VIRTUAL', 'STORED INVISIBLE', 'VIRTUAL INVISIBLE']

const tableOf = ({ key, others }: Shape, name: string): fc.Arbitrary<AnyTable> => {
  const types = [...fitting(key), ...others]
  const copied = types.flatMap(({ generated = false }, at) => (generated ? [at] : []))
  const width = types.length
  return fc
    .record({
      names: fc.shuffledSubarray(columnNames, {
        minLength: columnNames.length,
        maxLength: columnNames.length,
      }),
      nullable: fc.array(fc.boolean(), { minLength: width, maxLength: width }),
      invisible: fc.array(fc.nat({ max: 4 }), { minLength: width, maxLength: width }),
      copies: fc.array(fc.tuple(fc.constantFrom(...copied, -1), fc.constantFrom(...generatedAs)), {
        maxLength: 2,
      }),
      order: fc.shuffledSubarray([...types.keys()], { minLength: width, maxLength: width }),
      indexed: fc.boolean(),
      descending: fc.boolean(),
    })
    .map(({ names, nullable, invisible, copies, order, indexed, descending }) => {
      const keyWidth = width - others.length
      const nameOf = (at: number): string => names[at] ?? `column ${at}`
      const columns = types.map((type, at) =>
        columnOf(type, nameOf(at), at >= keyWidth && nullable[at] === true, invisible[at] === 0),
      )
      const generated = copies.flatMap(([from, how], at) => {
        const [column, type] = [columns[from], types[from]]
        return column === undefined || type === undefined
          ? []
          : [copyOf(column, type, nameOf(width + at), how)]
      })
      return {
        name,
        handle: nameOf(width + copies.length),
        indexed,
        columns: [...order.flatMap((at) => columns[at] ?? []), ...generated],
        key: types.slice(0, keyWidth).map(({ prefix }, at) => ({
          column: order.indexOf(at),
          part: `${quote(nameOf(at))}${prefix === undefined ? '' : `(${prefix})`}${descending ? ' DESC' : ''}`,
        })),
      }
    })
}

const changesOf = (tables: readonly AnyTable[]): fc.Arbitrary<Change> =>
  fc.nat({ max: tables.length - 1 }).chain((table): fc.Arbitrary<Change> => {
    const columns = tables[table]?.columns ?? []
    const own = columns.flatMap(({ value }, at) => (value === undefined ? [] : [{ at, value }]))
    const cased = columns.flatMap(({ cased: isCased, value }, at) =>
      isCased && value !== undefined ? [at] : [],
    )
    const row = fc.nat({ max: 1_000 })
    const change = { table: fc.constant(table), row }
    return fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .tuple(...own.map(({ value }) => value))
          .map((values) => ({ kind: 'insert' as const, table, values })),
      },
      {
        weight: 4,
        arbitrary: fc
          .constantFrom(...own)
          .chain(({ at, value }) =>
            fc.record({ kind: fc.constant('update' as const), ...change, column: fc.constant(at), value }),
          ),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), ...change }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('swap' as const),
          ...change,
          other: row,
          column: fc.constantFrom(...own.map(({ at }) => at)),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('swap unique' as const), ...change, other: row }),
      },
      ...(cased.length === 0
        ? []
        : [
            {
              weight: 1,
              arbitrary: fc.record({
                kind: fc.constant('recase' as const),
                ...change,
                column: fc.constantFrom(...cased),
              }),
            },
          ]),
    )
  })

/** A first batch that gives every table some rows, and some that change them. */
const historyOf = (
  tables: readonly AnyTable[],
  rows: number,
  batches: { readonly least: number; readonly most: number; readonly changes: number },
): fc.Arbitrary<AnyHistory> => {
  const first = tables.map(({ columns }, table) => {
    const values = fc.tuple(...columns.flatMap(({ value }) => value ?? []))
    return fc.array(
      values.map((each): Change => ({ kind: 'insert', table, values: each })),
      { minLength: rows, maxLength: rows + 4 },
    )
  })
  const change = changesOf(tables)
  const later = fc.array(fc.array(change, { minLength: 1, maxLength: batches.changes }), {
    minLength: batches.least,
    maxLength: batches.most,
  })
  return fc.tuple(fc.tuple(...first), later).map(([start, rest]) => ({
    tables,
    batches: [start.flat(), ...rest],
    // What a failure prints: the tables; the seed brings the rest back.
    [fc.toStringMethod]: () => tables.map(createTableSql).join('; '),
  }))
}

const asKeys = (families: readonly Family[]): Family =>
  fc.oneof(...families).filter(({ keyBytes }) => keyBytes !== undefined)

/** Two tables with a long history. */
export const longHistory = (server: ServerTypes): fc.Arbitrary<AnyHistory> => {
  const families = familiesOf(server)
  const shape = fc.record({
    key: fc.array(asKeys(families), { minLength: 1, maxLength: 3 }),
    others: fc.array(fc.oneof(...families), { maxLength: 7 }),
  })
  return fc
    .tuple(fc.array(shape, { minLength: 2, maxLength: 2 }), fc.shuffledSubarray(tableNames, { minLength: 2 }))
    .chain(([shapes, names]) => fc.tuple(...shapes.map((each, at) => tableOf(each, names[at] ?? `t${at}`))))
    .chain((tables) => historyOf(tables, 20, { least: 2, most: 4, changes: 15 }))
}

const columnsEach = 10

/** Every type of the server stands in some column, every kind of key in some table, every name of a table is there. */
export const everyType = (server: ServerTypes): fc.Arbitrary<AnyHistory> => {
  const families = familiesOf(server)
  const places = [...families.keys()]
  const tables = Math.ceil(families.length / columnsEach)
  return fc
    .record({
      types: fc.tuple(...families),
      dealt: fc.shuffledSubarray(places, { minLength: places.length, maxLength: places.length }),
      firstKeys: fc.tuple(...keyFamilies),
      moreKeys: fc.array(fc.array(asKeys(families), { maxLength: 2 }), {
        minLength: tables,
        maxLength: tables,
      }),
      names: fc.shuffledSubarray(tableNames, { minLength: tables }),
    })
    .chain(({ types, dealt, firstKeys, moreKeys, names }) =>
      fc.tuple(
        ...Array.from({ length: tables }, (_, table) => {
          const first = firstKeys[table]
          const key = [...(first === undefined ? [] : [first]), ...(moreKeys[table] ?? [])]
          const others = dealt
            .slice(table * columnsEach, (table + 1) * columnsEach)
            .flatMap((at) => types[at] ?? [])
          return tableOf(
            { key: key.length === 0 ? firstKeys.slice(4, 5) : key, others },
            names[table] ?? `t${table}`,
          )
        }),
      ),
    )
    .chain((all) => historyOf(all, 8, { least: 1, most: 2, changes: 60 }))
}

export const createTableSql = (table: AnyTable): string => {
  const parts = [
    ...table.columns.map((column) => `${quote(column.name)} ${column.definition}`),
    `${quote(table.handle)} INT NOT NULL UNIQUE`,
    `PRIMARY KEY (${table.key.map(({ part }) => part).join(', ')})`,
    ...(table.indexed ? [`KEY (${table.key.at(-1)?.part})`] : []),
  ]
  return `CREATE TABLE ${quote(table.name)} (${parts.join(', ')}) ENGINE=InnoDB`
}
