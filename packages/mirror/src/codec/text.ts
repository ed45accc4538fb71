/** CHAR, VARCHAR, TEXT. PostgreSQL's text holds every character but NUL. */
import { charsetReader, isOneToOne } from './charset.ts'
import { type Codec, type ColumnDefinition, type Encoded, inexact, plainCodec, plainText } from './codec.ts'

const textTypes = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext'])

/** Values of these may approach max_allowed_packet; hashed by themselves they enter a row's digest as 64 digits. */
const largeTypes = new Set(['mediumtext', 'longtext', 'mediumblob', 'longblob', 'json'])

export const isLarge = (column: ColumnDefinition): boolean => largeTypes.has(column.dataType)

export const holdsNul = 'holds a NUL character'
export const notReturned = 'is stored in bytes to which its text does not lead back'

/** Why a text of this character set may go aside. */
export const textAside = (charset: string): readonly string[] =>
  charset === 'latin1' ? [holdsNul] : [holdsNul, notReturned]

/** U+2400 stands where a NUL was. */
export const showText = (text: string | null, stored: Buffer | undefined): Encoded => {
  if (stored === undefined) return { shown: text }
  if (text?.includes('\0') === true) return inexact(text.replaceAll('\0', '␀'), stored, holdsNul)
  return inexact(text, stored, notReturned)
}

export const textCodec = (column: ColumnDefinition): Codec | undefined => {
  if (!textTypes.has(column.dataType) || column.charset === null) return undefined
  const reader = charsetReader(column.charset)
  const oneToOne = isOneToOne(column.charset)
  const collate = oneToOne || column.collation === null ? '' : ` COLLATE ${column.collation}`
  return plainCodec('text', reader.insert, {
    read: reader.read,
    isCut: reader.isCut,
    selfDelimiting: false,
    digest: (expression) => `CAST(${expression} AS BINARY)`,
    encode: (bytes) => showText(reader.text(bytes), reader.stored(bytes)),
    plain: plainText(true, reader.textFrom),
    canonical: reader.canonical,
    bytes: reader.fromText,
    fromExact: reader.fromStored,
    literal: (bytes) => `${reader.insert(bytes)}${collate}`,
    aside: textAside(column.charset),
  })
}
