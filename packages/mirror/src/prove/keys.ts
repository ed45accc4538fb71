/** What a key is called on the way between the two sides: canonical strings, source bytes, an identity. */
import {
  type CanonicalKey,
  type KeyBytes,
  keyIdOf,
  type KeyRef,
  type MirrorRow,
  wholeRowId,
} from '../model.ts'
import type { PostgresRow } from '../postgres.ts'
import type { ExactRow } from '../record/exact-row.ts'
import type { SourceColumn, SourceTable } from '../source/tables.ts'

/** undefined: these bytes are no value of the column. Codecs throw at what no source sends. */
export const canonicalOf = (column: SourceColumn, bytes: Buffer): string | undefined => {
  try {
    column.codec.encode(bytes)
    return column.codec.canonical(bytes)
  } catch {
    return undefined
  }
}

/** The key under which a row stands in the mirror. */
export const keyOfMirrorRow = (table: SourceTable, row: PostgresRow): CanonicalKey =>
  table.key.map((index) => {
    const shown = row[index] ?? ''
    return table.columns[index]?.codec.decode(shown) ?? shown
  })

export const refOfRow = ({ id, key, bytes }: MirrorRow): KeyRef => ({ id, key, bytes, stray: false })

/** A key by its source bytes; what is no key of the table is told as bytes. */
export const canonicalKey = (table: SourceTable, key: KeyBytes): CanonicalKey =>
  key.map((bytes, position) => {
    const column = table.columns[table.key[position] ?? -1]
    const canonical = column === undefined ? undefined : canonicalOf(column, bytes)
    return canonical ?? `\\x${bytes.toString('hex')}`
  })

/** By the digest that it stands under, whether or not that is the digest of its key. */
export const refOfExactRow = (table: SourceTable, row: ExactRow): KeyRef => ({
  id: wholeRowId(row.digest),
  key: canonicalKey(table, row.key),
  bytes: row.key,
  stray: false,
})

export const refOfKey = (key: CanonicalKey, stray = false): KeyRef => ({
  id: keyIdOf(key),
  key,
  bytes: null,
  stray,
})

/**
 * The bytes of which a literal is made; undefined where the source cannot hold such a key at all: the target can hold more than the
 * source's type does, and whoever may write there may write anything. A literal is sent to the source only where it is one.
 */
export const literalBytes = (table: SourceTable, { key, bytes }: KeyRef): KeyBytes | undefined => {
  if ((bytes ?? key).length !== table.key.length) return undefined
  try {
    return table.key.map((index, position) => {
      const codec = table.columns[index]?.codec
      const part = bytes?.[position] ?? codec?.bytes(key[position] ?? '')
      if (part === undefined) throw new Error(`no column ${index}`)
      codec?.literal?.(part)
      return part
    })
  } catch {
    return undefined
  }
}
