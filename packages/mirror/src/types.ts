/**
 * The mirror's words and the shapes of its answers.
 *
 * cycle     one pass: snapshot, detect, diff, apply
 * snapshot  one consistent view of the source
 * segment   a primary-key range of a table
 * digest    count and hash sum of a segment
 * ledger    the append-only history of applied changes
 * drift     a mirror row that someone else changed
 * brake     a stop that waits for a human
 * refused   a table that cannot be mirrored, with code and remedy
 *
 * Every shape below is a public contract (`--json`, `"version": 1`): table names are the source's, keys are
 * arrays of canonical strings in key order, times are ISO 8601 in UTC.
 */
import type { ErrorCode } from './errors.ts'
import type { RestoreOptions, RestoreReport, RestoreStep } from './restore-types.ts'
import type { SchemaChange } from './schema-words.ts'

export type {
  NotCovered,
  RestoredTable,
  RestoreOptions,
  RestoreReport,
  RestoreStep,
  Violation,
} from './restore-types.ts'
export type { SchemaChange, SchemaChangeKind } from './schema-words.ts'

export type Key = readonly string[]

export interface Problem {
  readonly code: ErrorCode
  /** null: the problem is of the server, the account or the target as a whole */
  readonly table: string | null
  readonly severity: 'block' | 'warn'
  readonly cause: string
  readonly remedy: string
}

export interface CheckedColumn {
  /** as the source declares it */
  readonly mysql: string
  readonly postgres: string
  /** why a value of it may stand in mirror.exact_value; null: every value is exact in place */
  readonly aside: string | null
}

export interface CheckedTable {
  readonly refused: Refusal | null
  /** null for a refused table */
  readonly consistency: Consistency | null
  /** what may be asked of it, in this order, before rows travel; a layer that the server has not for it is not among them */
  readonly layers: readonly How[]
  /** the server's guess */
  readonly estimatedRows: number
  /** how long a scan of the whole takes, by a sample; null when none could be measured */
  readonly scanMs: number | null
  readonly columns: Readonly<Record<string, CheckedColumn>>
}

export interface CheckReport {
  readonly ok: boolean
  readonly problems: readonly Problem[]
  readonly capabilities: Readonly<Record<string, string | number | boolean | null>>
  readonly tables: Readonly<Record<string, CheckedTable>>
  /** the source account's rights, without secrets */
  readonly grants: readonly string[]
}

/** single: read over one connection · proved: over several, shown to see the same · probable: most likely the same */
export type SnapshotProof = 'single' | 'proved' | 'probable'
/** cycle: part of the common snapshot · table: true segment by segment, converging */
export type Consistency = 'cycle' | 'table'
/** The deepest layer that ran for a table in a cycle. */
export type How = 'token' | 'hint' | 'digest' | 'deep' | 'load'

export interface Refusal {
  readonly code: ErrorCode
  readonly reason: string
  readonly remedy: string
}

export interface TableSync {
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  /** rows whose values or digests travelled from the source */
  readonly rowsRead: number
  /** values in mirror.exact_value, and rows in mirror.exact_row */
  readonly exactValues: number
  readonly consistency: Consistency
  readonly how: How
}

export interface Brake {
  /** null: the brake holds the whole mirror */
  readonly table: string | null
  readonly code: ErrorCode
  readonly reason: string
  readonly remedy: string
  readonly since: string
}

export interface SyncReport {
  readonly cycle: number
  readonly snapshot: { readonly at: string; readonly proof: SnapshotProof }
  readonly tables: Readonly<Record<string, TableSync>>
  readonly refused: Readonly<Record<string, Refusal>>
  /** empty unless something waits for a human */
  readonly brakes: readonly Brake[]
  readonly ms: number
}

export type DifferenceKind = 'missing' | 'extra' | 'changed' | 'shown'

export interface TableVerification {
  /** rows of the source */
  readonly rows: number
  readonly equal: boolean
  readonly differences: readonly { readonly key: Key; readonly kind: DifferenceKind }[]
  /** differences beyond the limit, counted and not listed */
  readonly omitted: number
  /** in what the copy's table is not as the mirror makes it (columns, types, key), in words; then it is not equal, whatever its rows */
  readonly shape: readonly string[]
  /** what is kept byte for byte beside the table, at most as many listed as differences */
  readonly exact: {
    readonly count: number
    /** `column` null: the whole row, since PostgreSQL cannot hold its key */
    readonly listed: readonly {
      readonly key: Key
      readonly column: string | null
      readonly reason: string
    }[]
  }
}

/** Is the chain of hashes over cycles and ledger whole? */
export interface LedgerVerification {
  readonly equal: boolean
  /** the first cycle that is not what was recorded */
  readonly firstBroken: number | null
  readonly cycles: number
}

export interface VerifyReport {
  /** of tables and ledger; null: some table was refused, so nothing can be said of the whole */
  readonly equal: boolean | null
  readonly tables: Readonly<Record<string, TableVerification>>
  readonly refused: Readonly<Record<string, Refusal>>
  readonly ledger: LedgerVerification
  /** rows written by --repair; absent without it */
  readonly repaired?: number
}

/** waiting: not loaded yet · live: follows · braked: holds its last proved state · vanished: accepted as gone · refused */
export type TableStateName = 'waiting' | 'loading' | 'live' | 'braked' | 'vanished' | 'refused'
/**
 * new: nothing loaded yet · live: equal as of snapshotAt · lagging: as live, and it has waited for longer than two intervals (`waiting`
 * says for what) · paused · braked: at least one brake holds
 */
export type MirrorStateName = 'new' | 'live' | 'lagging' | 'paused' | 'braked'

/** One of the bounds on the load that the mirror is to the source. */
export interface LimitStatus {
  readonly limit: number
  /** null: nothing yet */
  readonly measured: number | null
  /** how often it was reached since the leader leads */
  readonly reached: number
}

/** As the leader was told them, and as it measured. */
export interface LimitsStatus {
  /** of time, 0…1; measured over the last minute */
  readonly share: LimitStatus
  /** the longest statement since the leader leads */
  readonly statementMs: LimitStatus
  /** the longest time for which a snapshot was open since the leader leads */
  readonly snapshotAgeMs: LimitStatus
  /** as last asked */
  readonly threadsRunning: LimitStatus
  readonly measuredAt: string | null
}

/** What the leader waits for now. */
export interface Waiting {
  readonly code: ErrorCode
  readonly reason: string
  readonly remedy: string
  readonly since: string
}

export interface TableStatus {
  readonly state: TableStateName
  readonly rows: number
  /** the snapshot at which the table was last known equal to the source */
  readonly provedAt: string | null
  readonly proof: SnapshotProof | null
  readonly consistency: Consistency
  readonly exactValues: number
  /** rows that were met and were not what the engine wrote, ever */
  readonly conflicts: number
  /** of them, rows that stand now as somebody else made them (--on-drift keep) */
  readonly kept: number
  /** the time between two looks that the leader's share leaves to this table, half of it while something is loaded, in ms */
  readonly intervalMs: number
  /** 0…1 while loading, else null */
  readonly progress: number | null
}

export interface StatusReport {
  readonly state: MirrorStateName
  readonly cycle: number | null
  readonly snapshotAt: string | null
  /** host and process of the mirror that holds the target now, else null */
  readonly leader: { readonly name: string; readonly epoch: number } | null
  readonly tables: Readonly<Record<string, TableStatus>>
  readonly refused: Readonly<Record<string, Refusal>>
  readonly brakes: readonly Brake[]
  /** null: nobody waits, or nobody leads */
  readonly waiting: Waiting | null
  /** null: nobody has led since this is recorded */
  readonly limits: LimitsStatus | null
}

export type ChangeOp = 'insert' | 'update' | 'delete' | 'load'

/** Column name → canonical string, or null for NULL; `{exact}` holds, in hex, what PostgreSQL's type cannot. */
export type RowImage = Readonly<Record<string, string | null | { readonly exact: string }>>

export interface HistoryCycle {
  readonly cycle: number
  readonly snapshotAt: string
  readonly committedAt: string
  readonly proof: SnapshotProof
  readonly changes: number
}

export interface HistoryChange {
  readonly cycle: number
  readonly at: string
  readonly table: string
  /** null for a load, which is one entry a table */
  readonly key: Key | null
  readonly op: ChangeOp
  readonly before: RowImage | null
  readonly after: RowImage | null
}

/** What is done about a row of the copy that is not what the engine wrote. */
export type DriftPolicy = 'repair' | 'keep' | 'stop'

export interface Conflict {
  readonly cycle: number
  readonly at: string
  readonly table: string
  /** empty for a table without a key */
  readonly key: Key
  /** missing: the engine's row was not there · extra: a row that the engine did not write */
  readonly kind: 'changed' | 'missing' | 'extra'
  /** what should stand there; null: nothing */
  readonly expected: RowImage | null
  /** what stood there */
  readonly found: RowImage | null
  readonly outcome: 'repaired' | 'kept' | 'stopped'
}

/** A time in which the mirror could not follow. */
export interface HistoryWait {
  readonly code: ErrorCode
  readonly reason: string
  readonly since: string
  /** null: it waits now */
  readonly until: string | null
}

export interface HistoryReport {
  readonly cycles: readonly HistoryCycle[]
  readonly changes: readonly HistoryChange[]
  /** of the same tables and time, newest first, at most `limit`; with the first page alone */
  readonly schemaChanges: readonly SchemaChange[]
  /** rows of the copy that somebody else had changed; as schemaChanges */
  readonly conflicts: readonly Conflict[]
  /** when the mirror could not follow, and why: as schemaChanges, and of no table */
  readonly waits: readonly HistoryWait[]
  /** pass it as --after for the next page; null at the end */
  readonly next: string | null
}

export interface HistoryQuery {
  readonly table?: string
  readonly key?: Key
  readonly since?: Date
  readonly limit: number
  readonly after?: string
}

/** What the loop of `run` tells whoever listens: log, metrics, status page. */
export type EngineEvent =
  | { readonly type: 'cycle'; readonly report: SyncReport; readonly busyMs: number }
  | { readonly type: 'waiting'; readonly error: Error; readonly attempt: number; readonly delayMs: number }
  | { readonly type: 'standby'; readonly leader: string | null }
  | { readonly type: 'paused' }
  | { readonly type: 'leading'; readonly epoch: number }
  | { readonly type: 'progress'; readonly table: string; readonly rows: number; readonly total: number }
  /** entries of --tables, --exclude and --redact that fit nothing in the source, with their flag */
  | { readonly type: 'unmatched'; readonly names: readonly string[] }

/** token: the server's log stood still · hint: the server says that a table was not written */
export type Layer = 'token' | 'hint'

export interface MirrorOptions {
  /** mysql://user:pw@host:port/database */
  readonly source: string
  /** postgres://user:pw@host:port/database */
  readonly target: string
  /** the source's name in the target, and its schema there; the database's name when absent */
  readonly sourceId?: string
  /** globs over table names; empty: all */
  readonly tables: readonly string[]
  readonly exclude: readonly string[]
  /** TABLE.COLUMN, whose values stay out of ledger, API and logs */
  readonly redact: readonly string[]
  readonly pollMs: number
  /** 0…1, the share of time in which the source may be busy with us */
  readonly maxShare: number
  /** the share of a table that one cycle may delete (with at least 1,000 rows) before the brake */
  readonly maxDelete: number
  /** one statement's limit on the source, in ms */
  readonly statementLimitMs: number
  /** the longest time for which a snapshot of the source is open, in ms; 30,000 when absent */
  readonly snapshotAgeMs?: number
  /** nothing is read while more threads than that run on the source; 25 when absent */
  readonly maxThreadsRunning?: number
  /** for so long busy threads are waited for before one cycle is let through, in ms; a minute when absent */
  readonly longestWaitMs?: number
  /** the longest time between two scans that trust no hint, in ms */
  readonly deepScanMs: number
  /** what `run` may trust between two deep scans; both when absent, nothing when empty */
  readonly layers?: readonly Layer[]
  /** what is done about rows of the copy that somebody else changed; repair when absent */
  readonly onDrift?: DriftPolicy
  /** the same for single tables */
  readonly onDriftOf?: Readonly<Record<string, DriftPolicy>>
  /** the time in which the whole copy is compared with what is recorded, in ms; an hour when absent */
  readonly driftCheckMs?: number
  /** table hints are asked only where a scan of everything is expected to take longer, in ms; 100 when absent */
  readonly hintAboveMs?: number
  /** tables of more rows are loaded in pieces between the cycles; 50,000 when absent */
  readonly wholeLoadRows?: number
}

/** The library's front door; the command and the service are made of nothing else. */
export interface Mirror {
  check(): Promise<CheckReport>
  sync(signal?: AbortSignal): Promise<SyncReport>
  /** Goes on until the signal; rejects only for what no retry can mend. */
  run(signal: AbortSignal): Promise<void>
  /** `acceptLedger`: the first broken link of the ledger's chain is acknowledged as it stands. */
  verify(options: { repair: boolean; limit: number; acceptLedger?: boolean }): Promise<VerifyReport>
  /** Reads the target alone, and writes to `options.to`: the source may be gone. The same call goes on after a stop. */
  restore(
    options: RestoreOptions,
    onStep?: (step: RestoreStep) => void,
    signal?: AbortSignal,
  ): Promise<RestoreReport>
  /** Reads the target alone: it answers while the source is away. */
  status(): Promise<StatusReport>
  history(query: HistoryQuery): Promise<HistoryReport>
  pause(): Promise<void>
  resume(options: { accept: readonly string[] }): Promise<void>
  /** The returned function ends the subscription. */
  on(listener: (event: EngineEvent) => void): () => void
  close(): Promise<void>
}
