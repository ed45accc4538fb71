/** What the leader knows of its own record, read from the target and kept until somebody else changes it. */
import { MirrorError } from '../errors.ts'
import type { Segment, TableHint } from '../model.ts'
import type { Target } from '../postgres.ts'
import { type LoadRecord, readLoads } from '../record/loads.ts'
import { openQuestions, type Question } from '../record/questions.ts'
import { readSource, type SourceRecord } from '../record/source.ts'
import type { SourceTable } from '../source/tables.ts'
import { RedoWatch } from './redo-watch.ts'
import { readSegments, readTables, type TableRecord } from '../record/tables.ts'

export interface MirrorState {
  readonly source: SourceRecord
  readonly tables: ReadonlyMap<string, TableRecord>
  /** under way, by table name */
  readonly loads: ReadonlyMap<string, LoadRecord>
  /** what `verify` wants to know */
  readonly questions: readonly Question[]
  segments(table: TableRecord): Promise<readonly Segment[]>
  /** after a commit: what this cycle left behind */
  keep(tableId: number, segments: readonly Segment[]): void
}

/** Below the strikes for which a table would be left out (unsteady.ts). */
const mostThrown = 2

/** Segments of large tables are many; they are read once and then follow the cycles. */
export class StateCache {
  readonly #sourceId: string
  readonly #segments = new Map<number, readonly Segment[]>()
  readonly #loadAttempts = new Map<string, number>()
  #source: SourceRecord | undefined
  #tables: ReadonlyMap<string, TableRecord> | undefined
  #questions: readonly Question[] = []
  #revision = -1
  #logIsBlind = false
  #isLoading = false
  readonly #hints = new Map<string, TableHint>()
  readonly #loading = new Map<number, SourceTable>()
  readonly #blindHints = new Set<string>()
  readonly #themselves = new Map<string, string>()
  #names: string | undefined
  #thrown = 0
  readonly redo = new RedoWatch()

  constructor(sourceId: string) {
    this.#sourceId = sourceId
  }

  async read(target: Target): Promise<MirrorState> {
    const source = await readSource(target, this.#sourceId, true)
    if (source === undefined) throw new MirrorError('MIRROR_4005')
    if (source.revision !== this.#revision) {
      this.forget()
      this.#questions = await openQuestions(target, this.#sourceId)
    }
    this.#tables ??= await readTables(target, this.#sourceId)
    this.#revision = source.revision
    this.#source = source
    const loads = source.loading ? await readLoads(target, this.#sourceId) : new Map<string, LoadRecord>()
    this.#isLoading = loads.size > 0
    return this.#stateOf(target, source, this.#tables, loads)
  }

  /**
   * As it was read, and as our own cycles have moved it since: true as long as the revision stands, which everybody else raises, and nobody has
   * paused the mirror. Undefined where that is not known, or a load is under way.
   */
  asRead(target: Target): MirrorState | undefined {
    if (this.#source === undefined || this.#source.paused || this.#isLoading) return undefined
    return this.#tables && this.#stateOf(target, this.#source, this.#tables, new Map())
  }

  /** After the commit of a cycle that moved nothing else. */
  keepSource(source: SourceRecord): void {
    this.#source = source
  }

  /** Somebody has moved the record, or paused the mirror. */
  forgetSource(): void {
    this.#source = undefined
  }

  #stateOf(
    target: Target,
    source: SourceRecord,
    tables: ReadonlyMap<string, TableRecord>,
    loads: ReadonlyMap<string, LoadRecord>,
  ): MirrorState {
    return {
      source,
      tables,
      loads,
      questions: this.#questions,
      segments: async (table) => {
        const known = this.#segments.get(table.id)
        if (known !== undefined) return known
        const segments = await readSegments(target, table.id)
        this.#segments.set(table.id, segments)
        return segments
      },
      keep: (tableId, segments) => this.#segments.set(tableId, segments),
    }
  }

  /** After the commit that answered them. */
  forgetQuestions(): void {
    this.#questions = []
  }

  /**
   * A scan found changes while the server's log stood still: writes pass the log by here (a session without it, a
   * filter), so that its word counts for nothing until the mirror is started anew.
   */
  distrustLog(): void {
    this.#logIsBlind = true
  }

  get logIsBlind(): boolean {
    return this.#logIsBlind
  }

  /** What was known of a table before the snapshot of its last scan; undefined where nothing is, or where it was wrong once. */
  hint(table: string): TableHint | undefined {
    return this.#blindHints.has(table) ? undefined : this.#hints.get(table)
  }

  /** After a commit: the table was scanned at a snapshot that was opened after this was read. */
  keepHint(table: string, hint: TableHint | undefined): void {
    if (hint === undefined) this.#hints.delete(table)
    else this.#hints.set(table, hint)
  }

  /** A deep scan found changes in a table that stood still by its hint: it is scanned each time until a new start. */
  distrustHint(table: string): void {
    this.#blindHints.add(table)
  }

  /** Names in the copy's schema: false when they are not those of the last time. */
  namesAreAsSeen(names: readonly string[]): boolean {
    const seen = this.#names
    this.#names = names.join('\0')
    return seen === this.#names
  }

  /** Table records are small and read again after each cycle that changed one. */
  forgetTables(): void {
    this.#tables = undefined
  }

  /**
   * A table whose load ended at something that PostgreSQL does not take would be read anew in every cycle: it is tried
   * again at the pace of deep scans, and by every `mirror sync`.
   */
  mayLoad(table: string, intervalMs: number): boolean {
    // no clock that somebody may set
    const now = performance.now()
    const last = this.#loadAttempts.get(table)
    if (last !== undefined && now - last < intervalMs) return false
    this.#loadAttempts.set(table, now)
    return true
  }

  /** Of a cycle that may have read a table of two moments; so many in a row are thrown away for that alone. */
  mayPass(isSame: boolean): boolean {
    this.#thrown = isSame || this.#thrown >= mostThrown ? 0 : this.#thrown + 1
    return this.#thrown === 0
  }

  /** No table that is known by another name: a scan has told. */
  noteItself({ name, createdAt }: SourceTable): void {
    this.#themselves.set(name, createdAt)
  }

  isItself({ name, createdAt }: SourceTable): boolean {
    return this.#themselves.get(name) === createdAt
  }

  /** What a table that is being loaded looked like when a cycle last saw it. */
  keepLoading(tableId: number, table: SourceTable): void {
    this.#loading.set(tableId, table)
  }

  /** Undefined: a cycle must look at the source's definitions first. */
  loading(load: LoadRecord): SourceTable | undefined {
    const table = this.#loading.get(load.tableId)
    return table?.fingerprint === load.fingerprint ? table : undefined
  }

  /** Was something being loaded when the record was last read? */
  get isLoading(): boolean {
    return this.#isLoading
  }

  isBehind(revision: number): boolean {
    return revision !== this.#revision
  }

  forgetSegments(tableId: number): void {
    this.#segments.delete(tableId)
  }

  /** After any error: what is in memory may be ahead of what was committed. */
  forget(): void {
    this.#source = undefined
    this.#tables = undefined
    this.#segments.clear()
    this.#hints.clear()
    this.#loading.clear()
    this.#revision = -1
  }
}
