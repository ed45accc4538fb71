/** A schema or table that stands where ours should and was not made by us is left alone. */
import { namesInSchema } from '../apply/load.ts'
import { MirrorError } from '../errors.ts'
import { postgresName } from '../names.ts'
import type { SourceTable } from '../source/tables.ts'
import type { CycleContext } from './context.ts'
import type { MirrorState } from './state.ts'

/** Before the first of these tables is made. Throws MIRROR_3003. */
export const checkTargetIsOurs = async (
  context: Pick<CycleContext, 'target' | 'sourceId'>,
  state: MirrorState,
  tables: readonly SourceTable[],
): Promise<void> => {
  if (tables.length === 0) return
  const ours = new Set(
    [...state.tables.values()].filter((table) => table.fingerprint !== null).map((table) => table.targetName),
  )
  const names = await namesInSchema(context.target, context.sourceId)
  const foreign =
    state.source.cycle === null
      ? names
      : names.filter((name) => tables.some((table) => postgresName(table.name) === name) && !ours.has(name))
  if (foreign.length > 0) {
    throw new MirrorError('MIRROR_3003', {
      detail: `schema ${context.sourceId}: ${foreign.slice(0, 5).join(', ')}`,
    })
  }
}
