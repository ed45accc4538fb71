/**
 * The digest of every mirrored row, by segment: what the mirror believes that it holds. With it a differing segment
 * costs its keys and digests, not its rows, and deletes are found without ordering a key outside of the server that
 * owns it.
 *
 * A segment's digests stand in packs (row-pack.ts), applied in the order in which they were written. A load writes one a segment and
 * statement; a cycle adds one to each segment that it touches; where the added ones have become many or large, all become one (0068).
 * Those of a load that is not in its place yet stand under the table's number with a minus before it.
 */
import { type DigestDigits, type KeyId, ownKeyId } from '../model.ts'
import type { PostgresRow, Target } from '../postgres.ts'
import { applyPack, type PackEntry, packEntries } from './row-pack.ts'

/** A step of upgrades.ts. What stood in mirror.row_state, a row each, becomes packs; the tables themselves go later (former-row-state.ts). */
export const rowPackSchema = `
CREATE TABLE mirror.row_pack (
  table_id integer NOT NULL,
  segment_id integer NOT NULL,
  part bigint GENERATED ALWAYS AS IDENTITY,
  -- keys and digests; a later part says what is true of a row
  entries bytea NOT NULL,
  PRIMARY KEY (table_id, segment_id, part)
);
-- digests are noise: trying to compress them costs a load more than writing them
ALTER TABLE mirror.row_pack ALTER COLUMN entries SET STORAGE EXTERNAL;
INSERT INTO mirror.row_pack (table_id, segment_id, entries)
  SELECT table_id, segment_id, string_agg(int2send(length(key)::smallint) || key || int8send(digest), ''::bytea)
    FROM mirror.row_state GROUP BY table_id, segment_id;
-- a load under way begins again
UPDATE mirror.load_state SET fingerprint = 'distrusted';
`

const pack = 'mirror.row_pack'

type Place = 'mirror' | 'mirror_load'

/** Under which number the digests of a load stand until it is in its place. */
export const loadingNumber = (tableId: number): number => -tableId

const numberAt = (place: Place, tableId: number): number =>
  place === 'mirror' ? tableId : loadingNumber(tableId)

/** Digests are unsigned 64-bit numbers. */
const numberOf = (digits: DigestDigits): bigint => BigInt(`0x${digits}`)

/** Of packs, those that are held at once: text of twice as many, and the keys. Short keys make 32 KB a segment, the longest 6 MB. */
const bytesAtOnce = 1_000_000

/** Segments that are read at once. `rows`: the number of each, and the bytes of its packs. */
const batchesOf = (rows: readonly PostgresRow[]): readonly (readonly number[])[] => {
  const batches: number[][] = []
  let held = Number.POSITIVE_INFINITY
  for (const [id, bytes] of rows) {
    if (held + Number(bytes) > bytesAtOnce) {
      batches.push([])
      held = 0
    }
    held += Number(bytes)
    batches.at(-1)?.push(Number(id))
  }
  return batches
}

/** Segment after segment; those without a pack are left out. */
export async function* eachSegment(
  target: Target,
  tableId: number,
): AsyncGenerator<readonly [number, Map<KeyId, DigestDigits>]> {
  const rows = await target.rows(
    `SELECT segment_id, sum(length(entries)) FROM ${pack} WHERE table_id = $1 GROUP BY segment_id ORDER BY segment_id`,
    [tableId],
  )
  for (const ids of batchesOf(rows)) yield* await readSegments(target, tableId, ids)
}

const readSegments = async (
  target: Target,
  tableNumber: number,
  segmentIds: readonly number[],
): Promise<Map<number, Map<KeyId, DigestDigits>>> => {
  const rows = await target.rows(
    `SELECT segment_id, entries FROM ${pack} WHERE table_id = $1 AND segment_id = ANY($2::int[]) ORDER BY part`,
    [tableNumber, segmentIds],
  )
  const states = new Map<number, Map<KeyId, DigestDigits>>(segmentIds.map((id) => [id, new Map()]))
  for (const [segment, entries] of rows) {
    const found = states.get(Number(segment))
    if (found !== undefined) applyPack(found, entries ?? '\\x')
  }
  return states
}

/**
 * Where the record has those of the identities that it holds, and with which digest. It reads all packs of the table, once: ask for all
 * that are wanted; whether any row of a whole table is recorded: recorded-keys.ts.
 */
export const findRowStates = async (
  target: Target,
  tableId: number,
  ids: readonly KeyId[],
): Promise<ReadonlyMap<KeyId, RowStateEntry>> => {
  const found = new Map<KeyId, RowStateEntry>()
  const wanted = new Set(ids)
  if (wanted.size === 0) return found
  for await (const [segment, states] of eachSegment(target, tableId)) {
    // each once for a whole table, whichever of the two are more
    for (const id of states.size < wanted.size ? states.keys() : wanted) {
      const digits = states.get(id)
      if (digits === undefined || !wanted.has(id)) continue
      wanted.delete(id)
      const own = ownKeyId(id)
      found.set(own, { segment, id: own, digest: numberOf(digits) })
    }
    if (wanted.size === 0) break
  }
  return found
}

/** The record says of these rows what cannot be: the next cycle writes them again. */
export const spoilRowStates = async (
  target: Target,
  tableId: number,
  found: readonly RowStateEntry[],
): Promise<void> =>
  putRowStates(
    target,
    tableId,
    found.map((entry) => ({ ...entry, digest: entry.digest ^ 1n })),
  )

/** `place`: mirror_load while the table is being loaded and its digests are not part of the record yet. */
export const readRowStates = async (
  target: Target,
  tableId: number,
  segmentIds: readonly number[],
  place: Place = 'mirror',
): Promise<Map<number, Map<KeyId, bigint>>> => {
  const found = await readSegments(target, numberAt(place, tableId), segmentIds)
  return new Map(
    [...found].map(([segment, states]) => [
      segment,
      new Map([...states].map(([id, digits]) => [id, numberOf(digits)])),
    ]),
  )
}

/** Those of one segment, each in 16 hexadecimal digits. `place` as above. */
export const readRowDigests = async (
  target: Target,
  tableId: number,
  segmentId: number,
  place: Place,
): Promise<Map<KeyId, DigestDigits>> =>
  (await readSegments(target, numberAt(place, tableId), [segmentId])).get(segmentId) ?? new Map()

export interface RowStateEntry {
  readonly segment: number
  readonly id: KeyId
  readonly digest: bigint
}

/** One pack more for each segment of the entries. */
const append = async (
  target: Target,
  tableId: number,
  entries: readonly (PackEntry & { readonly segment: number })[],
): Promise<void> => {
  if (entries.length === 0) return
  const bySegment = new Map<number, PackEntry[]>()
  for (const entry of entries) {
    const some = bySegment.get(entry.segment)
    if (some === undefined) bySegment.set(entry.segment, [entry])
    else some.push(entry)
  }
  await insertPacks(
    target,
    tableId,
    [...bySegment].map(([segment, some]) => [segment, packEntries(some)]),
  )
}

const insertPacks = async (
  target: Target,
  tableId: number,
  packs: readonly (readonly [segment: number, entries: Buffer])[],
): Promise<void> => {
  await target.run(
    `INSERT INTO ${pack} (table_id, segment_id, entries)
     SELECT $1, p.segment, p.entries FROM unnest($2::int[], $3::bytea[]) AS p(segment, entries)`,
    [
      tableId,
      packs.map(([segment]) => segment),
      // as text without quotes: the driver takes twice as long over an array of Buffers
      `{${packs.map(([, entries]) => `\\\\x${entries.toString('hex')}`).join(',')}}`,
    ],
  )
}

export const putRowStates = async (
  target: Target,
  tableId: number,
  entries: readonly RowStateEntry[],
): Promise<void> => append(target, tableId, entries)

export const dropRowStates = async (
  target: Target,
  tableId: number,
  entries: readonly { readonly segment: number; readonly id: KeyId }[],
): Promise<void> =>
  append(
    target,
    tableId,
    entries.map(({ segment, id }) => ({ segment, id, digest: null })),
  )

/** Rows that a divided segment gives to a new one. */
export const moveRowStates = async (
  target: Target,
  tableId: number,
  from: number,
  to: number,
  ids: readonly KeyId[],
): Promise<void> => {
  const states = await readRowDigests(target, tableId, from, 'mirror')
  const moved = ids.flatMap((id) => {
    const digits = states.get(id)
    return digits === undefined ? [] : [{ id, digest: numberOf(digits) }]
  })
  await append(target, tableId, [
    ...moved.map(({ id }) => ({ segment: from, id, digest: null })),
    ...moved.map((entry) => ({ segment: to, ...entry })),
  ])
}

/** All rows of a segment that becomes part of its neighbour. */
export const mergeRowStates = async (
  target: Target,
  tableId: number,
  from: number,
  to: number,
): Promise<void> => {
  // What is true of the one goes behind all that was said of the other: a row that went from there to here is gone there.
  const states = await readRowDigests(target, tableId, from, 'mirror')
  await append(
    target,
    tableId,
    [...states].map(([id, digits]) => ({ segment: to, id, digest: numberOf(digits) })),
  )
  await target.run(`DELETE FROM ${pack} WHERE table_id = $1 AND segment_id = $2`, [tableId, from])
}

/**
 * A segment with more packs, or with more bytes in those beside its largest, is folded: to read it costs half as much again at most, and
 * folding at most twice what the changes themselves write. Below the least size nothing is gained.
 */
const mostParts = 256
const mostShare = 0.5
const leastBytes = 4_096

/** To count a segment's packs costs as much as some changes: with one change it is looked at one time in so many, by chance. */
const changesPerLook = 16

/**
 * All packs of a segment become one where they are too many or too large, in the transaction that added some. `touched`: by segment, the
 * rows of which something was added.
 */
export const foldRowStates = async (
  target: Target,
  tableId: number,
  touched: ReadonlyMap<number, number>,
): Promise<void> => {
  const looked = [...touched]
    .filter(([, changes]) => changes > Math.random() * changesPerLook)
    .map(([segment]) => segment)
  if (looked.length === 0) return
  const rows = await target.rows(
    `SELECT segment_id, sum(length(entries)) FROM ${pack} WHERE table_id = $1 AND segment_id = ANY($2::int[]) GROUP BY segment_id
     HAVING count(*) > ${mostParts}
         OR sum(length(entries)) - max(length(entries)) > greatest(${leastBytes}, ${mostShare} * max(length(entries)))`,
    [tableId, looked],
  )
  for (const ids of batchesOf(rows)) {
    const states = await readSegments(target, tableId, ids)
    await target.run(`DELETE FROM ${pack} WHERE table_id = $1 AND segment_id = ANY($2::int[])`, [
      tableId,
      ids,
    ])
    await append(
      target,
      tableId,
      [...states].flatMap(([segment, digests]) =>
        [...digests].map(([id, digits]) => ({ segment, id, digest: numberOf(digits) })),
      ),
    )
  }
}

/** Nothing of an earlier load is left. */
export const beginRowStateLoad = async (target: Target, tableId: number): Promise<void> =>
  forgetRowStates(target, loadingNumber(tableId))

/** `packs`: what a PackWriter with the loading number has written */
export const copyRowStates = async (target: Target, packs: readonly Buffer[]): Promise<void> => {
  await target.copy(`COPY ${pack} (table_id, segment_id, entries) FROM STDIN (FORMAT binary)`, packs)
}

/** The loaded digests take the place of the former ones. */
export const attachRowStates = async (target: Target, tableId: number): Promise<void> => {
  await forgetRowStates(target, tableId)
  // the packs themselves stay where they are
  await target.run(`UPDATE ${pack} SET table_id = $1 WHERE table_id = $2`, [tableId, loadingNumber(tableId)])
}

/** `tableNumber`: as in the record, or that of its load */
export const forgetRowStates = async (target: Target, tableNumber: number): Promise<void> => {
  await target.run(`DELETE FROM ${pack} WHERE table_id = $1`, [tableNumber])
}
