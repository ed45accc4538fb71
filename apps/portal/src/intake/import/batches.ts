/** Rows in batches: large enough to be quick, well under any max_allowed_packet. */
const size = 500

export const inBatches = async <Row>(
  rows: readonly Row[],
  insert: (batch: readonly Row[]) => Promise<unknown>,
): Promise<void> => {
  for (let start = 0; start < rows.length; start += size) await insert(rows.slice(start, start + size))
}
