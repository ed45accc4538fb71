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

/** A good row of the file, by its section. */
export interface GoodRow {
  readonly line: number
  readonly crn: string
  readonly subject: string
  readonly number: string
  readonly code: string
}

/** A row whose section cannot be told by a CRN. */
export interface LostRow {
  readonly line: number
  readonly cells: readonly string[]
  /** of a row that has its columns in place: subject, number and section; null: where they are cannot be told */
  readonly name: readonly [subject: string, number: string, code: string] | null
}

/**
 * Sections of the file that may lack such a row, with its line: those that it names; else, where it names nothing that can be
 * trusted, the two that it stands between, since the rows of a section follow each other.
 * @param rows by ascending line
 */
export const mayLack = (lost: readonly LostRow[], rows: readonly GoodRow[]): ReadonlyMap<string, number> => {
  const found = new Map<string, number>()
  for (const { line, cells, name } of lost) {
    const words = new Set((name ?? cells).map((cell) => cell.trim().toUpperCase()))
    const isNamed = ({ subject, number, code }: GoodRow): boolean =>
      name === null
        ? [subject, number, code].every((word) => words.has(word))
        : [subject, number, code].every((word, index) => name[index]?.trim().toUpperCase() === word)
    const named = rows.filter(isNamed)
    const beside = [rows.findLast((row) => row.line < line), rows.find((row) => row.line > line)]
    for (const row of named.length > 0 || name !== null ? named : beside)
      if (row !== undefined && !found.has(row.crn)) found.set(row.crn, line)
  }
  return found
}
