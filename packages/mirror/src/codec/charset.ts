/**
 * Character sets. The connection asks for UTF-8; what a column stores is another thing, and may say more.
 *
 * Of a few sets the conversion is known to be one to one; what stands in them may still be no text (utf8.ts), and is told by its
 * bytes then. Of all others (sjis, cp932, ucs2 …) two stored values may
 * give one text, or none (facts: digests). There the server converts back, and where that does not give what is
 * stored, or the text holds a NUL, the stored bytes travel: source bytes are `=text` or `!HEX:text`.
 */
import { isUtf8 } from 'node:buffer'
import { mysqlTextBytes } from '../names.ts'

// ascii is not among them: MariaDB lets bytes beyond 0x7F in, and prints a question mark for each.
const oneToOne = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'latin1'])

/** What windows-1252 has for 0x80 to 0x9F; MySQL's latin1 is that, and keeps the five unused bytes as they are. */
const latin1Upper = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009dž\u{178}'
const toLatin1 = new Map(Array.from(latin1Upper, (character, index) => [character, 0x80 + index]))

const encodeLatin1 = (text: string): Buffer =>
  Buffer.from(Array.from(text, (character) => toLatin1.get(character) ?? character.codePointAt(0) ?? 0))

const decodeLatin1 = (bytes: Buffer): string =>
  Array.from(bytes, (byte) =>
    byte >= 0x80 && byte <= 0x9f ? (latin1Upper[byte - 0x80] ?? '') : String.fromCharCode(byte),
  ).join('')

export interface CharsetReader {
  /** MySQL expression of the source bytes */
  readonly read: (column: string) => string
  /** True where the server could not convert the value, which is too long for its max_allowed_packet. */
  readonly isCut: (bytes: Buffer | null) => boolean
  /** source bytes → text; null where the server has none */
  readonly text: (bytes: Buffer) => string | null
  /** where the text begins in source bytes that begin at `start`; -1: its text does not say it all */
  readonly textFrom: (bytes: Buffer, start: number) => number
  /** source bytes → what is stored, where the text does not say it all; else undefined */
  readonly stored: (bytes: Buffer) => Buffer | undefined
  /** one string for one value: its text, or a NUL and the stored bytes in hex where the text does not say it all */
  readonly canonical: (bytes: Buffer) => string
  readonly fromText: (text: string) => Buffer
  readonly fromStored: (stored: Buffer) => Buffer
  /** MySQL expression of the value, in the column's own character set, without a collation of its own */
  readonly insert: (bytes: Buffer) => string
}

/** Before the hexadecimal digits of what is no text; a text that begins so is told in digits as well. */
const bytesMark = '\0utf8:'

const plainReader = (charset: string): CharsetReader => {
  const isLatin1 = charset === 'latin1'
  return {
    read: (column) => column,
    isCut: () => false,
    text: (bytes) => bytes.toString('utf8'),
    textFrom: (_, start) => start,
    stored: (bytes) => {
      if (isLatin1) return bytes.includes(0) ? encodeLatin1(bytes.toString('utf8')) : undefined
      return bytes.includes(0) || !isUtf8(bytes) ? bytes : undefined
    },
    canonical: (bytes) => {
      const text = bytes.toString('utf8')
      return isUtf8(bytes) && !text.startsWith(bytesMark) ? text : `${bytesMark}${bytes.toString('hex')}`
    },
    fromText: (text) =>
      text.startsWith(bytesMark)
        ? Buffer.from(text.slice(bytesMark.length), 'hex')
        : Buffer.from(text, 'utf8'),
    fromStored: (stored) => (isLatin1 ? Buffer.from(decodeLatin1(stored), 'utf8') : stored),
    insert: mysqlTextBytes,
  }
}

const sameAs = 0x3d // =
const keptAs = 0x21 // !
const cut = 0x3f // ?

/**
 * MariaDB converts half a surrogate pair to what is no UTF-8, and that back again. MySQL does not, and would give up on the
 * pattern with an error where a text is long: the comment is read by MariaDB alone.
 */
const halfPairs: Readonly<Record<string, string>> = {
  ucs2: '^(.{4})*D[89A-F]',
  utf32: '^(.{8})*0000D[89A-F]',
}

const checkedReader = (charset: string): CharsetReader => {
  /** @throws Error for bytes that no source sends: they may come from the target, and the digits enter SQL as they are */
  const hexOf = (bytes: Buffer): string => {
    const colon = bytes.indexOf(':')
    const digits = bytes.subarray(1, colon).toString('latin1')
    if (colon < 0 || !/^(?:[\dA-F]{2})*$/i.test(digits))
      throw new Error('not a text: no bytes in hex before a colon')
    return digits
  }
  return {
    read: (column) => {
      const converted = `CONVERT(${column} USING utf8mb4)`
      const back = `CAST(CONVERT(${converted} USING ${charset}) AS BINARY)`
      const whole = `IFNULL(${back} = CAST(${column} AS BINARY),0) AND LOCATE(x'00', CAST(${converted} AS BINARY)) = 0`
      const half = halfPairs[charset]
      const noHalf = half === undefined ? '' : ` /*M! AND HEX(${column}) NOT REGEXP '${half}' */`
      const read = `IF(${whole}${noHalf}, CONCAT('=',${converted}), CONCAT('!',HEX(${column}),':',IFNULL(${converted},'')))`
      // Beyond max_allowed_packet both are NULL, which the value is not.
      return `IFNULL(${read}, IF(${column} IS NULL, NULL, '?'))`
    },
    isCut: (bytes) => bytes?.[0] === cut,
    text: (bytes) => {
      if (bytes[0] !== keptAs) return bytes.subarray(1).toString('utf8')
      const text = bytes.subarray(bytes.indexOf(':') + 1)
      return text.length === 0 ? null : text.toString('utf8')
    },
    textFrom: (bytes, start) => (bytes[start] === sameAs ? start + 1 : -1),
    stored: (bytes) => (bytes[0] === keptAs ? Buffer.from(hexOf(bytes), 'hex') : undefined),
    canonical: (bytes) => (bytes[0] === keptAs ? `\0${hexOf(bytes)}` : bytes.toString('utf8').slice(1)),
    fromText: (text) => Buffer.from(text.startsWith('\0') ? `!${text.slice(1)}:` : `=${text}`, 'utf8'),
    fromStored: (stored) => Buffer.from(`!${stored.toString('hex').toUpperCase()}:`, 'latin1'),
    insert: (bytes) =>
      bytes[0] === keptAs
        ? `_${charset} x'${hexOf(bytes)}'`
        : `CONVERT(${mysqlTextBytes(bytes.subarray(1))} USING ${charset})`,
  }
}

/** A latin1 text, as it comes in UTF-8, as it is stored. */
export const latin1Bytes = (bytes: Buffer): Buffer => encodeLatin1(bytes.toString('utf8'))

export const charsetReader = (charset: string): CharsetReader => {
  if (!/^\w+$/.test(charset)) throw new Error(`not a character set: ${JSON.stringify(charset)}`)
  return oneToOne.has(charset) ? plainReader(charset) : checkedReader(charset)
}

/** False: a value may be kept by its stored bytes, and what `insert` gives brings a collation of its own. */
export const isOneToOne = (charset: string): boolean => oneToOne.has(charset)
