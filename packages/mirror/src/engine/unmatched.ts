/**
 * Names in the settings that fit nothing in the source. A slip in --redact shows what was to stay hidden, one in
 * --exclude copies what was not to be copied, one in --tables leaves out what was meant: none of them fails by itself.
 * They are no errors, since a table may be made later.
 */
import { globToRegExp } from '../names.ts'
import type { Catalogue } from '../source/tables.ts'
import type { MirrorOptions } from '../types.ts'

type Naming = Pick<MirrorOptions, 'tables' | 'exclude' | 'redact'>

/** Names may hold dots: where the table's ends, the tables tell. */
const fitsRedaction = (entry: string, catalogue: Catalogue): boolean => {
  const wanted = entry.toLowerCase()
  const isColumn = [...catalogue.tables.values()].some(({ name, columns }) =>
    columns.some((column) => `${name}.${column.name}`.toLowerCase() === wanted),
  )
  // of a table that is left out or refused no value is told anyway
  const untold = [...catalogue.createdAt.keys()].filter((name) => !catalogue.tables.has(name))
  return isColumn || untold.some((name) => wanted.startsWith(`${name}.`.toLowerCase()))
}

/** As they were given, with their flag: `--redact student.emial`. */
export const unmatchedNames = (options: Naming, catalogue: Catalogue): readonly string[] => {
  const names = [...catalogue.createdAt.keys(), ...catalogue.others]
  const fitsTable = (glob: string): boolean => names.some((name) => globToRegExp(glob).test(name))
  return [
    ...options.tables.filter((glob) => !fitsTable(glob)).map((glob) => `--tables ${glob}`),
    ...options.exclude.filter((glob) => !fitsTable(glob)).map((glob) => `--exclude ${glob}`),
    ...options.redact.filter((entry) => !fitsRedaction(entry, catalogue)).map((entry) => `--redact ${entry}`),
  ]
}
