/** CHAR, VARCHAR, TEXT, ENUM, SET, JSON, UUID. The connection asks the server for UTF-8. */
import { mysqlTextBytes } from '../names.ts'
import { type Codec, type ColumnDefinition, inexact, plainCodec } from './codec.ts'

const textTypes = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext'])

/**
 * Character sets whose conversion to UTF-8 is one to one, so that the text says all that the bytes say. The others
 * (sjis, cp932, ucs2 …) are not: two stored values may give one text (facts: digests).
 */
const injectiveCharsets = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii', 'latin1'])

const hasInjectiveCharset = (column: ColumnDefinition): boolean =>
  column.charset !== null && injectiveCharsets.has(column.charset)

/** Values of these may approach max_allowed_packet; hashed by themselves they enter a row's digest as 64 digits. */
const largeTypes = new Set(['mediumtext', 'longtext', 'mediumblob', 'longblob', 'json'])

export const isLarge = (column: ColumnDefinition): boolean => largeTypes.has(column.dataType)

/** PostgreSQL's text holds every character but NUL; U+2400 stands where a NUL was. */
const showText = (bytes: Buffer): ReturnType<Codec['encode']> => {
  const text = bytes.toString('utf8')
  if (!bytes.includes(0)) return { shown: text }
  return inexact(text.replaceAll('\0', '␀'), bytes, 'holds a NUL character')
}

export const textCodec = (column: ColumnDefinition): Codec | undefined => {
  if (!textTypes.has(column.dataType) || !hasInjectiveCharset(column)) return undefined
  return plainCodec('text', {
    selfDelimiting: false,
    digest: (expression) => `CAST(${expression} AS BINARY)`,
    encode: showText,
    literal: mysqlTextBytes,
  })
}

/**
 * An ENUM is read with its number before it: number 0 is the invalid value, which prints like a member ''.
 * Source bytes `2:open`.
 */
export const enumCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'enum' || !hasInjectiveCharset(column)) return undefined
  const label = (bytes: Buffer): string => bytes.toString('utf8').replace(/^\d+:/, '')
  const isInvalid = (bytes: Buffer): boolean => bytes.length === 2 && bytes.toString('latin1') === '0:'
  return plainCodec('text', {
    read: (expression) => `CONCAT(${expression}+0, ':', ${expression})`,
    digest: (expression) => `(${expression}+0)`,
    encode: (bytes) =>
      isInvalid(bytes)
        ? inexact('', Buffer.alloc(0), 'is the invalid ENUM value, number 0')
        : showText(Buffer.from(label(bytes))),
    canonical: (bytes) => (isInvalid(bytes) ? '\u0000invalid' : label(bytes)),
  })
}

export const setCodec = (column: ColumnDefinition): Codec | undefined =>
  column.dataType === 'set' && hasInjectiveCharset(column)
    ? plainCodec('text', { digest: (expression) => `(${expression}+0)`, encode: showText })
    : undefined

/**
 * MySQL keeps JSON normalised: keys by length, then bytes, as jsonb does, and prints it with the same blanks. The two
 * differ in numbers (jsonb writes 1e20 in full and has no -0.0) and in \u escapes; such documents keep their text
 * aside. MariaDB's JSON is LONGTEXT and never comes here.
 */
export const jsonCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'json') return undefined
  return plainCodec('jsonb', {
    selfDelimiting: false,
    digest: (expression) => `CAST(${expression} AS BINARY)`,
    encode: (bytes) => {
      const text = bytes.toString('utf8')
      const outsideStrings = text.replace(/"(?:[^"\\]|\\.)*"/gsu, '""')
      if (text.includes('\\u0000')) return inexact(null, bytes, 'holds a NUL character')
      if (/[eE]|-0(?![.\d]*[1-9])/.test(outsideStrings.replace(/true|false/g, '')) || text.includes('\\u')) {
        return inexact(text, bytes, 'is printed otherwise by jsonb')
      }
      return { shown: text }
    },
  })
}

export const uuidCodec = (column: ColumnDefinition): Codec | undefined =>
  column.dataType === 'uuid'
    ? plainCodec('uuid', { literal: (bytes) => `'${bytes.toString('latin1')}'` })
    : undefined
