/**
 * Keys and their identities as PostgreSQL can hold them. Pure.
 *
 * In a pack of row digests (row-pack.ts) most identities stand as their text; a long one is packed, hexadecimal digits as bytes and no
 * JSON around the parts; that of a row kept whole is its hash. The first byte tells which: UTF-8 has neither 0xFF nor 0xFE.
 *
 *   text                              → its UTF-8
 *   NUL and 64 digits (a whole row)   → 0xFF, the hash
 *   a long text                       → 0xFE, 0 (one part) or 1 (several), for each part: 0 text or 1 digits, length, bytes
 *
 * In `change.key` and `question.keys` PostgreSQL's text holds no NUL: see `escapeNul`.
 */
import { digestOfWholeRow, isWholeRowId, type KeyId, wholeRowId } from '../model.ts'

const wholeMark = 0xff
const packedMark = 0xfe
/** Beyond it an identity is packed; below it stays readable. */
export const plainKeyBytes = 1_000

const digits = /^\\x(?:[0-9a-f]{2})*$/

const packPart = (part: string): Buffer => {
  const isDigits = digits.test(part)
  const bytes = isDigits ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part, 'utf8')
  const head = Buffer.alloc(5)
  head.writeUInt8(isDigits ? 1 : 0)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

const partsOf = (id: KeyId): readonly string[] | undefined => {
  if (!id.startsWith('["')) return undefined
  try {
    const parsed: unknown = JSON.parse(id)
    const isList = Array.isArray(parsed) && parsed.every((part) => typeof part === 'string')
    // Only what is written back to the very same text may be packed as parts: the key may be a text that looks like some.
    return isList && JSON.stringify(parsed) === id ? parsed : undefined
  } catch {
    return undefined
  }
}

export const packKeyId = (id: KeyId): Buffer => {
  if (isWholeRowId(id)) return Buffer.concat([Buffer.from([wholeMark]), digestOfWholeRow(id)])
  const plain = Buffer.from(id, 'utf8')
  if (plain.length <= plainKeyBytes) return plain
  const parts = partsOf(id)
  const head = Buffer.from([packedMark, parts === undefined ? 0 : 1])
  return Buffer.concat([head, ...(parts ?? [id]).map(packPart)])
}

export const unpackKeyId = (bytes: Buffer): KeyId => {
  if (bytes[0] === wholeMark) return wholeRowId(bytes.subarray(1))
  if (bytes[0] !== packedMark) return bytes.toString('utf8')
  const parts: string[] = []
  for (let at = 2; at < bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1)
    const part = bytes.subarray(at + 5, end)
    parts.push(bytes[at] === 1 ? `\\x${part.toString('hex')}` : part.toString('utf8'))
    at = end
  }
  return bytes[1] === 1 ? JSON.stringify(parts) : (parts[0] ?? '')
}

const nulMark = '␀'

/**
 * A text that holds NUL, or begins with ␀ (U+2400), is written as ␀ and its characters, in which `\` is `\\` and NUL is
 * `\0`. Every other text stands as it is.
 */
export const escapeNul = (text: string): string =>
  text.includes('\0') || text.startsWith(nulMark)
    ? nulMark + text.replaceAll('\\', '\\\\').replaceAll('\0', '\\0')
    : text

export const unescapeNul = (text: string): string =>
  text.startsWith(nulMark)
    ? text.slice(1).replace(/\\(.)/gsu, (_, letter: string) => (letter === '0' ? '\0' : letter))
    : text
