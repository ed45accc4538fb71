/** Random tables, rows and histories, as SQL text. Names, types, keys and values that break careless copies weigh most. */
import * as fc from 'fast-check'

export interface AnyColumn {
  readonly name: string
  readonly definition: string
  /** SQL literal of a random value */
  readonly value: fc.Arbitrary<string>
  readonly nullable: boolean
}

export interface AnyTable {
  readonly name: string
  readonly columns: readonly AnyColumn[]
  /** the first so many columns are the key */
  readonly keyWidth: number
  readonly indexed: boolean
}

export type Change =
  | { readonly kind: 'insert'; readonly table: number; readonly values: readonly string[] }
  | {
      readonly kind: 'update'
      readonly table: number
      readonly row: number
      readonly column: number
      readonly value: string
    }
  | { readonly kind: 'delete'; readonly table: number; readonly row: number }
  | {
      readonly kind: 'swap'
      readonly table: number
      readonly row: number
      readonly other: number
      readonly column: number
    }

export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``

const hex = (bytes: Buffer): string => (bytes.length === 0 ? "''" : `x'${bytes.toString('hex')}'`)
const utf8 = (text: string): string =>
  text === '' ? "''" : `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`

const whole = (min: bigint, max: bigint): fc.Arbitrary<string> =>
  fc.oneof(fc.constantFrom(min, max, 0n, 1n), fc.bigInt({ min, max })).map(String)

const awkward = [
  '',
  ' ',
  'a ',
  'a',
  'A',
  'ä',
  'Ä',
  "it's",
  '"q"',
  'b\\c',
  'tab\tnew\nline\r',
  '\\N',
  '\\.',
  '~',
  '3:abc',
  'a,b',
  '1',
  'null',
]
/** latin1 holds these; a NUL now and then, which PostgreSQL's text cannot hold */
const latinText = (length: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.constantFrom(...awkward) },
      {
        weight: 3,
        arbitrary: fc.string({ unit: fc.constantFrom(...'abcXYZ é€ÿ%_,:~'.split('')), maxLength: length }),
      },
      { weight: 1, arbitrary: fc.constant('nul\0inside') },
    )
    .map((text) => text.slice(0, length))
const anyText = (length: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 2, arbitrary: latinText(length) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('😀', '\u{10FFFF}', '한국어', 'e\u0301', 'ﬃ')
        .map((text) => text.slice(0, length)),
    },
  )
/** A NUL in a key refuses the table (MIRROR_2007); tests/mirror-basics has that case. */
const inKey = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  text.map((value) => value.replaceAll('\0', ' '))
const bytes = (max: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength: max }).map((array) => hex(Buffer.from(array)))

const two = (value: number): string => String(value).padStart(2, '0')
const realDate = fc
  .tuple(
    fc.integer({ min: 1970, max: 2037 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
  )
  .map(([year, month, day]) => `${year}-${two(month)}-${two(day)}`)
const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map(two).join(':'))
const fraction = (digits: number): fc.Arbitrary<string> =>
  digits === 0
    ? fc.constant('')
    : fc.integer({ min: 0, max: 10 ** digits - 1 }).map((value) => `.${String(value).padStart(digits, '0')}`)
const quoted = (text: fc.Arbitrary<string>): fc.Arbitrary<string> => text.map((value) => `'${value}'`)
const anyDate = fc.oneof(
  { weight: 4, arbitrary: realDate },
  { weight: 1, arbitrary: fc.constantFrom('0000-00-00', '1000-01-01', '9999-12-31', '2024-02-29') },
)

interface Type {
  readonly definition: string
  readonly value: fc.Arbitrary<string>
}

const integers: readonly Type[] = (
  [
    ['TINYINT', 7n],
    ['SMALLINT', 15n],
    ['MEDIUMINT', 23n],
    ['INT', 31n],
    ['BIGINT', 63n],
  ] as const
).flatMap(([name, bits]) => [
  { definition: name, value: whole(-(2n ** bits), 2n ** bits - 1n) },
  { definition: `${name} UNSIGNED`, value: whole(0n, 2n ** (bits + 1n) - 1n) },
])

const timed = (name: string, digits: number, value: fc.Arbitrary<string>): Type => ({
  definition: `${name}(${digits})`,
  value,
})

const strings = (each: (text: fc.Arbitrary<string>) => fc.Arbitrary<string>): readonly Type[] => [
  {
    definition: 'VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci',
    value: each(anyText(20)).map(utf8),
  },
  { definition: 'VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', value: each(anyText(20)).map(utf8) },
  {
    definition: 'VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci',
    value: each(latinText(20)).map(utf8),
  },
  { definition: 'VARBINARY(20)', value: bytes(20) },
]

const keyTypes: readonly Type[] = [
  ...integers,
  ...strings(inKey),
  { definition: 'DECIMAL(12,3)', value: whole(-999_999_999_999n, 999_999_999_999n).map((n) => `${n}e-3`) },
  { definition: 'DATE', value: quoted(realDate) },
  timed('DATETIME', 6, quoted(fc.tuple(realDate, clock, fraction(6)).map(([d, c, f]) => `${d} ${c}${f}`))),
]

const otherTypes: readonly Type[] = [
  ...keyTypes,
  ...strings((text) => text),
  { definition: 'INT(8) ZEROFILL', value: whole(0n, 99_999_999n) },
  { definition: 'CHAR(12) CHARACTER SET utf8mb4', value: anyText(12).map(utf8) },
  { definition: 'TEXT CHARACTER SET utf8mb4', value: anyText(60).map(utf8) },
  { definition: 'LONGTEXT CHARACTER SET latin1', value: latinText(60).map(utf8) },
  { definition: 'BINARY(6)', value: bytes(6) },
  { definition: 'MEDIUMBLOB', value: bytes(200) },
  { definition: 'FLOAT', value: fc.float({ noNaN: true, noDefaultInfinity: true }).map(String) },
  {
    definition: 'DOUBLE',
    value: fc.oneof(
      fc.constantFrom('-0e0', '1e20', '2.2250738585072014e-308'),
      fc
        .double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 })
        .map((value) => `${value}e0`.replace(/e([^e]*)e0$/, 'e$1')),
    ),
  },
  { definition: 'DATE', value: quoted(anyDate) },
  timed(
    'DATETIME',
    0,
    quoted(
      fc.tuple(anyDate, clock).map(([d, c]) => (d.startsWith('0000') ? '0000-00-00 00:00:00' : `${d} ${c}`)),
    ),
  ),
  timed(
    'TIMESTAMP',
    3,
    quoted(
      fc
        .tuple(fc.integer({ min: 1971, max: 2037 }), clock, fraction(3))
        .map(([y, c, f]) => `${y}-06-15 ${c}${f}`),
    ),
  ),
  timed(
    'TIME',
    2,
    quoted(
      fc.oneof(
        fc.tuple(clock, fraction(2)).map((parts) => parts.join('')),
        fc.constantFrom('-838:59:59', '838:59:59.00', '24:00:00', '-00:00:01.50'),
      ),
    ),
  ),
  { definition: 'YEAR', value: fc.constantFrom('0', '1901', '2026', '2155') },
  {
    definition: "ENUM('','small','it''s','GROß') CHARACTER SET utf8mb4",
    value: fc.constantFrom("''", "'small'", "'it''s'", '4', "'no such member'"),
  },
  { definition: "SET('a','b','c d') CHARACTER SET utf8mb4", value: whole(0n, 7n) },
  { definition: 'BIT(11)', value: whole(0n, 2047n) },
  { definition: 'BIT(64)', value: whole(0n, 2n ** 64n - 1n) },
]

const names = fc.constantFrom(
  'plain',
  'Order',
  'select',
  'with space',
  'quo"te',
  'back`tick',
  'größe',
  'UPPER',
  'a.b',
  `long_${'x'.repeat(58)}`,
)

const tableOf = (index: number): fc.Arbitrary<AnyTable> =>
  fc
    .record({
      name: names,
      key: fc.array(fc.constantFrom(...keyTypes), { minLength: 1, maxLength: 3 }),
      others: fc.array(fc.tuple(fc.constantFrom(...otherTypes), fc.boolean()), { maxLength: 7 }),
      columnNames: fc.uniqueArray(names, { minLength: 10, maxLength: 10 }),
      indexed: fc.boolean(),
    })
    .map(({ name, key, others, columnNames, indexed }) => ({
      name: `${name.slice(0, 60)}${index}`,
      keyWidth: key.length,
      indexed,
      columns: [...key.map((type) => [type, false] as const), ...others].map(
        ([type, nullable], position) => ({
          name: columnNames[position] ?? `c${position}`,
          definition: type.definition,
          nullable,
          value: nullable
            ? fc.oneof({ weight: 1, arbitrary: fc.constant('NULL') }, { weight: 4, arbitrary: type.value })
            : type.value,
        }),
      ),
    }))

const changesOf = (tables: readonly AnyTable[]): fc.Arbitrary<Change> =>
  fc.nat({ max: tables.length - 1 }).chain((table): fc.Arbitrary<Change> => {
    const columns = tables[table]?.columns ?? []
    const row = fc.nat({ max: 1_000 })
    const column = fc.nat({ max: columns.length - 1 })
    return fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .tuple(...columns.map((each) => each.value))
          .map((values) => ({ kind: 'insert' as const, table, values })),
      },
      {
        weight: 4,
        arbitrary: column.chain((at) =>
          fc
            .tuple(row, columns[at]?.value ?? fc.constant('NULL'))
            .map(([each, value]) => ({ kind: 'update' as const, table, row: each, column: at, value })),
        ),
      },
      { weight: 2, arbitrary: row.map((each) => ({ kind: 'delete' as const, table, row: each })) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(row, row, column)
          .map(([each, other, at]) => ({ kind: 'swap' as const, table, row: each, other, column: at })),
      },
    )
  })

export interface AnyHistory {
  readonly tables: readonly AnyTable[]
  /** after each batch the mirror follows */
  readonly batches: readonly (readonly Change[])[]
}

export const anyHistory: fc.Arbitrary<AnyHistory> = fc
  .tuple(tableOf(0), tableOf(1))
  .chain(([first, second]) => {
    const tables = [first, second]
    const change = changesOf(tables)
    return fc
      .tuple(
        fc.array(change, { minLength: 30, maxLength: 60 }),
        fc.array(fc.array(change, { minLength: 1, maxLength: 15 }), { minLength: 2, maxLength: 4 }),
      )
      .map(([start, later]) => ({
        tables,
        batches: [start, ...later],
        // What a failure prints: the tables; the seed brings the rest back.
        [fc.toStringMethod]: () => tables.map(createTableSql).join('; '),
      }))
  })

export const createTableSql = (table: AnyTable): string => {
  const columns = table.columns.map(
    (column) => `${quote(column.name)} ${column.definition} ${column.nullable ? 'NULL' : 'NOT NULL'}`,
  )
  const key = table.columns.slice(0, table.keyWidth).map((column) => quote(column.name))
  const index = table.indexed ? `, KEY (${key.at(-1)})` : ''
  return `CREATE TABLE ${quote(table.name)} (${columns.join(', ')}, PRIMARY KEY (${key.join(', ')})${index}) ENGINE=InnoDB`
}
