/** Integers, DECIMAL, FLOAT, DOUBLE, BIT, YEAR. */
import { type Codec, type ColumnDefinition, plainCodec, plainText } from './codec.ts'

const integerTypes: Readonly<Record<string, readonly [signed: string, unsigned: string]>> = {
  tinyint: ['smallint', 'smallint'],
  smallint: ['smallint', 'integer'],
  mediumint: ['integer', 'integer'],
  int: ['integer', 'bigint'],
  bigint: ['bigint', 'numeric(20)'],
}

const isUnsigned = (column: ColumnDefinition): boolean => /\bunsigned\b/.test(column.columnType)

/** ZEROFILL is a way of printing: 00042 and 42 are one number, and the sort order is that of numbers. */
const stripZeroFill = (text: string): string => text.replace(/^(-?)0+(?=\d)/, '$1')

const numberLiteral = (bytes: Buffer): string => {
  const text = bytes.toString('latin1')
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`not a number: ${JSON.stringify(text)}`)
  return text
}

/** Whole numbers and decimals, which both sides print alike but for ZEROFILL. */
const exactNumber = (postgresType: string, column: ColumnDefinition): Codec => {
  const canonical = (bytes: Buffer): string => stripZeroFill(bytes.toString('latin1'))
  const literal = (bytes: Buffer): string => numberLiteral(Buffer.from(canonical(bytes)))
  return plainCodec(postgresType, literal, {
    encode: (bytes) => ({ shown: canonical(bytes) }),
    canonical,
    literal,
    ...(/\bzerofill\b/i.test(column.columnType) ? {} : { plain: plainText(false) }),
  })
}

export const integerCodec = (column: ColumnDefinition): Codec | undefined => {
  const types = integerTypes[column.dataType]
  return types === undefined ? undefined : exactNumber(isUnsigned(column) ? types[1] : types[0], column)
}

export const decimalCodec = (column: ColumnDefinition): Codec | undefined =>
  column.dataType !== 'decimal' || column.precision === null || column.scale === null
    ? undefined
    : exactNumber(`numeric(${column.precision},${column.scale})`, column)

const printFloat = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

export const floatCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'float' && column.dataType !== 'double') return undefined
  const single = column.dataType === 'float'
  const parse = (text: string): string => {
    // ZEROFILL makes 0000-0 of a negative zero, which MySQL takes as unsigned
    const value = Number(text.replace(/^0+-/, '-'))
    return printFloat(single ? Math.fround(value) : value)
  }
  const canonical = (bytes: Buffer): string => parse(bytes.toString('latin1'))
  // FLOAT prints six digits in the text protocol and in CONCAT; as a product with a double it prints enough for any
  // float (a sum would lose the sign of -0). MySQL cuts an expression, unlike a column, to 22 characters: a DOUBLE of
  // three exponent digits would lose its last digit in one, so that it is read and digested bare.
  const exactText = (expression: string): string => (single ? `(${expression}*1e0)` : expression)
  // With an exponent it is a double from the start, never a DECIMAL that is rounded on the way.
  const literal = (bytes: Buffer): string => {
    const text = canonical(bytes)
    if (!/^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text)) throw new Error(`not a number: ${JSON.stringify(text)}`)
    return text.includes('e') ? text : `${text}e0`
  }
  return plainCodec(single ? 'real' : 'double precision', literal, {
    read: exactText,
    digest: exactText,
    encode: (bytes) => ({ shown: canonical(bytes) }),
    canonical,
    decode: parse,
    literal,
  })
}

export const bitCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'bit') return undefined
  const width = column.precision ?? 1
  const bits = (bytes: Buffer): string => BigInt(bytes.toString('latin1')).toString(2).padStart(width, '0')
  return plainCodec(`bit(${width})`, numberLiteral, {
    read: (expression) => `(${expression}+0)`,
    digest: (expression) => `(${expression}+0)`,
    encode: (bytes) => ({ shown: bits(bytes) }),
    canonical: bits,
    bytes: (canonical) => Buffer.from(BigInt(`0b${canonical}`).toString()),
    literal: numberLiteral,
  })
}

export const yearCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'year') return undefined
  const canonical = (bytes: Buffer): string => bytes.toString('latin1').padStart(4, '0')
  return plainCodec('smallint', numberLiteral, {
    canonical,
    encode: (bytes) => ({ shown: String(Number(bytes.toString('latin1'))) }),
    decode: (shown) => shown.padStart(4, '0'),
    literal: numberLiteral,
  })
}
