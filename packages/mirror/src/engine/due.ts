/**
 * Is something due that stands recorded with the time at which it was last done? By the clock that wrote that time, which may have been
 * set since; so also by the time that this process has seen pass, and at once where the record lies in the future. A clock that jumps
 * makes it happen early, never later than one interval.
 */
export class Due {
  readonly #now: () => number
  #last: string | null | undefined
  #seenAt = 0

  /** `now`: milliseconds that only go forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** `at`: now by the clock that wrote `last`; both ISO 8601. null: it was never done. */
  isDue(at: string, last: string | null, intervalMs: number): boolean {
    if (last !== this.#last) {
      this.#last = last
      this.#seenAt = this.#now()
    }
    const age = last === null ? Number.NaN : Date.parse(at) - Date.parse(last)
    return !(age >= 0 && age < intervalMs && this.#now() - this.#seenAt < intervalMs)
  }
}
