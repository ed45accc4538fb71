/**
 * The share of time in which the source may be busy with us, as an account: time fills it, work empties it, and while it is
 * overdrawn nothing that can wait is begun. It saves nothing up: an idle hour is no reason for a storm.
 */
export class Budget {
  readonly #maxShare: number
  readonly #now: () => number
  #freeAt: number

  constructor(maxShare: number, now: () => number = () => performance.now()) {
    this.#maxShare = maxShare
    this.#now = now
    this.#freeAt = now()
  }

  spend(busyMs: number): void {
    this.#freeAt = Math.max(this.#freeAt, this.#now() - busyMs) + busyMs / this.#maxShare
  }

  /** until it is no longer overdrawn; 0 or less: it is not */
  get waitMs(): number {
    return this.#freeAt - this.#now()
  }
}
