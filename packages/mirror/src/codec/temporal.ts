/** DATE, TIME, DATETIME, TIMESTAMP. Both sessions run in UTC; canonical is MySQL's text with all its digits. */
import { type Codec, type ColumnDefinition, inexact, plainCodec, plainText } from './codec.ts'

const colon = 0x3a
const noDay = 'is no day of the calendar'
const longTime = 'is longer than a day or negative'

const temporalLiteral = (bytes: Buffer): string => {
  const text = bytes.toString('latin1')
  // PostgreSQL's dates reach further than four digits, and the server takes no such literal
  if (!/^(?:\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d+)?)?|-?\d{2,3}:\d\d:\d\d(?:\.\d+)?)$/.test(text))
    throw new Error(`not a date or time: ${JSON.stringify(text)}`)
  return `'${text}'`
}

const daysInMonth = (year: number, month: number): number => {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** A day that exists, in a year that PostgreSQL can write: there is no year 0 there, and 0000-00-00 is no date. */
const isRealDate = (text: string): boolean => {
  const year = Number(text.slice(0, 4))
  const month = Number(text.slice(5, 7))
  const day = Number(text.slice(8, 10))
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
}

const digit = (bytes: Buffer, at: number): number => (bytes[at] ?? 0) - 0x30

/** isRealDate of what surely is one: years have four digits, and the last days of a month are looked at more closely. */
const isPlainDate = (bytes: Buffer, start: number): boolean => {
  const month = digit(bytes, start + 5) * 10 + digit(bytes, start + 6)
  const day = digit(bytes, start + 8) * 10 + digit(bytes, start + 9)
  return digit(bytes, start) >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= 28
}

const fromDate = (bytes: Buffer, start: number): number => {
  if (isPlainDate(bytes, start)) return start
  return isRealDate(bytes.toString('latin1', start, start + 10)) ? start : -1
}

/** PostgreSQL leaves out trailing zeros of a fraction; MySQL prints as many digits as the column has. */
const padFraction = (text: string, digits: number): string => {
  // infinity and years before Christ come from no source: they stay what PostgreSQL calls them
  if (digits === 0 || !/\d$/.test(text)) return text
  const [whole = '', fraction = ''] = text.split('.')
  return `${whole}.${fraction.padEnd(digits, '0')}`
}

export const dateCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'date') return undefined
  return plainCodec('date', temporalLiteral, {
    aside: [noDay],
    encode: (bytes) => {
      const text = bytes.toString('latin1')
      return isRealDate(text) ? { shown: text } : inexact(null, bytes, noDay)
    },
    plain: plainText(false, fromDate),
    literal: temporalLiteral,
  })
}

export const datetimeCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'datetime' && column.dataType !== 'timestamp') return undefined
  const digits = column.fraction ?? 0
  const zoned = column.dataType === 'timestamp'
  return plainCodec(`${zoned ? 'timestamptz' : 'timestamp'}(${digits})`, temporalLiteral, {
    aside: [noDay],
    encode: (bytes) => {
      const text = bytes.toString('latin1')
      if (!isRealDate(text)) return inexact(null, bytes, noDay)
      return { shown: zoned ? `${text}+00` : text }
    },
    plain: plainText(false, fromDate, zoned ? '+00' : ''),
    decode: (shown) => padFraction(zoned ? shown.replace(/\+00$/, '') : shown, digits),
    literal: temporalLiteral,
  })
}

export const timeCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'time') return undefined
  const digits = column.fraction ?? 0
  return plainCodec(`time(${digits})`, temporalLiteral, {
    aside: [longTime],
    encode: (bytes) => {
      const text = bytes.toString('latin1')
      // PostgreSQL's time ends at 24:00:00; MySQL's TIME is a span of ±838 hours.
      return /^([01]\d|2[0-3]):/.test(text) ? { shown: text } : inexact(null, bytes, longTime)
    },
    // up to 19:59:59.999999: `1`, or `0`, a digit, a colon
    plain: plainText(false, (bytes, start) =>
      bytes[start + 2] === colon && (bytes[start] === 0x30 || bytes[start] === 0x31) ? start : -1,
    ),
    decode: (shown) => padFraction(shown, digits),
    literal: temporalLiteral,
  })
}
