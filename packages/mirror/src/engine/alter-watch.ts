/**
 * A partition that is exchanged, and on MySQL one that is truncated, changes what an open snapshot reads, without an error and without another
 * definition or time (facts: consistent snapshots): a cycle would hold some tables as they were before it, others as they were after. All that tells
 * of it is the server's count of ALTERs, whosever tables they were of. So where a cycle read a partitioned table, and the count moved
 * meanwhile, the cycle is thrown away (MIRROR_2004); but only so often in a row: where there is always an ALTER somewhere, the copy is to go on,
 * and what was read of two moments is found by the next cycle (0067).
 */
import { MirrorError } from '../errors.ts'
import { countAlters } from '../source/standing.ts'
import type { Catalogue, SourceTable } from '../source/tables.ts'
import type { CycleContext } from './context.ts'

export interface AlterWatch {
  /** When all of these tables is read. Throws MIRROR_2004 when one of them may have been read of two moments. */
  check(read: readonly SourceTable[]): Promise<void>
}

/** To be begun before the snapshot is opened. Costs nothing where no table is partitioned. */
export const watchAlters = async (
  { source, cache, after }: Pick<CycleContext, 'source' | 'cache' | 'after'>,
  { partitioned }: Catalogue,
): Promise<AlterWatch> => {
  // slow tables have no common moment
  if (partitioned.size === 0 || after !== undefined) return { check: async () => undefined }
  const before = await countAlters(source)
  return {
    check: async (read) => {
      const table = read.find(({ name }) => partitioned.has(name))
      if (table === undefined) return
      const isSame = (await countAlters(source)) === before
      if (cache.mayPass(isSame)) return
      throw new MirrorError('MIRROR_2004', { table: table.name })
    },
  }
}
