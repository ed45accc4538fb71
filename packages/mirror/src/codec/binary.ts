/** BINARY, VARBINARY, BLOB. Canonical and shown form is PostgreSQL's own: \x and lower-case hexadecimal digits. */
import { type Codec, type ColumnDefinition, plainCodec } from './codec.ts'

const binaryTypes = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'])

export const binaryCodec = (column: ColumnDefinition): Codec | undefined => {
  if (!binaryTypes.has(column.dataType)) return undefined
  const hex = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`
  return plainCodec('bytea', {
    selfDelimiting: false,
    encode: (bytes) => ({ shown: hex(bytes) }),
    canonical: hex,
    literal: (bytes) => `x'${bytes.toString('hex')}'`,
  })
}
