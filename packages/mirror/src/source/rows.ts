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
import type { SourceColumn, SourceTable } from './tables.ts'

const readDigest = (table: SourceTable, bytes: Buffer | null | undefined): bigint => {
  // NULL would mean that the server gave up on the row's text: then no digest of this table can be trusted.
  if (bytes === null || bytes === undefined) {
    throw new MirrorError('MIRROR_2010', {
      table: table.name,
      detail: 'it is too wide for max_allowed_packet on the source, so that it has no digest',
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

/**
 * What a row may hold. Bytes travel as hexadecimal digits, a row in one string, and a string of Node ends at 512 MiB; the
 * ledger keeps a row twice.
 */
const mostRowBytes = 100 * 2 ** 20

/** Throws MIRROR_2010: one row that cannot be carried refuses its table, and stops no other. */
const checkSize = (table: SourceTable, row: SourceRow): void => {
  const size = row.reduce((sum, field) => sum + (field?.length ?? 0), 0)
  const column = table.columns.find(({ codec }, index) => codec.isCut(row[index + 1] ?? null))
  if (size <= mostRowBytes && column === undefined) return
  const detail =
    column === undefined
      ? `it has ${Math.round(size / 2 ** 20)} MiB, more than ${mostRowBytes / 2 ** 20}`
      : `${column.name} is too long for max_allowed_packet on the source to be converted`
  throw new MirrorError('MIRROR_2010', { table: table.name, detail })
}

/** One column's source bytes as it travels on. */
const toValue = (
  column: SourceColumn,
  bytes: Buffer | null,
): { readonly shown: string | null; readonly canonical: string | null; readonly exact?: ExactPart } =>
  bytes === null
    ? { shown: null, canonical: null }
    : { ...column.codec.encode(bytes), canonical: column.codec.canonical(bytes) }

export const toMirrorRow = (table: SourceTable, row: SourceRow): MirrorRow => {
  checkSize(table, row)
  const exact = new Map<number, ExactPart>()
  const shown: (string | null)[] = []
  const canonical: (string | null)[] = []
  for (const [index, column] of table.columns.entries()) {
    const value = toValue(column, row[index + 1] ?? null)
    if (value.exact !== undefined) exact.set(index, value.exact)
    shown.push(value.shown)
    canonical.push(value.canonical)
  }
  const bytes = table.key.map((index) => row[index + 1] ?? Buffer.alloc(0))
  const { id, key, reason } = sourceKey(table, bytes)
  const whole = reason === null ? null : { reason, values: row.slice(1) }
  return { id, key, bytes, digest: readDigest(table, row[0]), shown, canonical, exact, whole }
}

export const toRangeDigest = (row: SourceRow | undefined): RangeDigest => ({
  rows: Number(row?.[1]?.toString('latin1') ?? '0'),
  digest: BigInt(row?.[2]?.toString('latin1') ?? '0'),
})
