/**
 * When the source's definitions are read anew for `restore`: when a cycle sees that something of them moved; in each
 * `sync`; and at the latest once in a deep-scan interval, which bounds what no cycle sees (defaults, comments, foreign
 * keys and checks that were changed without the table being rebuilt). A statement a table, so that once a second would
 * be too often where there are a thousand.
 */
import { definitionsAge, keepAutoIncrements, keepDefinitions } from '../record/definitions.ts'
import { catalogueSignature, readDefinitions, type SourceDefinitions } from '../source/definitions.ts'
import type { Catalogue } from '../source/tables.ts'
import type { CycleContext } from './context.ts'
import type { Decisions } from './decide.ts'

export interface DueDefinitions {
  readonly readAt: string
  readonly signature: string
  readonly definitions: SourceDefinitions
}

export const areDefinitionsDue = async (
  context: CycleContext,
  catalogue: Catalogue,
  decisions: Decisions,
  now: string,
): Promise<boolean> => {
  if (decisions.loads.length + decisions.finishes.length > 0 || decisions.accepted) return true
  const kept = await definitionsAge(context.target, context.sourceId)
  return (
    kept === undefined ||
    !context.trustToken ||
    kept.signature !== catalogueSignature(catalogue) ||
    context.definitionsRead.isDue(now, kept.readAt, context.deepScanMs)
  )
}

/**
 * Of the tables that this cycle proves alone: the definition of one that a brake holds must stay what its copy is of.
 * Outside of the snapshot, and before the catalogue's second reading, which throws the cycle
 * away when columns moved.
 */
export const readDueDefinitions = async (
  context: CycleContext,
  catalogue: Catalogue,
  { plans, loads, finishes }: Decisions,
  readAt: string,
): Promise<DueDefinitions> => ({
  readAt,
  signature: catalogueSignature(catalogue),
  definitions: await readDefinitions(
    context.source,
    [...plans, ...loads, ...finishes.map(({ plan }) => plan)].map(({ table }) => table.name),
  ),
})

/** Within the cycle's transaction. */
export const saveDefinitions = async (
  { target, sourceId }: CycleContext,
  catalogue: Catalogue,
  due: DueDefinitions | undefined,
): Promise<void> => {
  if (due !== undefined) await keepDefinitions(target, sourceId, due.readAt, due.signature, due.definitions)
  const numbers = [...catalogue.tables.values()].flatMap((table) =>
    table.autoIncrement === null ? [] : [[table.name, table.autoIncrement] as const],
  )
  await keepAutoIncrements(target, sourceId, new Map(numbers))
}
