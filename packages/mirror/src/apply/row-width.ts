/**
 * How wide a row is in PostgreSQL: a row must fit on one page, but for values that are moved out of it (TOAST). A value of up to
 * 24 bytes is never moved, so that hundreds of short texts and numbers are more than a page, which MySQL's pages hold: an ENUM has one byte
 * there, and its member's text here. (Layout: PostgreSQL's manual, “Database Page Layout” and “TOAST”.)
 */

/** What a page of 8 KiB has for one row, header included (MaxHeapTupleSize). */
export const mostRowBytes = 8_160

/** Longer values can be moved out of the row: what stays are 18 bytes. */
const staysInline = 24
/** Of a value that compresses well even less stays: eight bytes of header and the first few of it. */
const leastOfMoved = 12
/** A text below this is never compressed. */
const leastCompressed = 32
const pointer = 18

const fixed: Readonly<Record<string, readonly [width: number, alignment: number]>> = {
  smallint: [2, 2],
  integer: [4, 4],
  bigint: [8, 8],
  real: [4, 4],
  'double precision': [8, 8],
  date: [4, 4],
  time: [8, 8],
  timestamp: [8, 8],
  timestamptz: [8, 8],
  uuid: [16, 1],
}

const fixedOf = (type: string): readonly [width: number, alignment: number] | undefined =>
  fixed[type.replace(/\(.*/, '')]

/** Digits of base 10,000, none for zeros at either end. */
const numericDigits = (text: string): number => {
  const [whole = '', fraction = ''] = text.replace('-', '').split('.')
  const groups = [
    ...(whole.padStart(4 * Math.ceil(whole.length / 4), '0').match(/.{4}/g) ?? []),
    ...(fraction.padEnd(4 * Math.ceil(fraction.length / 4), '0').match(/.{4}/g) ?? []),
  ]
  const first = groups.findIndex((group) => group !== '0000')
  return first < 0 ? 0 : groups.findLastIndex((group) => group !== '0000') - first + 1
}

/** Bytes of a value as it lies in a row, its own header included, before anything is moved. */
const storedBytes = (type: string, shown: string): number => {
  if (type.startsWith('numeric')) return 3 + 2 * numericDigits(shown)
  if (type.startsWith('bit')) return 5 + Math.ceil(shown.length / 8)
  if (type === 'bytea') return 1 + (shown.length - 2) / 2
  if (type === 'inet') return shown.includes(':') ? 19 : 7
  // what a document of that length comes to depends on what is in it: the smallest has five bytes
  if (type === 'jsonb') return shown.length > leastCompressed ? staysInline + leastCompressed : 5
  return 1 + Buffer.byteLength(shown)
}

/** Of which at least so much stays in the row. */
const leastInline = (stored: number): number => {
  if (stored <= staysInline) return stored
  return stored <= leastCompressed ? pointer : leastOfMoved
}

const align = (at: number, to: number): number => Math.ceil(at / to) * to

const rowBytes = (columns: readonly (readonly [width: number, alignment: number] | null)[]): number => {
  const bitmap = columns.includes(null) ? Math.ceil(columns.length / 8) : 0
  const end = columns.reduce(
    (at, column) => (column === null ? at : align(at, column[1]) + column[0]),
    align(23 + bitmap, 8),
  )
  return align(end, 8)
}

/** At least so many bytes a row of these types and texts takes: what is beyond `mostRowBytes` is refused. */
export const leastRowBytes = (types: readonly string[], shown: readonly (string | null)[]): number =>
  rowBytes(
    types.map((type, index) => {
      const text = shown[index] ?? null
      if (text === null) return null
      return fixedOf(type) ?? [leastInline(storedBytes(type, text)), 1]
    }),
  )

/** No row takes more. `octets`: of the longest text or bytes; null for what is neither. */
export const mostBytesOfRow = (
  columns: readonly { readonly type: string; readonly octets: number | null }[],
): number =>
  rowBytes(
    columns.map(
      ({ type, octets }) => fixedOf(type) ?? [Math.min(staysInline, (octets ?? staysInline) + 1), 1],
    ),
  ) + Math.ceil(columns.length / 8)

/** SQL of the source: about what `leastRowBytes` says of a value that its expression reads. */
export const widthSql = (type: string, read: string): string => {
  const width = fixedOf(type)
  if (width !== undefined) return `IF(${read} IS NULL,0,${width[0]})`
  // two digits a byte
  if (type.startsWith('numeric')) return `IFNULL(LENGTH(${read}) DIV 2+3,0)`
  if (type.startsWith('bit')) return `IF(${read} IS NULL,0,6)`
  if (type === 'jsonb' || type === 'inet') return `IF(${read} IS NULL,0,${leastOfMoved})`
  return `IFNULL(IF(LENGTH(${read})<${staysInline},LENGTH(${read})+1,${leastOfMoved}),0)`
}
