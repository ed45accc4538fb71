/**
 * A codec carries the values of one column between three forms:
 *
 *   source bytes     what MySQL's text protocol sends for `read(column)`; Buffer
 *   canonical        one string for one value, the same from either side; the form that keys, ledger and
 *                    comparisons use
 *   shown            the text that stands in PostgreSQL; null where its type can hold nothing near the value
 *
 * Where the shown text does not lead back to the canonical value, the encoded value carries `exact`: for text and
 * bytes what the source stores, byte for byte (HEX(column)), for other types the text that it prints. It goes to
 * mirror.exact_value. So no value is ever changed silently.
 *
 * The way back: canonical → `bytes` → `insert`, or exact → `fromExact` → `insert`.
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

/**
 * The session in which `insert` means what it says, whatever the server's defaults are: invalid and zero dates are
 * kept, a zero in an AUTO_INCREMENT column is a zero, the invalid ENUM number 0 is taken, TIMESTAMP is in UTC.
 */
export const restoreSession: readonly string[] = [
  "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'",
  'SET NAMES utf8mb4',
  "SET SESSION time_zone = '+00:00'",
]

/**
 * Of most types the shown text stands within the source bytes, and is the canonical value too. Then a load copies it from the one
 * server to the other byte by byte, and makes no string of it (copy-text.ts).
 */
export interface PlainText {
  /** where it begins within the value, which lies between `start` and `end`; it goes on to the end. -1: one for `encode` */
  readonly from: (bytes: Buffer, start: number, end: number) => number
  /** it may hold any character; a value with a NUL is one for `encode`. False: nothing in it means anything to COPY or JSON */
  readonly free: boolean
  /** what is shown behind it */
  readonly suffix: string
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
  /** True for what `read` gives where the server could not convert a value for want of max_allowed_packet. */
  readonly isCut: (bytes: Buffer | null) => boolean
  readonly encode: (bytes: Buffer) => Encoded
  /** absent: every value is one for `encode` */
  readonly plain?: PlainText
  readonly canonical: (bytes: Buffer) => string
  /** PostgreSQL's text of a shown value → canonical. */
  readonly decode: (shown: string) => string
  /** Canonical → source bytes, for a value without an exact part: canonical(bytes(c)) is c. */
  readonly bytes: (canonical: string) => Buffer
  /** What stands aside (`ExactPart.bytes`) → source bytes. */
  readonly fromExact: (exact: Buffer) => Buffer
  /** MySQL expression that, as the column's value in an INSERT within `restoreSession`, stores exactly this value. */
  readonly insert: (bytes: Buffer) => string
  /** A literal equal to the value in MySQL, usable for ranges over an index; absent: the type cannot be a key here. */
  readonly literal?: (bytes: Buffer) => string
  /** The reasons for which a value of this type goes aside; empty: PostgreSQL's type holds every value. */
  readonly aside: readonly string[]
}

const asText = (bytes: Buffer): string => bytes.toString('utf8')

/** A type whose text is the same on both sides; how its value is written in SQL is each family's to say. */
export const plainCodec = (
  postgresType: string,
  insert: (bytes: Buffer) => string,
  overrides: Partial<Codec> = {},
): Codec => ({
  postgresType,
  read: (column) => column,
  digest: (column) => column,
  selfDelimiting: true,
  isCut: () => false,
  encode: (bytes) => ({ shown: asText(bytes) }),
  canonical: asText,
  decode: (shown) => shown,
  bytes: (canonical) => Buffer.from(canonical, 'utf8'),
  fromExact: (exact) => exact,
  insert,
  aside: [],
  ...overrides,
})

/** Text as it comes, all of it. */
export const plainText = (
  free: boolean,
  from: PlainText['from'] = (_, start) => start,
  suffix = '',
): PlainText => ({
  from,
  free,
  suffix,
})

export const inexact = (shown: string | null, bytes: Buffer, reason: string): Encoded => ({
  shown,
  exact: { bytes, reason },
})
