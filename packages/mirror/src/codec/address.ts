/** MariaDB's UUID, INET4 and INET6. */
import { type Codec, type ColumnDefinition, plainCodec, plainText } from './codec.ts'

const literal = (bytes: Buffer): string => {
  const text = bytes.toString('latin1')
  if (!/^[\da-f.:-]+$/i.test(text)) throw new Error(`not an address or UUID: ${JSON.stringify(text)}`)
  return `'${text}'`
}

/** As text: MariaDB takes every value beside such a one for another address, and makes NULL of the mark of NULL. */
const digest = (column: string): string => `CAST(${column} AS CHAR)`

export const uuidCodec = (column: ColumnDefinition): Codec | undefined =>
  column.dataType === 'uuid'
    ? plainCodec('uuid', literal, { literal, digest, plain: plainText(false) })
    : undefined

/** Eight groups of a written IPv6 address, whatever was left out of it. */
const groupsOf = (text: string): readonly number[] => {
  const hexadecimal = text.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a: string, b: string, c: string, d: string) =>
      [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  )
  const [head = '', tail] = hexadecimal.split('::')
  const list = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const before = list(head)
  const after = tail === undefined ? [] : list(tail)
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...(tail === undefined ? [] : zeros), ...after].map((group) =>
    Number.parseInt(group, 16),
  )
}

/** One way of writing for each address (RFC 5952, with the last groups of a mapped IPv4 address as a quad). */
const printIpv6 = (groups: readonly number[]): string => {
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  const quad = [groups[6] ?? 0, groups[7] ?? 0].flatMap((group) => [group >> 8, group & 255]).join('.')
  if (isMapped) return `::ffff:${quad}`
  const text = groups.map((group) => group.toString(16)).join(':')
  const runs = Array.from(text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g))
  const [longest] = runs.sort((a, b) => b[0].length - a[0].length || a.index - b.index)
  if (longest === undefined) return text
  const head = text.slice(0, longest.index).replace(/:$/, '')
  const tail = text.slice(longest.index + longest[0].length).replace(/^:/, '')
  return `${head}::${tail}`
}

/**
 * As MariaDB itself prints it, and takes it into digests: the longest run of zeros is left out, be it a single one, and the last two groups
 * are a quad in what is IPv4 by its beginning (sql_type_inet.cc, Inet6::to_string).
 */
export const printInet6 = (text: string): string => {
  const groups = groupsOf(text)
  let [start, length] = [-1, 0]
  for (let at = 0; at < groups.length; at += 1) {
    let end = at
    while (groups[end] === 0) end += 1
    if (end - at > length) [start, length] = [at, end - at]
    at = end
  }
  const quad = [groups[6] ?? 0, groups[7] ?? 0].flatMap((group) => [group >> 8, group & 255]).join('.')
  if (start === 0 && length === 6) return `::${quad}`
  if (start === 0 && length === 5 && groups[5] === 0xffff) return `::ffff:${quad}`
  const words = groups.map((group) => group.toString(16))
  if (start < 0) return words.join(':')
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`
}

export const inetCodec = (column: ColumnDefinition): Codec | undefined => {
  if (column.dataType === 'inet4')
    return plainCodec('inet', literal, { literal, digest, plain: plainText(false) })
  if (column.dataType !== 'inet6') return undefined
  const even = (text: string): string => printIpv6(groupsOf(text))
  return plainCodec('inet', literal, {
    literal,
    digest,
    encode: (bytes) => ({ shown: even(bytes.toString('latin1')) }),
    canonical: (bytes) => even(bytes.toString('latin1')),
    decode: even,
  })
}
