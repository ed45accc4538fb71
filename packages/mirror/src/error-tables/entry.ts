export interface ErrorEntry {
  /** One sentence: what is wrong. */
  readonly cause: string
  /** One sentence: what a person can do about it. */
  readonly remedy: string
  /** True when `mirror run` tries again by itself. */
  readonly retried: boolean
}
