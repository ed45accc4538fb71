/** What is recorded under a table's name follows the table to its new one. The ledger keeps the name of its time. */
import type { Target } from '../postgres.ts'
import { forgetRowStates } from './row-state.ts'

const byName = ['table_state', 'table_definition', 'exact_value', 'exact_row'] as const

export const renameRecord = async (
  target: Target,
  sourceId: string,
  from: string,
  to: string,
  targetName: string,
): Promise<void> => {
  for (const table of byName) {
    await target.run(`UPDATE mirror.${table} SET table_name = $3 WHERE source_id = $1 AND table_name = $2`, [
      sourceId,
      from,
      to,
    ])
  }
  await target.run(
    'UPDATE mirror.table_state SET target_name = $3 WHERE source_id = $1 AND table_name = $2',
    [sourceId, to, targetName],
  )
}

/** Another table has taken its name, and its rows are in no table any more. */
export const forgetRecord = async (
  target: Target,
  sourceId: string,
  tableId: number,
  name: string,
): Promise<void> => {
  for (const table of byName) {
    await target.run(`DELETE FROM mirror.${table} WHERE source_id = $1 AND table_name = $2`, [sourceId, name])
  }
  await forgetRowStates(target, tableId)
}
