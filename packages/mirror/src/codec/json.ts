/**
 * JSON of MySQL → jsonb. (MariaDB's JSON is LONGTEXT, keeps the text that was written, and never comes here.)
 *
 * Both keep a document normalised: keys by length, then bytes; the same blanks. They differ in numbers (jsonb writes
 * 1e20 in full and has no -0.0). So a document is read token by token and printed as jsonb would: where that is the
 * source's own text, byte for byte, PostgreSQL holds it; else the text stands aside and what jsonb makes of it is shown.
 */
import { mysqlTextBytes } from '../names.ts'
import { type Codec, type ColumnDefinition, inexact, plainCodec } from './codec.ts'

const otherwise = 'is printed otherwise by jsonb'
const holdsNul = 'holds a NUL character, which jsonb cannot'
const notRead = 'is no JSON that jsonb could take'

/** What PostgreSQL's numeric prints for a JSON number: no exponent, no negative zero, all digits kept. */
const printNumber = (token: string): string => {
  const [, sign = '', whole = '0', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? []
  const shift = Number(exponent)
  const digits = whole + fraction
  const point = whole.length + shift
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0')
  const at = Math.max(point, 1)
  const scale = Math.max(0, fraction.length - shift)
  const integer = padded.slice(0, at).replace(/^0+(?=\d)/, '')
  const rest = padded.slice(at).slice(0, scale).padEnd(scale, '0')
  const text = scale === 0 ? integer : `${integer}.${rest}`
  return /[1-9]/.test(text) ? sign + text : text
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
}

const printString = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- control characters are what is escaped
  `"${text.replace(/["\\\u0000-\u001f]/g, (character) => shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`

const tokens =
  /\s*(?:("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|([[\]{}:,]))/suy

class NotJson extends Error {}

/** Recursive, as deep as the document; MySQL's end at a depth of 100. */
class Printer {
  readonly #text: string
  #at = 0
  holdsNul = false

  constructor(text: string) {
    this.#text = text
  }

  print(): string {
    const printed = this.#value(this.#next())
    if (this.#text.slice(this.#at).trim() !== '') throw new NotJson()
    return printed
  }

  #next(): RegExpExecArray {
    tokens.lastIndex = this.#at
    const token = tokens.exec(this.#text)
    if (token === null) throw new NotJson()
    this.#at = tokens.lastIndex
    return token
  }

  #string(token: string): string {
    const text = JSON.parse(token) as string
    if (text.includes('\0')) this.holdsNul = true
    return text
  }

  #value(token: RegExpExecArray): string {
    const [, string, number, word, sign] = token
    if (string !== undefined) return printString(this.#string(string))
    if (number !== undefined) return printNumber(number)
    if (word !== undefined) return word
    if (sign === '[') return this.#array()
    if (sign === '{') return this.#object()
    throw new NotJson()
  }

  #array(): string {
    const items: string[] = []
    let token = this.#next()
    if (token[4] === ']') return '[]'
    for (;;) {
      items.push(this.#value(token))
      token = this.#next()
      if (token[4] === ']') return `[${items.join(', ')}]`
      if (token[4] !== ',') throw new NotJson()
      token = this.#next()
    }
  }

  #object(): string {
    const members = new Map<string, string>()
    let token = this.#next()
    if (token[4] === '}') return '{}'
    for (;;) {
      if (token[1] === undefined) throw new NotJson()
      const key = this.#string(token[1])
      if (this.#next()[4] !== ':') throw new NotJson()
      members.set(key, this.#value(this.#next()))
      token = this.#next()
      if (token[4] === '}') break
      if (token[4] !== ',') throw new NotJson()
      token = this.#next()
    }
    const sorted = [...members]
      .map(([key, value]) => ({ key, bytes: Buffer.from(key, 'utf8'), value }))
      .sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes))
    return `{${sorted.map(({ key, value }) => `${printString(key)}: ${value}`).join(', ')}}`
  }
}

/** jsonb's own text of a document, or null where jsonb cannot take it. */
export const printJsonb = (text: string): { readonly printed: string | null; readonly reason: string } => {
  try {
    const printer = new Printer(text)
    const printed = printer.print()
    return printer.holdsNul ? { printed: null, reason: holdsNul } : { printed, reason: otherwise }
  } catch (error) {
    if (error instanceof NotJson || error instanceof SyntaxError) return { printed: null, reason: notRead }
    throw error
  }
}

export const jsonCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType !== 'json') return undefined
  return plainCodec('jsonb', mysqlTextBytes, {
    selfDelimiting: false,
    digest: (expression) => `CAST(${expression} AS BINARY)`,
    encode: (bytes) => {
      const { printed, reason } = printJsonb(bytes.toString('utf8'))
      if (printed !== null && Buffer.from(printed, 'utf8').equals(bytes)) return { shown: printed }
      return inexact(printed, bytes, reason)
    },
    aside: [otherwise, holdsNul],
  })
}
