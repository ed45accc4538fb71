/**
 * Tables that are never the same when they are read twice: their definition is changed all the time, or a generated column gives
 * another value each time (RAND(), NOW(6)). Each such reading throws its cycle away (MIRROR_2004), and with it what every other table came to. So
 * one that struck several times in a row is left out of the cycles, refused by name (MIRROR_2012), and tried again by itself.
 *
 *   steady → struck × 4 → left out → 2 s later, 4 s, 8 s … five minutes: tried → struck → left out for longer
 *                                                                              → in a cycle that was committed → steady
 */
import { MirrorError } from '../errors.ts'
import type { Catalogue, RefusedTable } from '../source/tables.ts'

/** One below the attempts of `sync`. DDL that is done in a few steps passes in fewer. */
const mostStrikes = 4
const firstRestMs = 2_000
const longestRestMs = 300_000

interface Struck {
  readonly strikes: number
  /** by a clock that nobody can set; 0: not left out yet */
  readonly until: number
}

export class UnsteadyTables {
  readonly #now: () => number
  readonly #struck = new Map<string, Struck>()

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** A cycle was thrown away at this table. */
  struck(table: string | undefined): void {
    if (table === undefined) return
    const strikes = (this.#struck.get(table)?.strikes ?? 0) + 1
    const restMs = Math.min(longestRestMs, firstRestMs * 2 ** (strikes - mostStrikes))
    this.#struck.set(table, { strikes, until: strikes < mostStrikes ? 0 : this.#now() + restMs })
  }

  /** A cycle in which these tables took part was committed. */
  passed(tables: Iterable<string>): void {
    for (const name of tables) this.#struck.delete(name)
  }

  /** Some table was left out for as long as it was to be: a cycle that looks at nothing would leave it so. */
  get isDue(): boolean {
    return [...this.#struck.values()].some(({ until }) => until > 0 && until <= this.#now())
  }

  /** The catalogue as a cycle is to take it. */
  leaveOut(catalogue: Catalogue): Catalogue {
    const refused = [...catalogue.tables.values()]
      .filter(({ name }) => (this.#struck.get(name)?.until ?? 0) > this.#now())
      .map(({ name, createdAt }): readonly [string, RefusedTable] => {
        const { code, message, remedy } = new MirrorError('MIRROR_2012')
        return [name, { name, createdAt, code, reason: message, remedy }]
      })
    if (refused.length === 0) return catalogue
    const tables = new Map(catalogue.tables)
    for (const [name] of refused) tables.delete(name)
    return { ...catalogue, tables, refused: new Map([...catalogue.refused, ...refused]) }
  }
}
