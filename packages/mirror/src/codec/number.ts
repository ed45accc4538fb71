/** Integers, DECIMAL, FLOAT, DOUBLE, BIT, YEAR. */
import { type Codec, type ColumnDefinition, plainCodec } from './codec.ts'

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

export const integerCodec = (column: ColumnDefinition): Codec | undefined => {
  const types = integerTypes[column.dataType]
  if (types === undefined) return undefined
  const postgresType = isUnsigned(column) ? types[1] : types[0]
  if (!column.columnType.includes('zerofill')) return plainCodec(postgresType, { literal: numberLiteral })
  const canonical = (bytes: Buffer): string => stripZeroFill(bytes.toString('latin1'))
  return plainCodec(postgresType, {
    literal: (bytes) => numberLiteral(Buffer.from(canonical(bytes))),
    encode: (bytes) => ({ shown: canonical(bytes) }),
    canonical,
  })
}

export const decimalCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'decimal' || column.precision === null || column.scale === null) return undefined
  const canonical = (bytes: Buffer): string => stripZeroFill(bytes.toString('latin1'))
  return plainCodec(`numeric(${column.precision},${column.scale})`, {
    encode: (bytes) => ({ shown: canonical(bytes) }),
    canonical,
    literal: (bytes) => numberLiteral(Buffer.from(canonical(bytes))),
  })
}

const printFloat = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

export const floatCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'float' && column.dataType !== 'double') return undefined
  const single = column.dataType === 'float'
  const parse = (text: string): string => printFloat(single ? Math.fround(Number(text)) : Number(text))
  const canonical = (bytes: Buffer): string => parse(bytes.toString('latin1'))
  // FLOAT prints six digits in the text protocol and in CONCAT; as a product with a double it prints enough for any
  // float (a sum would lose the sign of -0). MySQL cuts an expression, unlike a column, to 22 characters: a DOUBLE of
  // three exponent digits would lose its last digit in one, so that it is read and digested bare.
  const exactText = (expression: string): string => (single ? `(${expression}*1e0)` : expression)
  return plainCodec(single ? 'real' : 'double precision', {
    read: exactText,
    digest: exactText,
    encode: (bytes) => ({ shown: canonical(bytes) }),
    canonical,
    decode: parse,
  })
}

export const bitCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'bit') return undefined
  const width = column.precision ?? 1
  const bits = (bytes: Buffer): string => BigInt(bytes.toString('latin1')).toString(2).padStart(width, '0')
  return plainCodec(`bit(${width})`, {
    read: (expression) => `(${expression}+0)`,
    digest: (expression) => `(${expression}+0)`,
    encode: (bytes) => ({ shown: bits(bytes) }),
    canonical: bits,
  })
}

export const yearCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'year') return undefined
  const canonical = (bytes: Buffer): string => bytes.toString('latin1').padStart(4, '0')
  return plainCodec('smallint', {
    canonical,
    encode: (bytes) => ({ shown: String(Number(bytes.toString('latin1'))) }),
    decode: (shown) => shown.padStart(4, '0'),
    literal: numberLiteral,
  })
}
