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

const bounded = (rowsPerMs: number, fewest: number): number =>
  Math.max(fewest, Math.min(mostRows, Math.floor(rowsPerMs * aimMs)))

/** A quarter of what was asked for; half a row beyond it, for the division. */
const shrunk = (rows: number): number => (Math.max(1, Math.floor(rows / 4)) + 0.5) / aimMs

export class Pace {
  #rowsPerMs = firstRows / aimMs
  #wholeRowsPerMs = firstRows / aimMs
  #bytesPerRow = aimBytes / firstWideRows
  /** where so few were too many, one must do: rows may be of any size */
  #fewest = fewestRows

  /** rows of which only digests or keys travel */
  get rows(): number {
    return bounded(this.#rowsPerMs, this.#fewest)
  }

  /** rows that travel whole */
  wholeRows(most: number): number {
    const byBytes = Math.floor(aimBytes / this.#bytesPerRow)
    return Math.max(1, Math.min(byBytes, this.#wholeRows, most))
  }

  get #wholeRows(): number {
    return bounded(this.#wholeRowsPerMs, this.#fewest)
  }

  /** What a statement over so many rows took. A small one says little about a large one, unless no more were asked for. */
  took(rows: number, ms: number): void {
    if (rows < Math.min(fewestRows, this.rows)) return
    this.#rowsPerMs = 0.5 * this.#rowsPerMs + 0.5 * (rows / Math.max(ms, 1))
  }

  /** The same of rows that travelled whole; they may be so wide that a few of them count. */
  tookWhole(rows: number, ms: number): void {
    if (rows === 0) return
    const weight = Math.min(0.5, rows / (2 * fewestRows))
    this.#wholeRowsPerMs = (1 - weight) * this.#wholeRowsPerMs + weight * (rows / Math.max(ms, 1))
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

  limitReached(): void {
    const [rows, wholeRows] = [this.rows, this.#wholeRows]
    this.#fewest = 1
    this.#rowsPerMs = shrunk(rows)
    this.#wholeRowsPerMs = shrunk(wholeRows)
  }
}
