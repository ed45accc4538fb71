/** A table of the copy that somebody made over, or that something of theirs holds: refused by name, while the others go on. */
import type { TargetTable } from '../apply/shape.ts'
import { shapeDifferences } from '../apply/shape-found.ts'
import { MirrorError } from '../errors.ts'
import { type Target, schemaOfError, sqlStateOf } from '../postgres.ts'

/**
 * A value, a name or a size that PostgreSQL does not take (classes 22, 42, 54), or a dependent object (2B): the same
 * statement fails again in every cycle. A full disk or a lost connection is of the whole.
 */
export const isOfItsTable = (error: MirrorError): boolean =>
  error.code === 'MIRROR_2010' || (error.code === 'MIRROR_3006' && /^(22|42|54|2B)/.test(sqlStateOf(error)))

/** A constraint upon the copy (class 23) is somebody's; of the engine's own tables it would be a fault of its own. */
const isForeignConstraint = (error: MirrorError): boolean =>
  sqlStateOf(error).startsWith('23') && schemaOfError(error) !== 'mirror'

/**
 * As what the table is refused for an error that its statements met, the transaction rolled back to before them; undefined: the
 * error is not of this table.
 */
export const refusalFor = async (
  target: Target,
  table: TargetTable,
  error: unknown,
): Promise<MirrorError | undefined> => {
  if (!(error instanceof MirrorError)) return undefined
  const state = sqlStateOf(error)
  if (state.startsWith('2B') || isForeignConstraint(error))
    return new MirrorError('MIRROR_3026', { detail: error.detail ?? error.message, cause: error })
  // a view, a table of another's or without our key answers in many words; what it is says more
  if (/^(42|55)/.test(state)) {
    const words = (await shapeDifferences(target, table.schema, [table])).get(table.name) ?? []
    if (words.length > 0)
      return new MirrorError('MIRROR_3026', {
        detail: `${words.join('; ')}: ${error.detail ?? error.message}`,
        cause: error,
      })
  }
  return isOfItsTable(error) ? error : undefined
}
