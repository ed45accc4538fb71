/** The values that travel from step to step of a cycle. Public answers are in types.ts. */
import type { ExactPart } from './codec/index.ts'

/** A key's source bytes, in key order. */
export type KeyBytes = readonly Buffer[]

/** A key's canonical strings, in key order. */
export type CanonicalKey = readonly string[]

/** A key as one string, unique within its table. */
export type KeyId = string

export const keyIdOf = (key: CanonicalKey): KeyId => (key.length === 1 ? (key[0] ?? '') : JSON.stringify(key))

export const keyOfId = (id: KeyId, width: number): CanonicalKey =>
  width === 1 ? [id] : (JSON.parse(id) as string[])

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

/** A row as the source lists it within a segment: its key and digest, nothing else. */
export interface KeyedDigest {
  readonly id: KeyId
  readonly key: CanonicalKey
  readonly bytes: KeyBytes
  readonly digest: bigint
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
}

/** What the server says about a table's last change. */
export interface TableHint {
  readonly updatedAt: string
  readonly createdAt: string
  /** the server's guess, as it prints it */
  readonly rows: string
  /** the last change was some seconds ago when this was read */
  readonly settled: boolean
}
