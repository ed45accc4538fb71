/** A schema or table that stands where ours should and was not made by us is left alone. */
import { namesInSchema } from '../apply/load.ts'
import { MirrorError } from '../errors.ts'
import { postgresName } from '../names.ts'
import type { TableRecord } from '../record/tables.ts'
import type { SourceTable } from '../source/tables.ts'
import type { CycleContext } from './context.ts'
import type { MirrorState } from './state.ts'

const notOurs = (sourceId: string, names: readonly string[], table?: string): MirrorError =>
  new MirrorError('MIRROR_3003', {
    detail: `schema ${sourceId}: ${names.slice(0, 5).join(', ')}`,
    ...(table === undefined ? {} : { table }),
  })

/** Refused since something of somebody else's stood in its place when a cycle last looked. */
export const lacksItsPlace = (record: TableRecord | undefined): boolean =>
  record?.state === 'refused' && record.refusal?.code === 'MIRROR_3003'

/** Was something made, dropped or renamed in the copy's schema since that cycle? Then it must look again, however quiet the source is. */
export const arePlacesAsSeen = async (
  { target, sourceId, cache }: Pick<CycleContext, 'target' | 'sourceId' | 'cache'>,
  { tables }: Pick<MirrorState, 'tables'>,
): Promise<boolean> => {
  if (![...tables.values()].some(lacksItsPlace)) return true
  return cache.namesAreAsSeen(await namesInSchema(target, sourceId))
}

/**
 * Before the first of these tables is made. Throws MIRROR_3003 when the whole schema is somebody else's. Returned are those whose own
 * place is taken, each with the error that refuses it: the others go on.
 */
export const findTakenPlaces = async (
  context: Pick<CycleContext, 'target' | 'sourceId'>,
  state: Pick<MirrorState, 'source' | 'tables'>,
  tables: readonly SourceTable[],
): Promise<ReadonlyMap<string, MirrorError>> => {
  if (tables.length === 0) return new Map()
  const { sourceId } = context
  const names = await namesInSchema(context.target, sourceId)
  if (state.source.cycle === null && names.length > 0) throw notOurs(sourceId, names)
  const ours = new Set(
    [...state.tables.values()].filter((table) => table.fingerprint !== null).map((table) => table.targetName),
  )
  return new Map(
    tables.flatMap(({ name }) => {
      const place = postgresName(name)
      return names.includes(place) && !ours.has(place) ? [[name, notOurs(sourceId, [place], name)]] : []
    }),
  )
}
