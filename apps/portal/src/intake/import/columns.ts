/** A header → which field stands where. Names are compared without case, blanks and punctuation. */
import { normalise } from '../../catalogue/text.ts'
import { ImportError } from './failure.ts'
import type { FileRecord } from './records.ts'

export interface ColumnSpec {
  /** what the column may be called; the first one is used in messages */
  readonly names: readonly string[]
  readonly required: boolean
}

export interface Columns<Field extends string> {
  /** the field's text, trimmed; '' where there is no such column */
  text(record: FileRecord, field: Field): string
  /** as it stands in the file */
  raw(record: FileRecord, field: Field): string
  has(field: Field): boolean
  /** where it stands in a record, from 0; null where there is no such column */
  place(field: Field): number | null
  /** names in the header that mean nothing here */
  readonly ignored: readonly string[]
}

const key = (name: string): string => normalise(name).replaceAll(' ', '')

/** @throws ImportError that names every missing column, and every one that is there twice */
export const findColumns = <Field extends string>(
  specs: Readonly<Record<Field, ColumnSpec>>,
  header: readonly string[],
  name: string,
): Columns<Field> => {
  const keys = header.map(key)
  const places = new Map<string, number>()
  const known = new Set<string>()
  const faults: string[] = []
  for (const [field, spec] of Object.entries<ColumnSpec>(specs)) {
    const names = spec.names.map(key)
    for (const one of names) known.add(one)
    const wanted = names.find((one) => keys.includes(one))
    const label = spec.names.slice(0, 3).join(' or ')
    if (wanted === undefined) {
      if (spec.required) faults.push(`the column ${label} is missing`)
      continue
    }
    if (keys.indexOf(wanted) !== keys.lastIndexOf(wanted)) faults.push(`the column ${label} is there twice`)
    places.set(field, keys.indexOf(wanted))
  }
  if (faults.length > 0)
    throw new ImportError(
      `${name} cannot be used: ${faults.join('; ')}. The first row must name the columns; it reads: ${header.slice(0, 8).join(', ').slice(0, 200)}. Nothing was changed.`,
    )
  const raw = (record: FileRecord, field: Field): string => {
    const place = places.get(field)
    return place === undefined ? '' : (record.fields[place] ?? '')
  }
  return {
    raw,
    text: (record, field) => raw(record, field).trim(),
    has: (field) => places.has(field),
    place: (field) => places.get(field) ?? null,
    ignored: header.filter((_, index) => !known.has(keys[index] ?? '')),
  }
}

/** For people: the columns that a file must have, and those that it may have. */
export const describeColumns = (
  specs: Readonly<Record<string, ColumnSpec>>,
): { readonly required: string; readonly optional: string } => {
  const list = (required: boolean) =>
    Object.values(specs)
      .filter((spec) => spec.required === required)
      .map((spec) => spec.names.slice(0, 2).join(' or '))
      .join(', ')
  return { required: list(true), optional: list(false) }
}
