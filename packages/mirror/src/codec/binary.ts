/**
 * BINARY, VARBINARY, BLOB; shapes and vectors as the server stores them: SRID and WKB, little-endian floats. Canonical
 * and shown form is PostgreSQL's own: \x and lower-case hexadecimal digits.
 */
import { type Codec, type ColumnDefinition, plainCodec } from './codec.ts'

const binaryTypes = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'])

/** As either server names them. No key may be made of these. */
const storedTypes = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
  'vector',
])

const hex = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`
const literal = (bytes: Buffer): string => `x'${bytes.toString('hex')}'`

export const binaryCodec = (column: ColumnDefinition): Codec | undefined => {
  const isKeyType = binaryTypes.has(column.dataType)
  if (!isKeyType && !storedTypes.has(column.dataType)) return undefined
  return plainCodec('bytea', literal, {
    selfDelimiting: false,
    encode: (bytes) => ({ shown: hex(bytes) }),
    canonical: hex,
    bytes: (canonical) => Buffer.from(canonical.slice(2), 'hex'),
    ...(isKeyType ? { literal } : {}),
  })
}
