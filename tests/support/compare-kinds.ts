/**
 * How the independent comparer writes the values of each type: one text for one stored value, the same from either side.
 * No code of the engine is used here; what stands in schema mirror is read as its own comments describe it.
 *
 * The source's text comes from one plain expression. What the mirror holds reaches the same text in one of three ways:
 * from the value that its table shows, from the exact bytes beside it, or from a row that is kept whole, as the source sent
 * it. Where only the source can tell what a text is to it (a character set, an address), it is asked: so a text without
 * exact bytes passes only if it leads back to the very bytes that are stored.
 */

/** The text itself, or an expression for the source, which gives the text. */
export type Written = { readonly text: string } | { readonly ask: string }

export interface Kind {
  /** the value in the source, as text; of a quoted column */
  readonly mysql: (column: string) => string
  /** the value that the mirror's table shows, as text; of a quoted column */
  readonly postgres: (column: string) => string
  readonly shown: (text: string) => Written
  /** from mirror.exact_value */
  readonly exact: (bytes: Buffer) => Written
  /** from mirror.exact_row */
  readonly sent: (bytes: Buffer) => Written
  /** applied to the texts of both sides: what two ways of writing the same value have in common */
  readonly even: (text: string) => string
}

/** What information_schema says of a column. */
export interface Described {
  readonly dataType: string
  readonly columnType: string
  readonly charset: string | null
}

const same = (text: string): string => text
const plain = (text: string): Written => ({ text })
const latin = (bytes: Buffer): Written => ({ text: bytes.toString('latin1') })
const upperHex = (bytes: Buffer): Written => ({ text: bytes.toString('hex').toUpperCase() })
const literal = (hex: string): string => (hex === '' ? "''" : `_utf8mb4 x'${hex}'`)

const asPrinted: Kind = {
  mysql: (column) => `CAST(${column} AS CHAR)`,
  postgres: (column) => `${column}::text`,
  shown: plain,
  exact: latin,
  sent: latin,
  even: same,
}

// + 0 takes ZEROFILL's padding away and leaves every digit; what was sent still has it
const number: Kind = {
  ...asPrinted,
  mysql: (column) => `CAST(${column} + 0 AS CHAR)`,
  even: (text) => text.replace(/^(-?)0+(?=\d)/, '$1'),
}

const floating = (single: boolean): Kind => ({
  ...asPrinted,
  // a bare FLOAT prints six digits; MySQL cuts a DOUBLE that is not bare to 22 characters, and a sum has no -0
  mysql: (column) => (single ? `CAST(${column} * 1e0 AS CHAR)` : column),
  even: (text) => {
    // ZEROFILL makes 0000-0 of a negative zero
    const number = Number(text.replace(/^0+-/, '-'))
    const value = single ? Math.fround(number) : number
    // what is no number is not like any other
    return Number.isNaN(value) ? text : Object.is(value, -0) ? '-0' : String(value)
  },
})

const postgresUtf8 = (column: string): string => `encode(convert_to(${column}, 'UTF8'), 'hex')`

/** Of these UTF-8 is what is stored. */
const isUtf8 = (charset: string): boolean => ['utf8mb4', 'utf8mb3', 'utf8'].includes(charset)

/** UTF-8, in hexadecimal digits → what a column of the character set stores. */
const storedIn =
  (charset: string) =>
  (hex: string): Written =>
    isUtf8(charset) ? { text: hex.toUpperCase() } : { ask: `HEX(CONVERT(${literal(hex)} USING ${charset}))` }

const sentText =
  (charset: string) =>
  (bytes: Buffer): Written => {
    const stored = storedIn(charset)
    // of character sets that may hold more than their text says, `=` and the text, or `!`, the stored bytes, `:`
    if (isUtf8(charset) || charset === 'latin1') return stored(bytes.toString('hex'))
    if (bytes[0] === 0x3d) return stored(bytes.subarray(1).toString('hex'))
    return { text: bytes.subarray(1, bytes.indexOf(':')).toString('latin1') }
  }

const characters = (charset: string): Kind => ({
  mysql: (column) => `HEX(${column})`,
  postgres: postgresUtf8,
  shown: storedIn(charset),
  exact: upperHex,
  sent: sentText(charset),
  even: same,
})

const afterColon = (bytes: Buffer): Buffer => bytes.subarray(bytes.indexOf(':') + 1)
const beforeColon = (bytes: Buffer): string => bytes.subarray(0, bytes.indexOf(':')).toString('latin1')

const invalid: Written = { text: 'invalid' }

/** A member by its text; number 0 is no member, though it looks like an empty one. */
const member = (charset: string): Kind => ({
  ...characters(charset),
  mysql: (column) => `IF(${column} + 0 = 0, 'invalid', HEX(${column}))`,
  exact: (bytes) => (bytes.length === 0 ? invalid : upperHex(bytes)),
  sent: (bytes) => (beforeColon(bytes) === '0' ? invalid : sentText(charset)(afterColon(bytes))),
})

/** By its number, since with an empty member two numbers have one text. */
const members = (columnType: string): Kind => {
  const list = [...columnType.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) =>
    text.replaceAll("''", "'"),
  )
  const bits = new Map(list.map((text, at) => [text, 1n << BigInt(at)]))
  const numberOf = (text: string): string =>
    text === ''
      ? '0'
      : text
          .split(',')
          .reduce((sum, each) => sum | (bits.get(each) ?? 1n << 64n), 0n)
          .toString()
  return {
    ...asPrinted,
    // a sum would be a double on MySQL
    mysql: (column) => `CAST(${column} | 0 AS CHAR)`,
    shown: (text) => ({ text: numberOf(text) }),
    sent: (bytes) => ({ text: beforeColon(bytes) }),
  }
}

const binary: Kind = {
  mysql: (column) => `HEX(CAST(${column} AS BINARY))`,
  postgres: (column) => `encode(${column}, 'hex')`,
  shown: (hex) => ({ text: hex.toUpperCase() }),
  exact: upperHex,
  sent: upperHex,
  even: same,
}

/** Six digits of a second on both sides, whatever each leaves out. */
const evenSeconds = (text: string): string => {
  const [whole = '', fraction = ''] = text.split('.')
  return `${whole}.${fraction.padEnd(6, '0')}`
}
const day: Kind = { ...asPrinted, postgres: (column) => `to_char(${column}, 'YYYY-MM-DD')` }
const moment: Kind = {
  ...asPrinted,
  postgres: (column) => `to_char(${column}, 'YYYY-MM-DD HH24:MI:SS.US')`,
  even: evenSeconds,
}
const instant: Kind = { ...moment, postgres: (column) => moment.postgres(`(${column} AT TIME ZONE 'UTC')`) }
const timeOfDay: Kind = { ...asPrinted, even: evenSeconds }

const bits: Kind = {
  ...number,
  shown: (text) => ({ text: BigInt(`0b${text}`).toString() }),
}

/** The text that the server prints, to the byte: that of jsonb differs wherever it is not what is stored. */
const json: Kind = {
  ...asPrinted,
  mysql: (column) => `HEX(CAST(${column} AS CHAR CHARACTER SET utf8mb4))`,
  postgres: (column) => postgresUtf8(`${column}::text`),
  shown: (hex) => ({ text: hex.toUpperCase() }),
  exact: upperHex,
  sent: upperHex,
}

/** As bytes, since each server shortens an address in its own way. */
const address: Kind = {
  ...asPrinted,
  mysql: (column) => `HEX(INET6_ATON(${column}))`,
  postgres: (column) => `encode(convert_to(host(${column}), 'UTF8'), 'hex')`,
  shown: (hex) => ({ ask: `HEX(INET6_ATON(${literal(hex)}))` }),
  exact: upperHex,
  sent: (bytes) => ({ ask: `HEX(INET6_ATON(${literal(bytes.toString('hex'))}))` }),
}

const inPlace: Readonly<Record<string, Kind>> = {
  ...Object.fromEntries(
    ['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year'].map((type) => [type, number]),
  ),
  ...Object.fromEntries(
    [
      'binary',
      'varbinary',
      'tinyblob',
      'blob',
      'mediumblob',
      'longblob',
      'vector',
      'geometry',
      'point',
      'linestring',
      'polygon',
      'multipoint',
      'multilinestring',
      'multipolygon',
      'geometrycollection',
      'geomcollection',
    ].map((type) => [type, binary]),
  ),
  float: floating(true),
  double: floating(false),
  date: day,
  datetime: moment,
  timestamp: instant,
  time: timeOfDay,
  bit: bits,
  json,
  uuid: { ...asPrinted, even: (text) => text.toLowerCase() },
  inet4: address,
  inet6: address,
}

/** Undefined for a type that the comparer does not know. */
export const kindOf = ({ dataType, columnType, charset }: Described): Kind | undefined => {
  if (dataType === 'enum') return member(charset ?? 'utf8mb4')
  if (dataType === 'set') return members(columnType)
  if (/^(var)?char$|text$/.test(dataType)) return characters(charset ?? 'utf8mb4')
  return inPlace[dataType]
}
