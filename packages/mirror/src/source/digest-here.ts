/**
 * A row's digest, computed here from the copy as the source computes it from the row (digest.ts): what is recorded for a row tells
 * whether the copy still is what was written. Pure.
 *
 * MySQL and MariaDB print some a FLOAT and DOUBLE in two ways, and a record does not say whose it is: a row is as recorded where either way leads to
 * the digest. Text in character sets beyond UTF-8, -16, -32, ascii and latin1, where it is not kept by its bytes, is made here as the rows of the table
 * prove that the source makes it (learned-charsets.ts): of a row with characters that none has proved nothing is said, unless it is as recorded.
 */
import { createHash } from 'node:crypto'
import { latin1Bytes, printInet6, textOfSet } from '../codec/index.ts'
import { hashedApart } from './digest.ts'
import { LearnedCharsets } from './learned-charsets.ts'
import type { SourceColumn } from './tables.ts'

type Exact = ReadonlyMap<string, Buffer> | undefined

const numberOfMember = (bytes: Buffer): Buffer | undefined => {
  const colon = bytes.indexOf(':')
  return colon > 0 ? bytes.subarray(0, colon) : undefined
}

/** As wide as the column says. */
const zeroFilled = (column: SourceColumn, bytes: Buffer): Buffer | undefined => {
  const text = bytes.toString('latin1')
  const width =
    column.dataType === 'decimal'
      ? (column.precision ?? 0) - (column.scale ?? 0)
      : Number(/\((\d+)\)/.exec(column.columnType)?.[1] ?? 0)
  if (width === 0) return undefined
  const [whole = '', ...rest] = text.split('.')
  return Buffer.from([whole.padStart(width, '0'), ...rest].join('.'))
}

/** Digits before and after the point for which both servers write no exponent (dtoa.c, my_gcvt). */
const mostInPlace = 15
/** Beyond so many characters MySQL writes an exponent all the same, of a column and of the product by which a FLOAT is read … */
const mostCharacters = { column: 24, product: 22 } as const

type Printing = 'mariadb' | 'mysql'

const exponential = (value: number, decimals?: number): string => {
  const [mantissa = '', exponent = ''] = value.toExponential(decimals).split('e')
  const digits = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
  return `${digits}e${Number(exponent)}`
}

/** The shortest digits that lead back, as the servers write them: 0 exceptions in 20,000 values of each kind on each server. */
const printDouble = (value: number, kind: keyof typeof mostCharacters, printing: Printing): string => {
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const sign = value < 0 ? '-' : ''
  const point = Number(exponent) + 1
  const inPlace = point > -mostInPlace && (point <= mostInPlace || digits.length > point)
  let text: string
  if (!inPlace) text = exponential(value)
  else if (point <= 0) text = `${sign}0.${'0'.repeat(-point)}${digits}`
  else if (point >= digits.length) text = `${sign}${digits.padEnd(point, '0')}`
  else text = `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
  if (printing === 'mariadb' || text.length <= mostCharacters[kind]) return text
  const short = exponential(value)
  const excess = short.length - mostCharacters[kind]
  // … and of the product so many digits that it fits
  return kind === 'column' || excess <= 0 ? short : exponential(value, digits.length - 1 - excess)
}

/**
 * The shortest digits that tell the value, filled up with zeros on either side of the point (dtoa.c, mode 5): its exact digits, as toFixed has
 * them, the source does not print, unless there are more decimals than it may.
 */
const withDecimals = (value: number, decimals: number): string => {
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const point = Number(exponent) + 1
  const fraction = digits.slice(Math.max(0, point)).padStart(digits.length - point, '0')
  if (value === 0 || digits.length - point > decimals) return value.toFixed(decimals)
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  return `${value < 0 ? '-' : ''}${whole}${decimals === 0 ? '' : `.${fraction.padEnd(decimals, '0')}`}`
}

const filledWidth = 22

/**
 * With a number of decimals, as in DOUBLE(12,2), the source prints them all, and with ZEROFILL as wide as the column or 22 characters. A
 * FLOAT is read as a product, which has neither.
 */
const floatText = (
  { dataType, columnType }: SourceColumn,
  bytes: Buffer,
  printing: Printing,
): Buffer | undefined => {
  const value = Number(bytes.toString('latin1'))
  const isProduct = dataType === 'float'
  const [, width, decimals] = (isProduct ? null : /\((\d+),(\d+)\)/.exec(columnType)) ?? []
  let printed: string | undefined
  if (decimals === undefined)
    printed =
      value === 0 ? bytes.toString('latin1') : printDouble(value, isProduct ? 'product' : 'column', printing)
  else if (!Object.is(value, -0) && Math.abs(value) < 1e21) printed = withDecimals(value, Number(decimals))
  if (printed === undefined) return undefined
  const isFilled = !isProduct && /zerofill/i.test(columnType)
  return Buffer.from(isFilled ? printed.padStart(Number(width ?? filledWidth), '0') : printed)
}

/** Character sets whose bytes are made here as the server makes them. Of all others only what stands aside is known by its bytes. */
const encoders: Readonly<Record<string, (text: string) => Buffer>> = {
  ascii: (text) => Buffer.from(text, 'latin1'),
  utf16le: (text) => Buffer.from(text, 'utf16le'),
  utf16: (text) => Buffer.from(text, 'utf16le').swap16(),
  ucs2: (text) => Buffer.from(text, 'utf16le').swap16(),
  utf32: (text) => {
    const bytes = Buffer.alloc(4 * Array.from(text).length)
    Array.from(text, (character, at) => bytes.writeUInt32BE(character.codePointAt(0) ?? 0, 4 * at))
    return bytes
  },
}

/** Source bytes (`=text`, `!HEX:text`: codec/charset.ts) → the stored ones. */
const storedText = (learned: LearnedCharsets, charset: string, bytes: Buffer): Buffer | undefined => {
  if (bytes[0] === 0x21) return Buffer.from(bytes.subarray(1, bytes.indexOf(':')).toString('latin1'), 'hex')
  const text = bytes.subarray(1).toString('utf8')
  return encoders[charset]?.(text) ?? learned.encode(charset, text)
}

/** A value's source bytes → what enters the digest; undefined where that is not known here. */
const enters = (
  learned: LearnedCharsets,
  column: SourceColumn,
  bytes: Buffer,
  printing: Printing,
): Buffer | undefined => {
  if (column.dataType === 'enum' || column.dataType === 'set') return numberOfMember(bytes)
  if (column.dataType === 'float' || column.dataType === 'double') return floatText(column, bytes, printing)
  if (/zerofill/i.test(column.columnType)) return zeroFilled(column, bytes)
  if (column.dataType === 'inet6') return Buffer.from(printInet6(bytes.toString('latin1')))
  if (column.charset === null || column.charset.startsWith('utf8') || column.dataType === 'json') return bytes
  return column.charset === 'latin1' ? latin1Bytes(bytes) : storedText(learned, column.charset, bytes)
}

/** Grows with the widest row that was met; one that is wider than that is put together by itself. */
const usualBytes = 65_536

/** A row's text, put together in place: as a Buffer a part it takes longer than its digest. */
class RowText {
  #bytes = Buffer.allocUnsafe(1_024)
  #at = 0

  clear(): void {
    this.#at = 0
    if (this.#bytes.length > usualBytes) this.#bytes = Buffer.allocUnsafe(usualBytes)
  }

  /** ASCII */
  word(text: string): void {
    this.#reserve(text.length)
    this.#at += this.#bytes.write(text, this.#at, 'latin1')
  }

  value(bytes: Buffer): void {
    this.#reserve(bytes.length)
    this.#at += bytes.copy(this.#bytes, this.#at)
  }

  get digest(): bigint {
    return createHash('sha256').update(this.#bytes.subarray(0, this.#at)).digest().readBigUInt64BE()
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(2 * needed)
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

const putTerm = (text: RowText, column: SourceColumn, apart: boolean, value: Buffer): void => {
  if (apart) return text.word(createHash('sha256').update(value).digest('hex'))
  if (!column.codec.selfDelimiting) text.word(`${value.length}:`)
  text.value(value)
}

/**
 * Does the table show what it is to show beside an exact value? Told where the bytes that are kept say what that is, and of a
 * SET's number the column: not of text that may have no text. JSON PostgreSQL prints in its own way (`shownBeside`).
 */
const showsIt = (column: SourceColumn, source: Buffer, shown: string | null): boolean => {
  const { charset, dataType } = column
  // number 0 has no text in any character set
  if (dataType === 'enum' && source.equals(invalidMember)) return shown === ''
  if (dataType === 'set') {
    const text = textOfSet(column.columnType, BigInt(numberOfMember(source)?.toString('latin1') ?? ''))
    return text === undefined || text === shown
  }
  const isText = /^(?:char|varchar|\w*text|enum)$/.test(dataType) && /^(?:utf8|latin1)/.test(charset ?? '')
  const isTime = /^(?:date|datetime|timestamp|time)$/.test(dataType)
  return !(isText || isTime) || column.codec.encode(source).shown === shown
}

const invalidMember = Buffer.from('0:')

/**
 * What PostgreSQL was given to show beside the exact values of a row, and what it shows there, column by column where the one is not the other
 * to the letter: only of JSON, of which PostgreSQL itself must say whether both are one document.
 */
export const shownBeside = (
  columns: readonly SourceColumn[],
  row: readonly (string | null)[],
  exact: Exact,
): readonly { readonly given: string | null; readonly shown: string | null }[] =>
  columns.flatMap((column, index) => {
    const kept = exact?.get(column.name)
    const shown = row[index] ?? null
    if (kept === undefined || column.dataType !== 'json') return []
    const given = column.codec.encode(column.codec.fromExact(kept)).shown
    return given === shown ? [] : { given, shown }
  })

/** Is a row what was recorded under this digest? undefined: that cannot be told here. */
export type IsRecorded = (recorded: bigint | undefined) => boolean | undefined

/** -1: no value that any source sent; undefined: not known here */
type DigestAs = (printing: Printing) => bigint | undefined

const judgeBy =
  (columns: readonly SourceColumn[], learned: LearnedCharsets, digestAs: DigestAs): IsRecorded =>
  (recorded) => {
    learned.begin()
    const first = digestAs('mariadb')
    if (first === undefined) return undefined
    const isPrintedTwice = columns.some(({ dataType }) => dataType === 'float' || dataType === 'double')
    const isRecorded = first === recorded || (isPrintedTwice && digestAs('mysql') === recorded)
    if (isRecorded) learned.prove()
    // no text of its could make up for what is no value at all
    return !isRecorded && learned.isGuess && first !== -1n ? undefined : isRecorded
  }

/**
 * `row`: PostgreSQL's text of each column; `exact`: what is kept aside for it. A row of which nothing could be said may be asked about again when
 * others have been.
 */
export const judgeCopy = (
  columns: readonly SourceColumn[],
): ((row: readonly (string | null)[], exact: Exact) => IsRecorded) => {
  const apart = hashedApart(columns)
  const text = new RowText()
  const learned = new LearnedCharsets()
  const digestAs = (
    row: readonly (string | null)[],
    exact: Exact,
    printing: Printing,
  ): bigint | undefined => {
    text.clear()
    for (const [index, column] of columns.entries()) {
      const kept = exact?.get(column.name)
      const shown = row[index] ?? null
      if (index > 0) text.word(',')
      if (kept === undefined && shown === null) {
        text.word('~')
        continue
      }
      try {
        const bytes =
          kept === undefined
            ? column.codec.bytes(column.codec.decode(shown ?? ''))
            : column.codec.fromExact(kept)
        if (kept !== undefined && !showsIt(column, bytes, shown)) return -1n
        const value = enters(learned, column, bytes, printing)
        if (value === undefined) return undefined
        putTerm(text, column, apart.has(column), value)
      } catch {
        // what stands there is no value of this column: not what was written
        return -1n
      }
    }
    return text.digest
  }
  return (row, exact) => judgeBy(columns, learned, (printing) => digestAs(row, exact, printing))
}

/**
 * Of a value as it was kept: what the source sends is what enters its digest, but for members' numbers, character sets, and a FLOAT or DOUBLE
 * that MySQL sends in more digits than it joins into a text.
 */
const entersKept = (
  learned: LearnedCharsets,
  column: SourceColumn,
  bytes: Buffer,
  printing: Printing,
): Buffer | undefined => {
  if (column.dataType === 'enum' || column.dataType === 'set') return numberOfMember(bytes)
  if (column.dataType === 'float' || column.dataType === 'double')
    return floatText(column, column.codec.bytes(column.codec.canonical(bytes)), printing)
  if (column.charset === null || column.charset.startsWith('utf8') || column.dataType === 'json') return bytes
  return column.charset === 'latin1' ? latin1Bytes(bytes) : storedText(learned, column.charset, bytes)
}

interface KeptRow {
  readonly columns: readonly string[]
  readonly values: readonly (Buffer | null)[]
}

/** The same of a row that is kept whole: every column's source bytes, under the column's name. -1: a column is not among them. */
export const judgeKept = (columns: readonly SourceColumn[]): ((row: KeptRow) => IsRecorded) => {
  const apart = hashedApart(columns)
  const text = new RowText()
  const learned = new LearnedCharsets()
  const digestAs = (row: KeptRow, printing: Printing): bigint | undefined => {
    text.clear()
    for (const [index, column] of columns.entries()) {
      const kept = row.values[row.columns.indexOf(column.name)]
      if (kept === undefined) return -1n
      if (index > 0) text.word(',')
      if (kept === null) {
        text.word('~')
        continue
      }
      try {
        const value = entersKept(learned, column, kept, printing)
        if (value === undefined) return undefined
        putTerm(text, column, apart.has(column), value)
      } catch {
        // as above
        return -1n
      }
    }
    return text.digest
  }
  return (row) => judgeBy(columns, learned, (printing) => digestAs(row, printing))
}
