/**
 * Values at the edges of MySQL's types, and what a faithful copy of each looks like in PostgreSQL. Nothing here is taken from the
 * engine: a judge must not share its subject's opinions.
 */
export interface EdgeValue {
  /** SQL, as it is inserted */
  readonly sql: string
  /** texts of PostgreSQL that say exactly this value, whatever sensible type was chosen; empty: no type of it can */
  readonly exact: readonly string[]
}

export interface EdgeType {
  /** of the table; also its name */
  readonly name: string
  readonly definition: string
  readonly values: readonly EdgeValue[]
  readonly only?: 'mariadb' | 'mysql'
}

const same = (text: string): EdgeValue => ({ sql: `'${text}'`, exact: [text] })
const number = (text: string, ...others: readonly string[]): EdgeValue => ({
  sql: text,
  exact: [text, ...others],
})
const nowhere = (sql: string): EdgeValue => ({ sql, exact: [] })
const bytes = (hex: string): EdgeValue => ({ sql: `x'${hex}'`, exact: [`\\x${hex}`] })
const moment = (text: string): EdgeValue => ({ sql: `'${text}'`, exact: [text, `${text}+00`] })

export const edgeTypes: readonly EdgeType[] = [
  // a display width of one makes no boolean: it may hold 5
  {
    name: 'flag',
    definition: 'tinyint(1)',
    values: [number('0', 'f', 'false'), number('1', 't', 'true'), number('5'), number('-128')],
  },
  { name: 'small_unsigned', definition: 'smallint unsigned', values: [number('0'), number('65535')] },
  {
    name: 'big',
    definition: 'bigint',
    values: [number('-9223372036854775808'), number('9223372036854775807')],
  },
  {
    name: 'big_unsigned',
    definition: 'bigint unsigned',
    values: [number('0'), number('18446744073709551615')],
  },
  { name: 'padded', definition: 'int(6) unsigned zerofill', values: [number('42')] },
  {
    name: 'money',
    definition: 'decimal(65,30)',
    values: [
      same('99999999999999999999999999999999999.999999999999999999999999999999'),
      same('-0.000000000000000000000000000001'),
    ],
  },
  {
    name: 'single_float',
    definition: 'float',
    values: [
      { sql: '3.4028234e38', exact: ['3.4028235e+38', '3.4028234663852886e+38'] },
      { sql: '0.1', exact: ['0.1', '0.10000000149011612'] },
      { sql: '16777217', exact: ['1.6777216e+07', '16777216'] },
      { sql: "'-0'", exact: ['-0'] },
    ],
  },
  {
    name: 'double_float',
    definition: 'double',
    values: [
      { sql: '1.7976931348623157e308', exact: ['1.7976931348623157e+308'] },
      { sql: '5e-324', exact: ['5e-324'] },
      { sql: '0.1', exact: ['0.1'] },
      { sql: '-0e0', exact: ['-0', '0'] },
      { sql: "'-0'", exact: ['-0'] },
    ],
  },
  {
    name: 'bits',
    definition: 'bit(64)',
    values: [
      { sql: "b'1'", exact: [`${'0'.repeat(63)}1`] },
      { sql: `b'${'1'.repeat(64)}'`, exact: ['1'.repeat(64)] },
    ],
  },
  { name: 'fixed', definition: 'char(8)', values: [same('ab'), same('')] },
  {
    name: 'words',
    definition: 'varchar(60)',
    values: [
      same('trailing blanks  '),
      { sql: "_utf8mb4 x'F48FBFBF'", exact: ['\u{10ffff}'] },
      { sql: "'tab\\tline\\nback\\\\slash'", exact: ['tab\tline\nback\\slash'] },
      { sql: "'\\\\N'", exact: ['\\N'] },
      nowhere("'nul\\0byte'"),
    ],
  },
  {
    name: 'western',
    definition: 'varchar(20) CHARACTER SET latin1',
    values: [
      { sql: "_latin1 x'80'", exact: ['€'] },
      { sql: "_latin1 x'E9'", exact: ['é'] },
      { sql: "_latin1 x'81'", exact: ['\u0081'] },
    ],
  },
  {
    name: 'japanese',
    definition: 'varchar(20) CHARACTER SET cp932',
    values: [
      { sql: "_cp932 x'8140'", exact: ['\u3000'] },
      // two byte sequences, one character: only the bytes tell them apart
      nowhere("_cp932 x'8790'"),
      { sql: "_cp932 x'81E0'", exact: ['≒'] },
    ],
  },
  { name: 'raw', definition: 'varbinary(20)', values: [bytes('00ff5c00'), { sql: "''", exact: ['\\x'] }] },
  { name: 'raw_large', definition: 'longblob', values: [bytes('deadbeef00')] },
  {
    name: 'day',
    definition: 'date',
    values: [
      same('9999-12-31'),
      same('0001-01-01'),
      nowhere("'0000-00-00'"),
      nowhere("'2024-00-10'"),
      nowhere("'2024-02-30'"),
      nowhere("'0000-01-01'"),
    ],
  },
  {
    name: 'moment',
    definition: 'datetime(6)',
    values: [
      moment('9999-12-31 23:59:59.999999'),
      moment('1000-01-01 00:00:00.000001'),
      nowhere("'0000-00-00 00:00:00'"),
    ],
  },
  {
    name: 'stamp',
    definition: 'timestamp(6) NULL',
    values: [moment('2038-01-19 03:14:07.999999'), nowhere("'0000-00-00 00:00:00'")],
  },
  {
    name: 'span',
    definition: 'time(6)',
    values: [
      { sql: "'23:59:59.999999'", exact: ['23:59:59.999999'] },
      { sql: "'838:59:59'", exact: ['838:59:59'] },
      { sql: "'-838:59:59'", exact: ['-838:59:59'] },
      { sql: "'-00:00:00.000001'", exact: ['-00:00:00.000001'] },
    ],
  },
  {
    name: 'vintage',
    definition: 'year',
    values: [number('1901'), number('2155'), { sql: "'0000'", exact: ['0'] }],
  },
  {
    name: 'choice',
    definition: "enum('a','','b')",
    values: [same('a'), same(''), nowhere('0')],
  },
  {
    name: 'choices',
    definition: "set('a','b')",
    values: [
      { sql: "'a,b'", exact: ['a,b', '{a,b}'] },
      { sql: "''", exact: ['', '{}'] },
    ],
  },
  {
    name: 'document',
    definition: 'json',
    only: 'mysql',
    values: [
      { sql: `'{"b": 1, "aa": 2}'`, exact: ['{"b": 1, "aa": 2}'] },
      {
        sql: `'[18446744073709551615, -9223372036854775808]'`,
        exact: ['[18446744073709551615, -9223372036854775808]'],
      },
      nowhere(`'[-0.0]'`),
      nowhere(`'[1e20]'`),
      nowhere(`'"nul \\\\u0000"'`),
    ],
  },
  {
    name: 'document_text',
    definition: 'json',
    only: 'mariadb',
    values: [same('{"a": 1, "a": 2}'), same('[1e400, -0.0,  1.10]')],
  },
  {
    name: 'place',
    definition: 'point',
    values: [
      // SRID 0 and the well-known binary form, as both servers store it
      {
        sql: 'POINT(1, 2)',
        exact: ['\\x000000000101000000000000000000f03f0000000000000040', '(1,2)'],
      },
    ],
  },
  {
    name: 'address',
    definition: 'inet6',
    only: 'mariadb',
    values: [same('2001:db8::1'), { sql: "'::ffff:192.0.2.1'", exact: ['::ffff:192.0.2.1'] }],
  },
  {
    name: 'identity',
    definition: 'uuid',
    only: 'mariadb',
    values: [same('123e4567-e89b-12d3-a456-426655440000')],
  },
]
