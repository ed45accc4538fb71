/** One import at a time. The second one waits as long as the connection's lock limit (10 s), and is then refused. */
import type { Transaction } from 'kysely'
import { errorCode } from '../../db/failures.ts'
import type { Tables } from '../../db/tables.ts'
import { lockTimetable } from '../../registrar/timetable.ts'
import { ImportError } from './failure.ts'

const waitedInVain: ReadonlySet<string> = new Set(['ER_LOCK_WAIT_TIMEOUT', 'ER_LOCK_NOWAIT'])

/**
 * The first statement of an import: what it reads afterwards is what the import before it left.
 * @param begun batches of it are done already @throws ImportError
 */
export const lockImports = async (db: Transaction<Tables>, begun = false): Promise<void> => {
  try {
    await lockTimetable(db)
  } catch (error) {
    if (!waitedInVain.has(errorCode(error))) throw error
    throw new ImportError(
      begun
        ? 'Another import is running. Wait until it is done, and start this one again: it goes on where it was.'
        : 'Another import is running. Nothing was changed. Wait until it is done, and start this one again.',
      1,
      error,
    )
  }
}
