/** A file or an import that cannot be used at all. What concerns one row is no error but a line of the report. */
export class ImportError extends Error {
  override readonly name = 'ImportError'
  /** of the command: 2, the file cannot be opened; 1, what is in it or in the database is in the way */
  readonly status: 1 | 2

  constructor(message: string, status: 1 | 2 = 1, cause?: unknown) {
    super(message, { cause })
    this.status = status
  }
}

/** A row that was left out, and why; `line` is where the row begins, counted from 1 as editors do. */
export interface Rejected {
  readonly line: number
  readonly reason: string
}

/** Something that was taken in, but not quite as the file says it. */
export interface Remark {
  readonly line: number
  readonly words: string
}
