/** What `restore` is told, and what it answers: a public contract like types.ts. */
import type { DifferenceKind, Key } from './types.ts'

export interface RestoreOptions {
  /** mysql://user:pw@host:port/database: an empty database, which is not the source */
  readonly to: string
  /** say what would be done, and do nothing */
  readonly dryRun: boolean
  /** onto another kind of server or an older version, too, where equality is not promised */
  readonly force: boolean
  /** go on past a table that is not equal to what was recorded */
  readonly acceptDifferences: boolean
  /** how far beyond the last number known each AUTO_INCREMENT begins */
  readonly autoIncrementGap: number
  /** differences listed for a table at most */
  readonly limit: number
}

export interface RestoredTable {
  /** rows of the restored table, counted there; in a dry run those that would be written */
  readonly rows: number
  /** its digests, as the restored server computes them, are those recorded for the source; null in a dry run */
  readonly equal: boolean | null
  /** the snapshot of the source that it is equal to */
  readonly provedAt: string
  /** why it is not equal; null when it is */
  readonly reason: string | null
  readonly differences: readonly { readonly key: Key; readonly kind: DifferenceKind }[]
  /** differences beyond the limit, counted and not listed */
  readonly omitted: number
  /** the next number that it will give; null without such a column */
  readonly autoIncrement: string | null
  /** the server words the definition otherwise than the source did; only where it is another version or kind */
  readonly reworded: boolean
}

/**
 * What the restored database lacks. `name` is null for what the mirror cannot know of; `column` is one of a restored table, written
 * TABLE.COLUMN, of whose values something is lost that no digest sees; `history` is that of a restored system-versioned table.
 */
export interface NotCovered {
  readonly kind:
    | 'table'
    | 'column'
    | 'history'
    | 'view'
    | 'sequence'
    | 'trigger'
    | 'routine'
    | 'event'
    | 'user'
  readonly name: string | null
  readonly reason: string
}

export interface Violation {
  readonly table: string
  readonly constraint: string
  readonly rows: number
}

export interface RestoreReport {
  /** all tables are equal; null in a dry run */
  readonly equal: boolean | null
  readonly cycle: number
  /** the source as of then, unless a table's own provedAt is earlier */
  readonly snapshotAt: string
  /** promised: same kind of server, same version or newer · forced: not promised, for the reasons given */
  readonly proof: 'promised' | 'forced'
  readonly reasons: readonly string[]
  readonly tables: Readonly<Record<string, RestoredTable>>
  readonly notCovered: readonly NotCovered[]
  /** rows that a foreign key or check would not take, and that stood in the source all the same: kept */
  readonly violations: readonly Violation[]
  /** not begun, since a table before them was not equal; the same command goes on */
  readonly remaining: readonly string[]
  /** the statements of a dry run; rows are told as a comment */
  readonly statements?: readonly string[]
}

export type RestoreStep =
  | { readonly type: 'kept' | 'created' | 'restored'; readonly table: string; readonly rows: number }
  | { readonly type: 'rows'; readonly table: string; readonly rows: number; readonly total: number }
  | { readonly type: 'resumed'; readonly table: null }
