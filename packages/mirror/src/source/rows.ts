/** Source rows → the values that travel on. */
import type { ExactPart } from '../codec/index.ts'
import { MirrorError } from '../errors.ts'
import {
  type CanonicalKey,
  type KeyBytes,
  keyDigest,
  type KeyedDigest,
  type KeyId,
  keyIdOf,
  type MirrorRow,
  type RangeDigest,
  wholeRowId,
} from '../model.ts'
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

/**
 * A B-tree entry of PostgreSQL holds 2,704 bytes, its header included. A key that is longer as it stands there is not
 * held; what compression might still make of it is left out of account, so that the length alone decides.
 */
const indexableBytes = 2_600
/** Length and alignment of a value within the entry. */
const perPart = 8

const indexedBytes = (postgresType: string, shown: string): number =>
  postgresType === 'bytea' ? (shown.length - 2) / 2 : Buffer.byteLength(shown)

export interface SourceKey {
  readonly id: KeyId
  readonly key: CanonicalKey
  /** why PostgreSQL cannot hold the key; null where it can */
  readonly reason: string | null
}

/** What a key is here, told by its value alone: one odd key stops neither its table nor another row. */
export const sourceKey = (table: SourceTable, bytes: KeyBytes): SourceKey => {
  const key: string[] = []
  let reason: string | null = null
  let size = 0
  for (const [position, index] of table.key.entries()) {
    const column = table.columns[index]
    const part = bytes[position]
    if (column === undefined || part === undefined) throw new Error(`no key column ${index} in ${table.name}`)
    const encoded = column.codec.encode(part)
    key.push(column.codec.canonical(part))
    if (encoded.exact !== undefined || encoded.shown === null)
      reason ??= `${column.name} ${encoded.exact?.reason ?? 'has no counterpart in PostgreSQL'}`
    else size += perPart + indexedBytes(column.codec.postgresType, encoded.shown)
  }
  if (size > indexableBytes) reason ??= `the key has ${size} bytes, more than an index of PostgreSQL takes`
  return { id: reason === null ? keyIdOf(key) : wholeRowId(keyDigest(bytes)), key, reason }
}

export const toKeyedDigest = (table: SourceTable, row: SourceRow): KeyedDigest => {
  const bytes = row.slice(1).map((part) => part ?? Buffer.alloc(0))
  const { id, key } = sourceKey(table, bytes)
  return { id, key, bytes, digest: readDigest(table, row[0]) }
}

export const toMirrorRow = (table: SourceTable, row: SourceRow): MirrorRow => {
  const exact = new Map<number, ExactPart>()
  const shown: (string | null)[] = []
  for (const [index, column] of table.columns.entries()) {
    const bytes = row[index + 1] ?? null
    const value = bytes === null ? { shown: null } : column.codec.encode(bytes)
    if ('exact' in value && value.exact !== undefined) exact.set(index, value.exact)
    shown.push(value.shown)
  }
  const bytes = table.key.map((index) => row[index + 1] ?? Buffer.alloc(0))
  const { id, key, reason } = sourceKey(table, bytes)
  const whole = reason === null ? null : { reason, values: row.slice(1) }
  return {
    id,
    key,
    bytes,
    digest: readDigest(table, row[0]),
    shown,
    // only the ledger asks: a load of a million rows does not
    get canonical() {
      return table.columns.map((column, index) => {
        const value = row[index + 1] ?? null
        return value === null ? null : column.codec.canonical(value)
      })
    },
    exact,
    whole,
  }
}

export const toRangeDigest = (row: SourceRow | undefined): RangeDigest => ({
  rows: Number(row?.[1]?.toString('latin1') ?? '0'),
  digest: BigInt(row?.[2]?.toString('latin1') ?? '0'),
})
