/**
 * Several connections that see one snapshot, for MariaDB with the binary log: there a read transaction keeps the
 * metadata lock of every table that it has read until it ends, and no savepoint releases it (facts: consistent
 * snapshots). So no transaction reads for long: after half a second the next view takes over and the last one ends, and an
 * ALTER on the source waits for that long at most.
 *
 *   fresh (holds no lock) → current (reads) → ended
 *
 * Views whose own position in the binary log is the same saw the same data (1,933 of 1,933 proved so). They are opened
 * together, since under load the position moves on within milliseconds; those that missed it are given back. When the fresh ones
 * have run out, a new one is tried: on a source that stands still it succeeds every time. Should it not, the last view goes on
 * reading: then completeness is kept, and an ALTER waits until the cycle ends.
 *
 * A write that passes the log by (`sql_log_bin=0`) moves no position. Where such writes were ever found, one view reads all.
 */
import type { SourceConnection } from './connection.ts'
import { sameToken } from './token.ts'

/** Long enough for two statements of the pace's quarter second, and below the second that an ALTER may wait. */
export const viewMs = 500

/** A server's default allows 151 connections; two mirrors must not take a third of them. */
const mostViews = 20

export const begin = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY'

/** How many views a cycle is going to need that reads for so long. */
export const viewsFor = (expectedMs: number): number =>
  Math.max(1, Math.min(mostViews, Math.ceil(expectedMs / viewMs)))

/** Where in the server's log the view stands that is open on a connection; undefined where it has none. */
export type ReadPosition = (connection: SourceConnection) => Promise<string | undefined>

interface View {
  readonly connection: SourceConnection
  readonly position: string | undefined
}

const openView = async (connection: SourceConnection, readPosition: ReadPosition): Promise<View> => {
  await connection.rows(begin)
  return { connection, position: await readPosition(connection) }
}

const endView = async (view: View): Promise<void> => {
  if (!view.connection.broken) await view.connection.rows('COMMIT')
}

export class Views {
  readonly #main: View
  readonly #fresh: View[]
  readonly #readPosition: ReadPosition
  /** connections without a view, for trying again */
  readonly #spare: SourceConnection[]
  #current: View
  #since: number | undefined
  #triedAt = 0
  #used = 1
  #open = true

  private constructor(main: View, fresh: View[], spare: SourceConnection[], readPosition: ReadPosition) {
    this.#main = main
    this.#current = main
    this.#fresh = fresh
    this.#spare = spare
    this.#readPosition = readPosition
  }

  /** The main connection's view decides what is seen; up to `count` − 1 others join it where they can. */
  static async open(main: SourceConnection, count: number, readPosition: ReadPosition): Promise<Views> {
    const siblings = await main.siblings(count - 1)
    const [first, ...others] = await Promise.all(
      [main, ...siblings].map(async (connection) => openView(connection, readPosition)),
    )
    if (first === undefined) throw new Error('no view was opened')
    const fresh = others.filter((view) => sameToken(view.position, first.position))
    const missed = others.filter((view) => !fresh.includes(view))
    await Promise.all(missed.map(endView))
    return new Views(
      first,
      fresh,
      missed.map((view) => view.connection),
      readPosition,
    )
  }

  get position(): string | undefined {
    return this.#main.position
  }

  /** views that have read something */
  get used(): number {
    return this.#used
  }

  /** Where the next statement is to be sent. */
  async reader(): Promise<SourceConnection> {
    if (this.#since !== undefined && performance.now() - this.#since > viewMs) await this.#takeOver()
    this.#since ??= performance.now()
    return this.#current.connection
  }

  /** Nothing is locked when it is true: the view that has read is ended, and another stands ready in its place. */
  async letGo(): Promise<boolean> {
    if (this.#since !== undefined) await this.#takeOver()
    return this.#since === undefined
  }

  /** Ends every view. May be called twice. */
  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await Promise.all([this.#current, ...this.#fresh.splice(0)].map(endView))
  }

  async #takeOver(): Promise<void> {
    const next = this.#fresh.shift() ?? (await this.#another())
    if (next === undefined) return
    const last = this.#current
    this.#current = next
    this.#since = undefined
    this.#used += 1
    await endView(last)
    this.#spare.push(last.connection)
  }

  /** A view opened now, where nothing was committed since the snapshot. */
  async #another(): Promise<View | undefined> {
    if (performance.now() - this.#triedAt < viewMs) return undefined
    this.#triedAt = performance.now()
    const connection = this.#spare.shift() ?? (await this.#main.connection.siblings(1))[0]
    if (connection === undefined || connection.broken || connection === this.#current.connection)
      return undefined
    const view = await openView(connection, this.#readPosition)
    if (sameToken(view.position, this.#main.position)) return view
    await endView(view)
    this.#spare.push(connection)
    return undefined
  }
}
