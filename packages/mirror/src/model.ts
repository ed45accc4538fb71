/** The values that travel from step to step of a cycle. Public answers are in types.ts. */
import { createHash } from 'node:crypto'
import type { ExactPart } from './codec/index.ts'

/** A key's source bytes, in key order. */
export type KeyBytes = readonly Buffer[]

/** A key's canonical strings, in key order. */
export type CanonicalKey = readonly string[]

/** A key as one string, unique within its table. */
export type KeyId = string

/**
 * The identity of a row that is kept whole in mirror.exact_row, since PostgreSQL cannot hold its key: a hash of the key's
 * source bytes, whatever they are. A key that PostgreSQL holds never begins with NUL, so that the two cannot meet.
 */
export const wholeRowId = (digest: Buffer): KeyId => `\0${digest.toString('hex')}`
export const isWholeRowId = (id: KeyId): boolean => id.startsWith('\0')
export const digestOfWholeRow = (id: KeyId): Buffer => Buffer.from(id.slice(1), 'hex')

/** The same text in memory of its own. One that was cut out of a pack keeps all of it, for as long as it is kept itself (record/row-pack.ts). */
export const ownKeyId = (id: KeyId): KeyId => Buffer.from(id, 'utf8').toString('utf8')

/** SHA-256 over a key's source bytes, each part after its length (four bytes, the highest first). */
export const keyDigest = (key: KeyBytes): Buffer => {
  const hash = createHash('sha256')
  for (const part of key) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    hash.update(length).update(part)
  }
  return hash.digest()
}

export const keyIdOf = (key: CanonicalKey): KeyId => (key.length === 1 ? (key[0] ?? '') : JSON.stringify(key))

export const keyOfId = (id: KeyId, width: number): CanonicalKey =>
  width === 1 ? [id] : (JSON.parse(id) as string[])

/** A row as questions and answers about it name it. */
export interface KeyRef {
  readonly id: KeyId
  readonly key: CanonicalKey
  /** the key's source bytes, where they are known; a mirrored row knows its canonical strings alone */
  readonly bytes: KeyBytes | null
  /** found in mirror.exact_value and nowhere else: it may be no key of this table at all */
  readonly stray: boolean
}

/** A primary-key range of a table: from `low` (null: from the start) to the next segment's `low`. */
export interface Segment {
  readonly id: number
  readonly low: KeyBytes | null
  readonly rows: number
  /** sum of the rows' digests */
  readonly digest: bigint
}

export interface RangeDigest {
  readonly rows: number
  readonly digest: bigint
}

/** A row's digest in 16 hexadecimal digits: compared as it comes from either side, and a number only where it differs. */
export type DigestDigits = string

/** A row as the source lists it within a segment: its key and digest, nothing else. */
export interface KeyedDigest {
  readonly id: KeyId
  readonly key: CanonicalKey
  readonly bytes: KeyBytes
  readonly digest: bigint
}

/** What is kept of a row whose key PostgreSQL cannot hold: every column's source bytes, and why. */
export interface WholeRow {
  readonly values: readonly (Buffer | null)[]
  readonly reason: string
}

/** A whole row of the source, already in PostgreSQL's text. */
export interface MirrorRow {
  readonly id: KeyId
  readonly key: CanonicalKey
  readonly bytes: KeyBytes
  readonly digest: bigint
  /** one per column; null is NULL, or what PostgreSQL's type cannot show at all */
  readonly shown: readonly (string | null)[]
  /** canonical strings, one per column; null is NULL */
  readonly canonical: readonly (string | null)[]
  /** by column position; only for values that PostgreSQL's type cannot hold */
  readonly exact: ReadonlyMap<number, ExactPart>
  /** null: the row stands in the mirrored table; else in mirror.exact_row, and there alone */
  readonly whole: WholeRow | null
}

/** What the server says about a table's last change. */
export interface TableHint {
  readonly updatedAt: string
  readonly createdAt: string
  /** the server's guess, as it prints it */
  readonly rows: string
  /** the last change was some seconds ago when this was read */
  readonly settled: boolean
  /** when this was read, in ms: by the server's clock, and by one of this process that nobody can set */
  readonly read: { readonly there: number; readonly here: number }
}

/** A column as its table was loaded: the source's words, and what its values became. */
export interface KeptColumn {
  readonly name: string
  /** as the source declares it: varchar(40), int unsigned */
  readonly type: string
  readonly nullable: boolean
  /** null for what is no text */
  readonly charset: string | null
  readonly collation: string | null
  readonly postgres: string
  /** how a value is read and enters the digest: while it is the same, equal digests are equal values */
  readonly reading: string
}

export interface KeptIndex {
  readonly name: string
  readonly columns: readonly string[]
}

/** A table's definition, as its copy follows it. */
export interface KeptDefinition {
  /** column names, in the source's order */
  readonly columns: readonly string[]
  /** absent in records of an older version */
  readonly details?: {
    readonly columns: readonly KeptColumn[]
    /** names, in key order; empty without a key */
    readonly key: readonly string[]
    readonly indexes: readonly KeptIndex[]
  }
}
