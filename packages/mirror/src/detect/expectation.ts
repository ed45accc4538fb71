/**
 * How the next segment of a table is to be looked at, by what the last ones came to. Pure.
 *
 *   digests → rows      at least half of the last eight (of four at least) differed: a segment that differs is read twice by digests
 *   rows → digests      fewer than half did
 *
 * By rows a segment costs the source once what it costs twice where it differs, and no more where it does not; but its keys travel. Since the
 * way by rows is gone only while half of the last eight differed, no more than twice the keys travel that the differing segments
 * have, but for the first few (0069).
 */

/** Segments that are looked at before anything is concluded. */
const fewest = 4
const looksBack = 8

export class Expectation {
  /** did they differ? the last of them last */
  #lately: readonly boolean[] = []

  /** To be told of each segment, in key order. */
  saw(differs: boolean): void {
    this.#lately = [...this.#lately, differs].slice(-looksBack)
  }

  /** Keys and digests of the next segment's rows are to be read at once. */
  get isByRows(): boolean {
    return this.#lately.length >= fewest && 2 * this.#differing >= this.#lately.length
  }

  /** How many segments may be asked for their digests before another look at this. */
  get mostDigests(): number {
    if (this.#lately.length < fewest) return fewest - this.#lately.length
    return this.#differing > 1 ? looksBack : Number.POSITIVE_INFINITY
  }

  get #differing(): number {
    return this.#lately.filter((differs) => differs).length
  }
}
