/** A file whose rows stand alone → what each says: a bad row is told with its line, as is one that says what another said already. */
import type { Rejected } from './failure.ts'
import type { FileRecord, Records } from './records.ts'
import { FieldFault } from './values.ts'

interface Named {
  /** the same for two rows that must not both be there */
  readonly key: string
  /** in a message: 'the number S1' */
  readonly words: string
}

/** @param read @throws FieldFault */
export const readEachRow = <Row extends { readonly line: number }>(
  { records, rejected: broken }: Pick<Records, 'records' | 'rejected'>,
  read: (record: FileRecord) => Row,
  nameOf: (row: Row) => Named,
): { readonly rows: readonly Row[]; readonly rejected: readonly Rejected[] } => {
  const rejected: Rejected[] = broken.map(({ line, reason }) => ({ line, reason }))
  const rows: Row[] = []
  const lines = new Map<string, number>()
  for (const record of records) {
    try {
      const row = read(record)
      const { key, words } = nameOf(row)
      const before = lines.get(key)
      if (before !== undefined) throw new FieldFault(`${words} stands in line ${before} already`)
      lines.set(key, row.line)
      rows.push(row)
    } catch (error) {
      if (!(error instanceof FieldFault)) throw error
      rejected.push({ line: record.line, reason: error.message })
    }
  }
  return { rows, rejected: rejected.toSorted((a, b) => a.line - b.line) }
}
