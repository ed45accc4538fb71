/**
 * How much one statement on the source asks for, so that it takes about a quarter of a second: far below the second
 * for which an ALTER may wait for us, far above a round trip. It follows what the last statements took, and starts
 * anew from a quarter when the server ended one at its limit. Bytes are bounded too, since what is read is held here.
 */
export const aimMs = 250
const fewestRows = 50
const mostRows = 32_000
const firstRows = 2_000
const firstWideRows = 100
/** Bytes of one answer: what is read exists several times over while it is translated and written. */
export const aimBytes = 2_000_000

/** How many rows the source handles in a statement of about `aimMs`. */
class Rate {
  #rowsPerMs = firstRows / aimMs
  /** where so few were too many, one must do: rows may be of any size */
  #fewest = fewestRows

  get rows(): number {
    return Math.max(this.#fewest, Math.min(mostRows, Math.floor(this.#rowsPerMs * aimMs)))
  }

  /** `weight`: 0 to 1, how much one statement says */
  took(rows: number, ms: number, weight: number): void {
    this.#rowsPerMs = (1 - weight) * this.#rowsPerMs + weight * (rows / Math.max(ms, 1))
  }

  /** A quarter of what was asked for; half a row beyond it, for the division. */
  limitReached(): void {
    const rows = this.rows
    this.#fewest = 1
    this.#rowsPerMs = (Math.max(1, Math.floor(rows / 4)) + 0.5) / aimMs
  }
}

/**
 * Rows that travel whole have a rate of their own: one of the two that is driven to a single row, by statements that the server
 * ended, must not leave the other there, which nothing would teach better.
 */
export class Pace {
  readonly #digests = new Rate()
  readonly #whole = new Rate()
  #bytesPerRow = aimBytes / firstWideRows

  /** rows of which only digests or keys travel */
  get rows(): number {
    return this.#digests.rows
  }

  /** rows that travel whole */
  wholeRows(most: number): number {
    const byBytes = Math.floor(aimBytes / this.#bytesPerRow)
    return Math.max(1, Math.min(byBytes, this.#whole.rows, most))
  }

  /** What a statement over so many rows took. A small one says little about a large one, unless no more were asked for. */
  took(rows: number, ms: number): void {
    if (rows >= Math.min(fewestRows, this.rows)) this.#digests.took(rows, ms, 0.5)
  }

  /** The same of rows that travelled whole; they may be so wide that a few of them count. */
  tookWhole(rows: number, ms: number): void {
    if (rows > 0) this.#whole.took(rows, ms, Math.min(0.5, rows / (2 * fewestRows)))
  }

  /** How wide rows turned out to be; wider ones count at once, narrower ones by and by. */
  carried(rows: number, bytes: number): void {
    if (rows === 0) return
    const width = Math.max(1, bytes / rows)
    this.#bytesPerRow = width > this.#bytesPerRow ? width : Math.max(width, this.#bytesPerRow / 8)
  }

  /** Another table, other rows. */
  unknownWidth(): void {
    this.#bytesPerRow = aimBytes / firstWideRows
  }

  /** The server ended a statement over so many `rows`. */
  limitReached(): void {
    this.#digests.limitReached()
  }

  /** It ended one over so many `wholeRows`. */
  wholeLimitReached(): void {
    this.#whole.limitReached()
  }
}
