/** Short aligned tables and plain words for people. */

export type Cell = string | number | boolean | null | undefined

/** 1234567 → 1,234,567 */
export const count = (value: number): string => value.toLocaleString('en-US')

export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

const text = (cell: Cell): string => {
  if (cell === null || cell === undefined) return '-'
  return typeof cell === 'number' ? count(cell) : String(cell)
}

/** Control characters of a value could move the cursor or clear the screen. */
const harmless = (value: string): string =>
  // eslint-disable-next-line no-control-regex
  value.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1))

/** Rows under a heading; numbers to the right. An empty list gives an empty text. */
export function layOut(heading: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return ''
  const lines = [heading, ...rows].map((row) => row.map((cell) => harmless(text(cell))))
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const right = heading.map((_, column) =>
    rows.every((row) => typeof row[column] === 'number' || row[column] === null),
  )
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          right[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Paragraphs, with an empty line between those that are not empty. */
export const paragraphs = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join('\n\n')
