/**
 * ENUM and SET: a number that stands for text. Both are sorted, compared and digested by their number, which is read
 * before the text: source bytes `2:open`. Without the number (`:open`) they name a member by its text.
 */
import { charsetReader } from './charset.ts'
import { type Codec, type ColumnDefinition, type Encoded, inexact, plainCodec, plainText } from './codec.ts'
import { showText, textAside } from './text.ts'

const invalid = 'is the invalid ENUM value, number 0'
const ambiguous = 'is a SET whose text stands for another number too'

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  Z: '\u001a',
  b: '\b',
}

/** The members as COLUMN_TYPE lists them. It is in utf8mb3: a member with a longer character is not found by its text. */
export const membersOf = (columnType: string): readonly string[] =>
  Array.from(columnType.matchAll(/'((?:[^'\\]|''|\\.)*)'/gsu), ([, text = '']) =>
    text.replace(/''|\\(.)/gsu, (whole, escaped: string | undefined) =>
      escaped === undefined ? whole.slice(1) : (escapes[escaped] ?? escaped),
    ),
  )

/**
 * The text of a SET's number, where its definition tells it: a member with a NUL, or one that may stand for a longer character (COLUMN_TYPE is in
 * utf8mb3), does not.
 */
export const textOfSet = (columnType: string, number: bigint): string | undefined => {
  const members = membersOf(columnType)
  if (members.some((member) => /[\0?\uFFFD]/u.test(member))) return undefined
  // the servers put a comma behind text alone: none follows an empty member that comes first
  return members
    .filter((_, index) => (number & (1n << BigInt(index))) !== 0n)
    .reduce((text, member) => (text === '' ? member : `${text},${member}`), '')
}

interface Parts {
  readonly number: string
  readonly text: Buffer
}

/** @throws Error for bytes that no source sends: they may come from the target, and the number enters SQL as it is */
const partsOf = (bytes: Buffer): Parts => {
  const colon = bytes.indexOf(':')
  const number = bytes.subarray(0, colon).toString('latin1')
  if (colon < 0 || !/^\d*$/.test(number)) throw new Error('not a member: no number before a colon')
  return { number, text: bytes.subarray(colon + 1) }
}

/** The number has a few digits. */
const behindColon = (bytes: Buffer, start: number): number => {
  let at = start
  while (bytes[at] !== 0x3a) at += 1
  return at + 1
}

const joined = (number: string, text: Buffer): Buffer => Buffer.concat([Buffer.from(`${number}:`), text])

export const enumCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'enum' || column.charset === null) return undefined
  const reader = charsetReader(column.charset)
  const numbers = new Map(membersOf(column.columnType).map((member, index) => [member, String(index + 1)]))
  const insert = (bytes: Buffer): string => {
    const { number, text } = partsOf(bytes)
    return number === '' ? reader.insert(text) : number
  }
  return plainCodec('text', insert, {
    read: (expression) => `CONCAT(${expression}+0, ':', ${reader.read(expression)})`,
    digest: (expression) => `(${expression}+0)`,
    encode: (bytes): Encoded => {
      const { number, text } = partsOf(bytes)
      if (number === '0') return inexact('', Buffer.alloc(0), invalid)
      return showText(reader.text(text), reader.stored(text))
    },
    // `0:` is the invalid one
    plain: plainText(true, (bytes, start) =>
      bytes[start] === 0x30 ? -1 : reader.textFrom(bytes, behindColon(bytes, start)),
    ),
    canonical: (bytes) => {
      const { number, text } = partsOf(bytes)
      return number === '0' ? '\0invalid' : reader.canonical(text)
    },
    bytes: (canonical) =>
      canonical === '\0invalid'
        ? Buffer.from('0:')
        : joined(numbers.get(canonical) ?? '', reader.fromText(canonical)),
    // An empty member is shown as it is; only number 0 stands aside with no bytes at all.
    fromExact: (exact) => (exact.length === 0 ? Buffer.from('0:') : joined('', reader.fromStored(exact))),
    insert,
    literal: insert,
    aside: [invalid, ...textAside(column.charset)],
  })
}

/** `+ 0` is a double on MySQL, which rounds the number of a SET of many members, and has a sign with 64 of them. */
const asWhole = (expression: string): string => `CAST(${expression} AS UNSIGNED)`

/** so many bits */
const exactInDouble = 53

export const setCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'set' || column.charset === null) return undefined
  const reader = charsetReader(column.charset)
  const members = membersOf(column.columnType)
  const bits = new Map(members.map((member, index) => [member, 1n << BigInt(index)]))
  /** The number whose text this is; a member '' makes some texts stand for two, of which this is one. */
  const numberOf = (text: string): string => {
    if (text === '') return '0'
    return text
      .split(',')
      .reduce((sum, member) => sum | (bits.get(member) ?? 0n), 0n)
      .toString()
  }
  const hasEmpty = members.includes('')
  const isAmbiguous = (bytes: Buffer): boolean => {
    if (!hasEmpty) return false
    const { number, text } = partsOf(bytes)
    return number !== numberOf(reader.text(text) ?? '')
  }
  const insert = (bytes: Buffer): string => {
    const { number, text } = partsOf(bytes)
    return number === '' ? reader.insert(text) : number
  }
  return plainCodec('text', insert, {
    read: (expression) => `CONCAT(${asWhole(expression)}, ':', ${reader.read(expression)})`,
    digest: asWhole,
    encode: (bytes): Encoded => {
      const { number, text } = partsOf(bytes)
      const shown = showText(reader.text(text), reader.stored(text))
      // Its number, in digits: what the column holds.
      return isAmbiguous(bytes) || shown.exact !== undefined
        ? inexact(shown.shown, Buffer.from(number), shown.exact?.reason ?? ambiguous)
        : shown
    },
    ...(hasEmpty
      ? {}
      : { plain: plainText(true, (bytes, start) => reader.textFrom(bytes, behindColon(bytes, start))) }),
    canonical: (bytes) => {
      const { number, text } = partsOf(bytes)
      return isAmbiguous(bytes) ? `\0${number}` : reader.canonical(text)
    },
    bytes: (canonical) => {
      if (hasEmpty && canonical.startsWith('\0')) return joined(canonical.slice(1), reader.fromText(''))
      const number = numberOf(canonical)
      const known = canonical.split(',').every((member) => member === '' || bits.has(member))
      return joined(known ? number : '', reader.fromText(canonical))
    },
    fromExact: (exact) => {
      const number = exact.toString('latin1')
      return /^\d+$/.test(number) ? joined(number, reader.fromText('')) : joined('', reader.fromText(number))
    },
    insert,
    // Beyond, comparisons go by the double, and of 64 members by a sign that the sort order does not know: no range can be told.
    ...(members.length <= exactInDouble ? { literal: insert } : {}),
    aside: [...textAside(column.charset), ambiguous],
  })
}
