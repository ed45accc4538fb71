/** Source rows × mirror rows of one segment → insert, update, delete. Pure. */
import type { KeyedDigest, KeyId } from '../model.ts'

export interface SegmentDiff {
  /** in the source, not in the mirror */
  readonly inserted: readonly KeyedDigest[]
  /** in both, with another digest */
  readonly changed: readonly KeyedDigest[]
  /** in the mirror, no longer in the source */
  readonly gone: readonly KeyId[]
}

export const diffSegment = (
  recorded: ReadonlyMap<KeyId, bigint>,
  found: readonly KeyedDigest[],
): SegmentDiff => {
  const inserted: KeyedDigest[] = []
  const changed: KeyedDigest[] = []
  const seen = new Set<KeyId>()
  for (const row of found) {
    seen.add(row.id)
    const digest = recorded.get(row.id)
    if (digest === undefined) inserted.push(row)
    else if (digest !== row.digest) changed.push(row)
  }
  const gone = [...recorded.keys()].filter((id) => !seen.has(id))
  return { inserted, changed, gone }
}
