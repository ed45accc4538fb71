/** A table of the copy that somebody made over, or that something of theirs holds: refused by name, while the others go on. */
import { namesInSchema } from '../apply/load.ts'
import type { TargetTable } from '../apply/shape.ts'
import { shapeDifferences } from '../apply/shape-found.ts'
import { isOfOneTable, MirrorError } from '../errors.ts'
import { routineOfError, type Target, schemaOfError, sqlStateOf } from '../postgres.ts'

/** For what a table is refused, found when it was read or written: another attempt costs as much as the first. */
export const isFailure = (code: string): boolean =>
  ['MIRROR_2010', 'MIRROR_2011', 'MIRROR_2013', 'MIRROR_3003', 'MIRROR_3006', 'MIRROR_3026'].includes(code)

/**
 * A value, a name or a size that PostgreSQL does not take (classes 22, 42, 54), a schema that is gone (3F), or a dependent object (2B): the same
 * statement fails again in every cycle. A full disk or a lost connection is of the whole.
 */
export const isOfItsTable = (error: MirrorError): boolean =>
  isOfOneTable(error) ||
  (error.code === 'MIRROR_3003' && error.table !== undefined) ||
  (error.code === 'MIRROR_3006' && /^(22|42|54|2B|3F)/.test(sqlStateOf(error)))

/** PostgreSQL's own words for it may be in any language; where in its program they were said is not. */
const isTooWide = (error: MirrorError): boolean =>
  sqlStateOf(error) === '54011' ||
  (sqlStateOf(error) === '54000' &&
    ['RelationGetBufferForTuple', 'raw_heap_insert'].includes(routineOfError(error)))

/** The error by the name that `check` has for it, which may have foreseen it. */
export const byItsName = (error: MirrorError): MirrorError =>
  isTooWide(error)
    ? new MirrorError('MIRROR_2013', { detail: error.detail ?? error.message, cause: error })
    : error

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
  // a right upon this table alone that somebody took away; PostgreSQL names the table without its schema
  if (state === '42501' && error.message.includes(`permission denied for table ${table.name},`))
    return new MirrorError('MIRROR_3026', { detail: error.detail ?? error.message, cause: error })
  // a view, a table of another's or without our key answers in many words; what it is says more
  if (/^(42|55)/.test(state)) {
    const words = (await shapeDifferences(target, table.schema, [table])).get(table.name) ?? []
    const isThere = state !== '42P01' || (await namesInSchema(target, table.schema)).includes(table.name)
    if (!isThere) return new MirrorError('MIRROR_3026', { detail: 'it is not there any more', cause: error })
    if (words.length > 0)
      return new MirrorError('MIRROR_3026', {
        detail: `${words.join('; ')}: ${error.detail ?? error.message}`,
        cause: error,
      })
  }
  return isOfItsTable(error) ? byItsName(error) : undefined
}
