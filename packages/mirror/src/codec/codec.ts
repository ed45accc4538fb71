/**
 * A codec carries the values of one column between three forms:
 *
 *   source bytes     what MySQL's text protocol sends for `read(column)`; Buffer
 *   canonical        one string for one value, the same from either side; the form that keys, ledger and
 *                    comparisons use
 *   shown            the text that stands in PostgreSQL; null where its type can hold nothing near the value
 *
 * Where the shown text does not lead back to the canonical value, the encoded value carries `exact`: the source's
 * own bytes, which go to mirror.exact_value. So no value is ever changed silently.
 */
export interface ColumnDefinition {
  readonly name: string
  /** information_schema DATA_TYPE in lower case: int, varchar, datetime … */
  readonly dataType: string
  /** information_schema COLUMN_TYPE: int(10) unsigned zerofill, enum('a','b') … */
  readonly columnType: string
  readonly nullable: boolean
  /** null for what is no text */
  readonly charset: string | null
  readonly collation: string | null
  /** longest value in bytes; null for what is neither text nor bytes */
  readonly octets: number | null
  readonly precision: number | null
  readonly scale: number | null
  /** digits after the second */
  readonly fraction: number | null
}

export interface ExactPart {
  readonly bytes: Buffer
  /** why PostgreSQL's type cannot hold it, in words */
  readonly reason: string
}

export interface Encoded {
  readonly shown: string | null
  readonly exact?: ExactPart
}

export interface Codec {
  readonly postgresType: string
  /** MySQL expression whose text-protocol bytes are the source bytes. Takes a quoted column. */
  readonly read: (column: string) => string
  /**
   * MySQL expression that enters the row's digest: different for different values, never NULL for a value.
   * `selfDelimiting` says that its text holds no comma, so that it needs no length before it.
   */
  readonly digest: (column: string) => string
  readonly selfDelimiting: boolean
  readonly encode: (bytes: Buffer) => Encoded
  readonly canonical: (bytes: Buffer) => string
  /** PostgreSQL's text of a shown value → canonical. */
  readonly decode: (shown: string) => string
  /** A literal equal to the value in MySQL, usable for ranges over an index; absent: the type cannot be a key here. */
  readonly literal?: (bytes: Buffer) => string
}

const asText = (bytes: Buffer): string => bytes.toString('utf8')

/** A type whose text is the same on both sides. */
export const plainCodec = (postgresType: string, overrides: Partial<Codec> = {}): Codec => ({
  postgresType,
  read: (column) => column,
  digest: (column) => column,
  selfDelimiting: true,
  encode: (bytes) => ({ shown: asText(bytes) }),
  canonical: asText,
  decode: (shown) => shown,
  ...overrides,
})

export const inexact = (shown: string | null, bytes: Buffer, reason: string): Encoded => ({
  shown,
  exact: { bytes, reason },
})
