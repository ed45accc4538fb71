/**
 * The digest of every mirrored row, by segment: what the mirror believes that it holds. With it a differing segment
 * costs its keys and digests, not its rows, and deletes are found without ordering a key outside of the server that
 * owns it. One partition a table, so that a reload replaces it in one piece.
 */
import { ByteChunks } from '../byte-chunks.ts'
import { quotePostgres } from '../names.ts'
import type { KeyId } from '../model.ts'
import type { Target } from '../postgres.ts'
import { packKeyId, unpackKeyId } from './key-id.ts'

const partition = (tableId: number): string => `mirror.${quotePostgres(`row_state_${tableId}`)}`
const loading = (tableId: number): string => `mirror_load.${quotePostgres(`row_state_${tableId}`)}`

/** Digests are unsigned 64-bit numbers; bigint is signed: the same 64 bits. */
const signed = (digest: bigint): string => String(BigInt.asIntN(64, digest))
const unsigned = (text: string): bigint => BigInt.asUintN(64, BigInt(text))

/** A key's identity as it stands in the record: PostgreSQL's text of a bytea. */
const keyBytes = (id: KeyId): string => `\\x${packKeyId(id).toString('hex')}`

/** PostgreSQL's text of an array of values without quotes and commas: the driver takes twice as long over one. */
const arrayOf = <T>(entries: readonly T[], value: (entry: T) => string | number): string =>
  `{${entries.map(value).join(',')}}`
/** The same of keys, whose backslash is escaped there. */
const keysOf = (entries: readonly { readonly id: KeyId }[]): string =>
  arrayOf(entries, ({ id }) => `\\\\x${packKeyId(id).toString('hex')}`)
const keyOf = (text: string): KeyId => unpackKeyId(Buffer.from(text.slice(2), 'hex'))

/** Those of the identities that the record holds for the table. */
export const knownRowStates = async (
  target: Target,
  tableId: number,
  ids: readonly KeyId[],
): Promise<ReadonlySet<KeyId>> => {
  const rows = await target.rows(
    'SELECT key FROM mirror.row_state WHERE table_id = $1 AND key = ANY($2::bytea[])',
    [tableId, ids.map(keyBytes)],
  )
  return new Set(rows.map(([key]) => keyOf(key ?? '')))
}

/** The record says of these rows what cannot be: the next cycle writes them again. */
export const spoilRowStates = async (
  target: Target,
  tableId: number,
  ids: readonly KeyId[],
): Promise<void> => {
  await target.run(
    'UPDATE mirror.row_state SET digest = digest # 1 WHERE table_id = $1 AND key = ANY($2::bytea[])',
    [tableId, ids.map(keyBytes)],
  )
}

/** The segments that the record has these rows in. */
export const segmentsOfRows = async (
  target: Target,
  tableId: number,
  ids: readonly KeyId[],
): Promise<readonly number[]> => {
  const rows = await target.rows(
    'SELECT DISTINCT segment_id FROM mirror.row_state WHERE table_id = $1 AND key = ANY($2::bytea[])',
    [tableId, ids.map(keyBytes)],
  )
  return rows.map(([segment]) => Number(segment))
}

/** `place`: mirror_load while the table is being loaded and its digests are not part of the record yet. */
export const readRowStates = async (
  target: Target,
  tableId: number,
  segmentIds: readonly number[],
  place: 'mirror' | 'mirror_load' = 'mirror',
): Promise<Map<number, Map<KeyId, bigint>>> => {
  const relation = place === 'mirror' ? 'mirror.row_state' : loading(tableId)
  const rows = await target.rows(
    `SELECT segment_id, key, digest FROM ${relation} WHERE table_id = $1 AND segment_id = ANY($2::int[])`,
    [tableId, segmentIds],
  )
  const states = new Map<number, Map<KeyId, bigint>>(segmentIds.map((id) => [id, new Map()]))
  for (const [segment, key, digest] of rows) {
    states.get(Number(segment))?.set(keyOf(key ?? ''), unsigned(digest ?? '0'))
  }
  return states
}

/** Those of one segment, each in 16 hexadecimal digits. `place` as above. */
export const readRowDigests = async (
  target: Target,
  tableId: number,
  segmentId: number,
  place: 'mirror' | 'mirror_load',
): Promise<Map<KeyId, string>> => {
  const relation = place === 'mirror' ? 'mirror.row_state' : loading(tableId)
  // One text: as a message a row the driver takes longer over them than over all the rest of a comparison.
  const [row] = await target.rows(
    `SELECT string_agg(lpad(to_hex(digest), ${digestDigits}, '0') || encode(key, 'escape'), chr(255))
       FROM ${relation} WHERE table_id = $1 AND segment_id = $2`,
    [tableId, segmentId],
  )
  const states = new Map<KeyId, string>()
  for (const state of row?.[0]?.split(between) ?? [])
    states.set(keyOfEscaped(state.slice(digestDigits)), state.slice(0, digestDigits))
  return states
}

const digestDigits = 16

/** In PostgreSQL's escape form all beyond ASCII is digits, so that it stands for nothing else there. */
const between = '\u00ff'

const keyOfEscaped = (text: string): KeyId =>
  text.includes('\\')
    ? unpackKeyId(
        Buffer.from(
          text.replaceAll(/\\(\\|[0-7]{3})/g, (_, what: string) =>
            what === '\\' ? what : String.fromCharCode(Number.parseInt(what, 8)),
          ),
          'latin1',
        ),
      )
    : text

export interface RowStateEntry {
  readonly segment: number
  readonly id: KeyId
  readonly digest: bigint
}

export const putRowStates = async (
  target: Target,
  tableId: number,
  entries: readonly RowStateEntry[],
): Promise<void> => {
  if (entries.length === 0) return
  await target.run(
    `INSERT INTO mirror.row_state (table_id, segment_id, key, digest)
     SELECT $1, r.segment, r.key, r.digest FROM unnest($2::int[], $3::bytea[], $4::bigint[]) AS r(segment, key, digest)
     ON CONFLICT (table_id, segment_id, key) DO UPDATE SET digest = EXCLUDED.digest`,
    [
      tableId,
      arrayOf(entries, (entry) => entry.segment),
      keysOf(entries),
      arrayOf(entries, (entry) => signed(entry.digest)),
    ],
  )
}

export const dropRowStates = async (
  target: Target,
  tableId: number,
  entries: readonly { readonly segment: number; readonly id: KeyId }[],
): Promise<void> => {
  if (entries.length === 0) return
  await target.run(
    `DELETE FROM mirror.row_state AS s USING unnest($2::int[], $3::bytea[]) AS r(segment, key)
      WHERE s.table_id = $1 AND s.segment_id = r.segment AND s.key = r.key`,
    [tableId, arrayOf(entries, (entry) => entry.segment), keysOf(entries)],
  )
}

/** Rows that a divided segment gives to a new one. */
export const moveRowStates = async (
  target: Target,
  tableId: number,
  from: number,
  to: number,
  ids: readonly KeyId[],
): Promise<void> => {
  if (ids.length === 0) return
  await target.run(
    'UPDATE mirror.row_state SET segment_id = $3 WHERE table_id = $1 AND segment_id = $2 AND key = ANY($4::bytea[])',
    [tableId, from, to, ids.map(keyBytes)],
  )
}

/** All rows of a segment that becomes part of its neighbour. */
export const mergeRowStates = async (
  target: Target,
  tableId: number,
  from: number,
  to: number,
): Promise<void> => {
  await target.run('UPDATE mirror.row_state SET segment_id = $3 WHERE table_id = $1 AND segment_id = $2', [
    tableId,
    from,
    to,
  ])
}

export const beginRowStateLoad = async (target: Target, tableId: number): Promise<void> => {
  await target.run(`DROP TABLE IF EXISTS ${loading(tableId)}`)
  await target.run(`CREATE TABLE ${loading(tableId)} (LIKE mirror.row_state)`)
}

/** COPY's binary form: signature, flags, no extension; at the end a count of fields that no row has. */
const binaryHead = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const binaryEnd = Buffer.from([0xff, 0xff])

const put32 = (out: Buffer, at: number, value: number): number => {
  out[at] = value >>> 24
  out[at + 1] = value >>> 16
  out[at + 2] = value >>> 8
  out[at + 3] = value
  return at + 4
}

/** Digests as COPY takes them: in binary PostgreSQL's part costs a quarter less than in text, and a digest needs no digits. */
export class RowStateWriter {
  readonly #chunks = new ByteChunks()
  readonly #head = Buffer.alloc(10)

  constructor(tableId: number) {
    this.#chunks.push(binaryHead)
    // four fields; the first has four bytes
    this.#head.writeInt16BE(4, 0)
    this.#head.writeInt32BE(4, 2)
    this.#head.writeInt32BE(tableId, 6)
  }

  /** `key`: its first `length` bytes, packed (key-id.ts); the digest's upper and lower half, unsigned */
  add(segment: number, key: Buffer, length: number, high: number, low: number): void {
    const chunks = this.#chunks
    chunks.reserve(length + 34)
    const { bytes } = chunks
    const head = this.#head
    // byte by byte: a Buffer's own methods cost more than so few bytes
    let at = chunks.at
    for (let index = 0; index < head.length; index += 1) bytes[at + index] = head[index] ?? 0
    at = put32(bytes, at + head.length, 4)
    at = put32(bytes, at, segment)
    at = put32(bytes, at, length)
    for (let index = 0; index < length; index += 1) bytes[at + index] = key[index] ?? 0
    at = put32(bytes, at + length, 8)
    at = put32(bytes, at, high)
    chunks.at = put32(bytes, at, low)
  }

  take(): readonly Buffer[] {
    this.#chunks.push(binaryEnd)
    return this.#chunks.take()
  }
}

/** `states`: what a RowStateWriter has written */
export const copyRowStates = async (
  target: Target,
  tableId: number,
  states: readonly Buffer[],
): Promise<void> => {
  await target.copy(
    `COPY ${loading(tableId)} (table_id, segment_id, key, digest) FROM STDIN (FORMAT binary)`,
    states,
  )
}

export const areRowStatesKeyed = async (target: Target, tableId: number): Promise<boolean> => {
  const [row] = await target.rows(
    `SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '${loading(tableId)}'::regclass AND contype = 'p')`,
  )
  return row?.[0] === 't'
}

/** When all rows are there: the key that finds them. */
export const keyRowStates = async (target: Target, tableId: number): Promise<void> => {
  await target.run(`ALTER TABLE ${loading(tableId)} ADD PRIMARY KEY (table_id, segment_id, key)`)
  // The check spares ATTACH its own scan of all rows.
  await target.run(`ALTER TABLE ${loading(tableId)} ADD CHECK (table_id = ${tableId})`)
}

/** The loaded digests take the place of the former ones. */
export const attachRowStates = async (target: Target, tableId: number): Promise<void> => {
  await target.run(`DROP TABLE IF EXISTS ${partition(tableId)}`)
  await target.run(`ALTER TABLE ${loading(tableId)} SET SCHEMA mirror`)
  await target.run(
    `ALTER TABLE mirror.row_state ATTACH PARTITION ${partition(tableId)} FOR VALUES IN (${tableId})`,
  )
}

export const dropLoadedRowStates = async (target: Target, tableId: number): Promise<void> => {
  await target.run(`DROP TABLE IF EXISTS ${loading(tableId)}`)
}
