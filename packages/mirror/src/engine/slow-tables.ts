/**
 * Which tables share the common snapshot. Those whose scans fit into its age do, the quickest first; the others are slow: they are
 * read after them, over as many snapshots as it takes, and are of consistency `table`.
 *
 * What a scan takes is known from the last one, else guessed. Where a snapshot came to its end all the same, the table that was
 * being read and those after it are taken for slow once; what they really take is known then.
 */
import { MirrorError } from '../errors.ts'
import type { LoadRecord } from '../record/loads.ts'
import type { TableRecord } from '../record/tables.ts'
import type { Catalogue, SourceTable } from '../source/tables.ts'

/** A load carries a row in about so long, a digest scan reads it in so long: it is enough to tell a second from a minute. */
const loadMsPerRow = 0.01
/**
 * And whatever is in it, so long: its table, key, index and records are made while the snapshot waits (9 to 33 ms of a table of three rows, on two
 * busy cores). Too little ends the snapshot early, too much leaves a table out of the common one once.
 */
const loadMsPerTable = 18
const scanMsPerRow = 0.0015

/** What differs is read, too, and not every scan takes as long as the last one. */
const shareOfAge = 0.8

/** For how long a table of so many rows is going to be read that travel whole. */
export const expectedLoadMs = (rows: number): number => loadMsPerTable + Math.max(0, rows) * loadMsPerRow

/** For how long the source is going to be read for a table. */
export const expectedTableMs = (
  table: SourceTable,
  record: TableRecord | undefined,
  load: LoadRecord | undefined,
): number => {
  if (load !== undefined) return load.rows * scanMsPerRow
  if (record?.fingerprint !== table.fingerprint) return expectedLoadMs(table.estimatedRows)
  return record.scanMs > 0 ? record.scanMs : record.rows * scanMsPerRow
}

export class SlowTables {
  readonly #snapshotAgeMs: number
  readonly #scans = new Map<string, number>()
  #order: readonly string[] = []
  #struck: ReadonlySet<string> = new Set()

  constructor(snapshotAgeMs: number) {
    this.#snapshotAgeMs = snapshotAgeMs
  }

  /** Of this cycle. */
  divide(
    catalogue: Catalogue,
    tables: ReadonlyMap<string, TableRecord>,
    loads: ReadonlyMap<string, LoadRecord>,
  ): ReadonlySet<string> {
    this.#order = [...catalogue.tables.keys()]
    const expected = [...catalogue.tables.values()].map((table) => {
      const { name } = table
      return {
        name,
        ms: this.#scans.get(name) ?? expectedTableMs(table, tables.get(name), loads.get(name)),
      }
    })
    let sum = 0
    return new Set(
      expected
        .sort((a, b) => a.ms - b.ms)
        .filter(({ name, ms }) => (sum += ms) > this.#snapshotAgeMs * shareOfAge || this.#struck.has(name))
        .map(({ name }) => name),
    )
  }

  /**
   * A snapshot came to its end while this table was read: it and those after it are still to be read. Of those before it, which took
   * all of that time, as many as take a part of it: thousands of small tables would end the next one at the same place.
   */
  struck(table: string | undefined): void {
    const at = table === undefined ? 0 : Math.max(0, this.#order.indexOf(table))
    this.#struck = new Set([...this.#struck, ...this.#order.slice(Math.ceil(at * shareOfAge))])
  }

  /** After a cycle: what the scans of it took. */
  scanned(scans: ReadonlyMap<string, number>): void {
    for (const [table, ms] of scans) this.#scans.set(table, ms)
  }

  /** Slow tables were followed. */
  followed(): void {
    this.#struck = new Set()
  }
}

/** What says nothing of the table at which it happened. */
const nameless: ReadonlySet<string> = new Set(['MIRROR_1026', 'MIRROR_2004'])

/** Names the table that was being read when a snapshot came to its end, or a definition moved. */
export const whileReading = async <T>(table: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof MirrorError) || !nameless.has(error.code) || error.table !== undefined) throw error
    throw new MirrorError(error.code, {
      table,
      cause: error,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
    })
  }
}
