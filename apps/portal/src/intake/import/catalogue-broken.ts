/**
 * A row that could not be read → whose it is. A row is never "not there": where its CRN can be told, that section is left as
 * it is; where not, any section may be the one that it speaks of, and nothing may be concluded from what the file lacks.
 */

export interface Owner {
  /** null: it cannot be told */
  readonly crn: string | null
  /** sections that it may belong to, of those that are known */
  readonly suspects: readonly string[]
}

/**
 * A surplus separator before the CRN moves it to the right by one, a missing one to the left: it stands anywhere between.
 * Only a CRN that is known from elsewhere is taken for one, and only when it is the only such one there.
 *
 * @param cells what stands between the row's separators
 * @param place of the CRN in a good row, from 0
 * @param width fields of a good row
 * @param known CRNs of the portal, and of the file's good rows
 */
export const ownerOf = (
  cells: readonly string[],
  place: number,
  width: number,
  known: ReadonlySet<string>,
): Owner => {
  const codes = cells.map((cell) => cell.trim().toUpperCase())
  const moved = place + codes.length - width
  const at = (index: number): boolean =>
    index >= Math.min(place, moved) &&
    index <= Math.max(place, moved) &&
    // the last one of a row that ends too soon may be cut off: 1000 of 10002
    (codes.length >= width || index < codes.length - 1)
  const found = new Set(codes.filter((code, index) => known.has(code) && at(index)))
  const [crn, more] = [...found]
  const suspects = [...new Set(codes.filter((code) => known.has(code)))]
  return crn === undefined || more !== undefined ? { crn: null, suspects } : { crn, suspects: [crn] }
}
