/** Source rows → the values that travel on. */
import type { ExactPart, PlainText } from '../codec/index.ts'
import { MirrorError } from '../errors.ts'
import {
  type CanonicalKey,
  type KeyBytes,
  keyDigest,
  type KeyedDigest,
  type KeyId,
  isWholeRowId,
  keyIdOf,
  keyOfId,
  type MirrorRow,
  type RangeDigest,
  wholeRowId,
} from '../model.ts'
import type { SourceRow } from './connection.ts'
import { LastKey, type RowView } from './row-view.ts'
import type { SourceTable } from './tables.ts'

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

/** Longer ones are looked at more closely (`sourceKey`). */
const plainPartBytes = 1_000

/** The parts' canonical texts where they stand within the source's bytes; undefined: for `sourceKey` to tell. */
const plainParts = (plains: readonly (PlainText | undefined)[], row: RowView): string[] | undefined => {
  const { bytes, starts, ends } = row
  const parts: string[] = []
  for (let part = 0; part < plains.length; part += 1) {
    const plain = plains[part]
    const start = starts[part + 1] ?? -1
    const end = ends[part + 1] ?? 0
    if (plain === undefined || start < 0 || end - start > plainPartBytes / plains.length) return undefined
    const from = plain.from(bytes, start, end)
    if (from < 0) return undefined
    const text = bytes.toString(plain.free ? 'utf8' : 'latin1', from, end)
    // with U+FFFD it may be no text at all
    if (plain.free && /[\0\ufffd]/.test(text)) return undefined
    parts.push(text)
  }
  return parts
}

export interface KeyReader {
  /** Of a row of `keysSql` with its digest in digits. */
  read(row: RowView): { readonly id: KeyId; readonly digits: string }
  /** Source bytes of the key that was read last. */
  readonly last: KeyBytes
  /** Canonical strings of the key that was read last, whose identity is this. */
  key(id: KeyId): CanonicalKey
}

/** Reads what keysSql asks for, and makes of a row only what tells whether it differs. */
export const keyReader = (table: SourceTable): KeyReader => {
  const plains = table.key.map((index) => table.columns[index]?.codec.plain)
  const last = new LastKey(table.key.map((_, part) => part + 1))
  const idOf = (row: RowView): KeyId => {
    const parts = plainParts(plains, row)
    return parts === undefined ? sourceKey(table, last.bytes).id : keyIdOf(parts)
  }
  return {
    read: (row) => {
      last.keep(row)
      const start = row.starts[0] ?? -1
      if (start < 0) readDigest(table, null)
      return { id: idOf(row), digits: row.bytes.toString('latin1', start, row.ends[0]) }
    },
    get last() {
      return last.bytes
    },
    key: (id) => (isWholeRowId(id) ? sourceKey(table, last.bytes).key : keyOfId(id, table.key.length)),
  }
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

export const toMirrorRow = (table: SourceTable, row: SourceRow): MirrorRow => {
  checkSize(table, row)
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
