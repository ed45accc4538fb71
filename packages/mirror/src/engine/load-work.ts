/**
 * The loads under way, moved on between the cycles.
 *
 *   rows → piece by piece, over the leader's own connections → indexes → over connections of their own, beside
 *   whatever the leader does: the largest takes minutes, and no cycle waits for it → ready
 *
 * The table with the fewest rows left comes first. Making an index is not fenced, since it changes nothing that anybody sees; what counts it
 * done is, like every write.
 */
import { indexStages } from '../apply/load.ts'
import { MirrorError } from '../errors.ts'
import { inTransaction, type PostgresConnection, sqlStateOf, type Target } from '../postgres.ts'
import { type LoadRecord, readLoads, restartLoad, stepLoad } from '../record/loads.ts'
import { enterEpoch } from '../record/source.ts'
import { refuseTable } from '../record/tables.ts'
import type { SourceTable } from '../source/tables.ts'
import { viewMs } from '../source/views.ts'
import { giveUpLoad } from './load-begin.ts'
import { loadPiece, type PieceContext, type Reading } from './load-piece.ts'
import { indexColumns } from './load-table.ts'
import { targetTable } from './shape.ts'
import type { StateCache } from './state.ts'
import { byItsName, isOfItsTable } from './made-over.ts'

export interface WorkContext extends PieceContext {
  readonly cache: StateCache
  /** false: the source is too busy to be read */
  readonly isCalm: () => Promise<boolean>
  readonly onProgress: (table: string, rows: number, total: number) => void
}

/** worked: a piece was loaded · waiting: indexes are being made · busy: the source is · idle: nothing to be done now */
export type Advance = 'worked' | 'waiting' | 'busy' | 'idle'

/**
 * Two rows with one key: the position is not where the rows are. Or the loading table is not there, or its schema: somebody dropped it.
 * What was loaded is worth nothing.
 */
const isWorthNothing = (error: unknown): boolean => ['23505', '42P01', '3F000'].includes(sqlStateOf(error))

const rowsLeft = (load: LoadRecord): number => Math.max(0, load.estimatedRows - load.rows)

/** Two take the time of one where the target has two processors for them; more would be felt by whoever else uses it. */
const indexesAtOnce = 2

export class LoadWork {
  readonly #openTarget: () => Promise<PostgresConnection>
  #indexing: Promise<void> | undefined
  #failure: Error | undefined
  readonly #connections: PostgresConnection[] = []
  #indexed: number | undefined
  #ahead: Reading | undefined

  /** `openTarget`: a connection whose statements may take as long as an index does */
  constructor(openTarget: () => Promise<PostgresConnection>) {
    this.#openTarget = openTarget
  }

  /** One piece, if there is one to load; `readsAhead`: the source waits for nothing else until the next one. Throws what a piece, or an index beside it, ended with. */
  async advance(context: WorkContext, readsAhead = false): Promise<Advance> {
    this.#rethrow()
    const loads = [...(await readLoads(context.target, context.sourceId)).values()]
    const known = loads.flatMap((load) => {
      const table = context.cache.loading(load)
      return table === undefined ? [] : [{ load, table }]
    })
    this.#index(context, known)
    const [next] = known
      .filter(({ load }) => load.phase === 'rows')
      .sort((a, b) => rowsLeft(a.load) - rowsLeft(b.load))
    if (next !== undefined) {
      if (!(await context.isCalm())) return 'busy'
      await this.#piece(context, next.table, next.load, readsAhead)
      return 'worked'
    }
    return this.#indexing === undefined ? 'idle' : 'waiting'
  }

  /**
   * Until every load is ready: for who has nothing else to do. Throws MIRROR_1025 when the source is too busy. False, and the loads are
   * to be finished without it: the view holds locks for which an ALTER would wait too long.
   */
  async finish(context: WorkContext): Promise<boolean> {
    const { view } = context
    // what was read ahead was not read from this view
    this.#ahead = undefined
    let letGoAt = performance.now()
    for (;;) {
      const done = await this.advance(context, true)
      if (done === 'idle') return true
      if (view !== undefined && (done === 'waiting' || performance.now() - letGoAt > viewMs)) {
        if (!(await view.letGo())) return false
        letGoAt = performance.now()
      }
      if (done === 'busy') throw new MirrorError('MIRROR_1025', { detail: 'while a table was loaded' })
      if (done === 'waiting') await this.#indexing
    }
  }

  async close(): Promise<void> {
    // It is not waited for: what was under way on the server ends with its connection, or is done again.
    this.#ahead = undefined
    for (const connection of this.#connections) connection.destroy()
    await this.#indexing
    this.#failure = undefined
  }

  /** Of loads that are given up: dropping their tables would wait for minutes until their indexes are made. */
  async stop(tableIds: ReadonlySet<number>): Promise<void> {
    if (this.#indexing === undefined || this.#indexed === undefined || !tableIds.has(this.#indexed)) return
    this.#indexed = undefined
    for (const connection of this.#connections) connection.destroy()
    await this.#indexing
    this.#failure = undefined
  }

  #rethrow(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  async #piece(
    context: WorkContext,
    table: SourceTable,
    load: LoadRecord,
    readsAhead: boolean,
  ): Promise<void> {
    const ahead = this.#ahead
    this.#ahead = undefined
    try {
      const piece = await loadPiece(context, table, load, { ahead, readsAhead })
      this.#ahead = piece.ahead
      const { rows } = piece.load
      context.onProgress(table.name, rows, Math.max(rows, load.estimatedRows))
    } catch (error) {
      if (isWorthNothing(error)) return this.#restart(context.target, context, load)
      if (!(error instanceof MirrorError) || !isOfItsTable(error)) throw error
      const { code, message } = byItsName(error)
      context.cache.mayLoad(table.name, 0)
      await inTransaction(context.target, async () => {
        await enterEpoch(context.target, context.sourceId, context.epoch)
        await giveUpLoad(context.target, load)
        await refuseTable(context.target, load.tableId, code, message)
      })
      context.cache.forgetTables()
    }
  }

  async #restart(target: Target, { sourceId, epoch }: WorkContext, load: LoadRecord): Promise<void> {
    await inTransaction(target, async () => {
      await enterEpoch(target, sourceId, epoch)
      await restartLoad(target, load.tableId)
    })
  }

  #index(context: WorkContext, known: readonly { load: LoadRecord; table: SourceTable }[]): void {
    if (this.#indexing !== undefined) return
    const next = known.find(({ load }) => load.phase === 'indexes')
    if (next === undefined) return
    this.#indexed = next.load.tableId
    this.#indexing = this.#makeIndexes(context, next.table, next.load)
      .catch((error: unknown) => {
        this.#failure = error instanceof Error ? error : new Error(String(error))
      })
      .finally(() => {
        this.#indexing = undefined
      })
  }

  /**
   * What is done once all rows are there; indexes of one table two at a time. Whoever holds the epoch's row waits for locks on tables; so what
   * holds one of a table for long never waits for that row, and is no part of a transaction with it.
   */
  async #makeIndexes(context: WorkContext, table: SourceTable, load: LoadRecord): Promise<void> {
    const { sourceId, epoch } = context
    const stages = indexStages(targetTable(sourceId, table), load.tableId, indexColumns(table))
    const most = Math.max(...stages.slice(load.steps).map(({ statements }) => statements.length))
    try {
      const opened = await Promise.allSettled(
        Array.from({ length: Math.min(most, indexesAtOnce) }, async () => {
          this.#connections.push(await this.#openTarget())
        }),
      )
      for (const end of opened) if (end.status === 'rejected') throw end.reason
      const [connection] = this.#connections
      if (connection === undefined) return
      for (const [done, { statements, once }] of stages.entries()) {
        if (done < load.steps) continue
        if (this.#indexed !== load.tableId) return
        const left = once ? [] : [...statements]
        const ends = await Promise.allSettled(
          this.#connections.map(async (each) => {
            for (let sql = left.shift(); sql !== undefined; sql = left.shift()) await each.run(sql)
          }),
        )
        for (const end of ends) if (end.status === 'rejected') throw end.reason
        await inTransaction(connection, async () => {
          await enterEpoch(connection, sourceId, epoch)
          for (const sql of once ? statements : []) await connection.run(sql)
          await stepLoad(connection, load.tableId, done + 1, done + 1 === stages.length)
        })
      }
    } catch (error) {
      if (!isWorthNothing(error)) throw error
      const [connection] = this.#connections
      if (connection !== undefined) await this.#restart(connection, context, load)
    } finally {
      await Promise.all(this.#connections.splice(0).map(async (connection) => connection.close()))
    }
  }
}
