/** Source rows → the values that travel on. */
import type { ExactPart } from '../codec/index.ts'
import { MirrorError } from '../errors.ts'
import { type KeyBytes, type KeyedDigest, keyIdOf, type MirrorRow, type RangeDigest } from '../model.ts'
import type { SourceRow } from './connection.ts'
import type { SourceTable } from './tables.ts'

const readDigest = (table: SourceTable, bytes: Buffer | null | undefined): bigint => {
  // NULL would mean that the server gave up on the row's text: then no digest of this table can be trusted.
  if (bytes === null || bytes === undefined) {
    throw new MirrorError('MIRROR_1008', {
      table: table.name,
      detail: 'a row is too wide for max_allowed_packet on the source, so that it has no digest',
    })
  }
  return BigInt(bytes.toString('latin1'))
}

const canonicalKey = (table: SourceTable, bytes: KeyBytes): readonly string[] =>
  table.key.map((index, position) => {
    const codec = table.columns[index]?.codec
    const part = bytes[position]
    if (codec === undefined || part === undefined) throw new Error(`no key column ${index} in ${table.name}`)
    // A key that PostgreSQL cannot hold as it is cannot be found again there.
    const encoded = codec.encode(part)
    if (encoded.exact !== undefined) {
      throw new MirrorError('MIRROR_2007', { table: table.name, detail: encoded.exact.reason })
    }
    return codec.canonical(part)
  })

export const toKeyedDigest = (table: SourceTable, row: SourceRow): KeyedDigest => {
  const bytes = row.slice(1).map((part) => part ?? Buffer.alloc(0))
  const key = canonicalKey(table, bytes)
  return { id: keyIdOf(key), key, bytes, digest: readDigest(table, row[0]) }
}

export const toMirrorRow = (table: SourceTable, row: SourceRow): MirrorRow => {
  const exact = new Map<number, ExactPart>()
  const shown: (string | null)[] = []
  const canonical: (string | null)[] = []
  for (const [index, column] of table.columns.entries()) {
    const bytes = row[index + 1] ?? null
    if (bytes === null) {
      shown.push(null)
      canonical.push(null)
      continue
    }
    const encoded = column.codec.encode(bytes)
    if (encoded.exact !== undefined) exact.set(index, encoded.exact)
    shown.push(encoded.shown)
    canonical.push(column.codec.canonical(bytes))
  }
  const bytes = table.key.map((index) => row[index + 1] ?? Buffer.alloc(0))
  const key = canonicalKey(table, bytes)
  return { id: keyIdOf(key), key, bytes, digest: readDigest(table, row[0]), shown, canonical, exact }
}

export const toRangeDigest = (row: SourceRow | undefined): RangeDigest => ({
  rows: Number(row?.[1]?.toString('latin1') ?? '0'),
  digest: BigInt(row?.[2]?.toString('latin1') ?? '0'),
})

/** What rows weigh, in bytes as the source sent them. */
export const bytesOf = (rows: readonly SourceRow[]): number =>
  rows.reduce((sum, row) => sum + row.reduce((width, field) => width + (field?.length ?? 1), 0), 0)
