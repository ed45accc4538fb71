/**
 * Two definitions of one table → what changed, and whether the copy can be altered in place. Pure.
 *
 * In place means: nothing is read that the digests do not ask for. After the alteration the table is scanned by its new
 * definition against the digests that are recorded; what differs is written as rows. So a guess can cost time, never truth, as long as equal
 * digests mean equal values: while the way in which a column's values are read and digested is the same (`reading`), and
 * PostgreSQL's type is the same or one that takes every value of the former as it is.
 */
import type { KeptColumn, KeptDefinition, KeptIndex } from '../model.ts'
import type { SchemaChangeKind } from '../types.ts'

export interface DefinitionChange {
  readonly kind: SchemaChangeKind
  readonly before: DefinitionWords | null
  readonly after: DefinitionWords | null
}

type DefinitionWords = Readonly<Record<string, string | boolean | null | readonly string[]>>

export interface Alteration {
  readonly renames: readonly { readonly from: string; readonly to: string }[]
  /** by the column's new name */
  readonly retypes: readonly { readonly column: string; readonly type: string }[]
  readonly addedIndexes: readonly KeptIndex[]
  readonly droppedIndexes: readonly KeptIndex[]
}

export interface DefinitionDifference {
  readonly changes: readonly DefinitionChange[]
  /** null: the table must be loaded anew */
  readonly inPlace: Alteration | null
}

const words = (column: KeptColumn): DefinitionWords => ({
  column: column.name,
  type: column.type,
  nullable: column.nullable,
  ...(column.charset === null ? {} : { charset: column.charset, collation: column.collation }),
})

const sameText = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index])

/** All but the name. */
const sameColumn = (a: KeptColumn, b: KeptColumn): boolean =>
  a.type === b.type &&
  a.nullable === b.nullable &&
  a.charset === b.charset &&
  a.collation === b.collation &&
  a.postgres === b.postgres &&
  a.reading === b.reading

const integers = ['smallint', 'integer', 'bigint', 'numeric(20)']
const decimal = /^numeric\((\d+),(\d+)\)$/

/** Every value of the one type is, as it is printed, a value of the other. */
const takesAll = (from: string, to: string): boolean => {
  if (from === to) return true
  const [was, is] = [integers.indexOf(from), integers.indexOf(to)]
  if (was >= 0 && is >= 0) return was < is
  const [before, after] = [decimal.exec(from), decimal.exec(to)]
  return before !== null && after !== null && before[2] === after[2] && Number(before[1]) <= Number(after[1])
}

/** ENUM and SET are digested by the member's number: members may only be added behind. */
const sameMembers = (from: string, to: string): boolean =>
  !/^(enum|set)\(/i.test(from) || to.startsWith(from.slice(0, -1))

const staysInPlace = (from: KeptColumn, to: KeptColumn, inKey: boolean): boolean =>
  from.reading === to.reading &&
  from.charset === to.charset &&
  takesAll(from.postgres, to.postgres) &&
  sameMembers(from.type, to.type) &&
  // the bounds of segments are keys in the order of their collation
  (!inKey || from.collation === to.collation)

const beyond = (these: readonly KeptIndex[], those: readonly KeptIndex[]): KeptIndex[] => {
  const known = new Set(those.map((index) => JSON.stringify([index.name, index.columns])))
  return these.filter((index) => !known.has(JSON.stringify([index.name, index.columns])))
}

/** A name that went and one that came, where both columns stand at one place and are the same but for it. */
const renamesOf = (before: readonly KeptColumn[], after: readonly KeptColumn[]): Map<string, string> => {
  const renames = new Map<string, string>()
  if (before.length !== after.length) return renames
  const [old, now] = [before, after].map((columns) => new Set(columns.map(({ name }) => name)))
  for (const [index, column] of before.entries()) {
    const other = after[index]
    if (other === undefined || now?.has(column.name) === true || old?.has(other.name) === true) continue
    if (sameColumn(column, other)) renames.set(column.name, other.name)
  }
  return renames
}

/** What a record of an older version knows: names of columns. */
const byNames = (before: readonly string[], after: readonly string[]): DefinitionDifference => {
  const changes: DefinitionChange[] = [
    ...before
      .filter((name) => !after.includes(name))
      .map((name) => ({ kind: 'column dropped', before: { column: name }, after: null }) as const),
    ...after
      .filter((name) => !before.includes(name))
      .map((name) => ({ kind: 'column added', before: null, after: { column: name } }) as const),
  ]
  const unknown: DefinitionChange = { kind: 'definition changed', before: null, after: null }
  return { changes: changes.length === 0 ? [unknown] : changes, inPlace: null }
}

export const compareDefinitions = (before: KeptDefinition, after: KeptDefinition): DefinitionDifference => {
  const [old, now] = [before.details, after.details]
  if (old === undefined || now === undefined) return byNames(before.columns, after.columns)
  const renames = renamesOf(old.columns, now.columns)
  const renamed = (name: string): string => renames.get(name) ?? name
  const byName = new Map(now.columns.map((column) => [column.name, column]))
  const changes: DefinitionChange[] = []
  const retypes: { column: string; type: string }[] = []
  let inPlace = true
  const kept: string[] = []
  for (const column of old.columns) {
    const other = byName.get(renamed(column.name))
    if (other === undefined) {
      changes.push({ kind: 'column dropped', before: words(column), after: null })
      inPlace = false
      continue
    }
    kept.push(other.name)
    if (other.name !== column.name)
      changes.push({ kind: 'column renamed', before: words(column), after: words(other) })
    if (sameColumn(column, other)) continue
    const isText = column.charset !== other.charset || column.collation !== other.collation
    const kind = isText && column.type === other.type ? 'charset changed' : 'column retyped'
    changes.push({ kind, before: words(column), after: words(other) })
    if (!staysInPlace(column, other, now.key.includes(other.name))) inPlace = false
    else if (column.postgres !== other.postgres) retypes.push({ column: other.name, type: other.postgres })
  }
  for (const column of now.columns) {
    if (kept.includes(column.name)) continue
    changes.push({ kind: 'column added', before: null, after: words(column) })
    inPlace = false
  }
  const order = now.columns.map(({ name }) => name).filter((name) => kept.includes(name))
  if (!sameText(kept, order)) {
    changes.push({ kind: 'columns reordered', before: { columns: kept }, after: { columns: order } })
    inPlace = false
  }
  if (!sameText(old.key.map(renamed), now.key)) {
    changes.push({ kind: 'key changed', before: { columns: old.key }, after: { columns: now.key } })
    inPlace = false
  }
  const oldIndexes = old.indexes.map((index) => ({ ...index, columns: index.columns.map(renamed) }))
  const addedIndexes = beyond(now.indexes, oldIndexes)
  const droppedIndexes = beyond(oldIndexes, now.indexes)
  for (const { name, columns } of droppedIndexes)
    changes.push({ kind: 'index dropped', before: { index: name, columns }, after: null })
  for (const { name, columns } of addedIndexes)
    changes.push({ kind: 'index added', before: null, after: { index: name, columns } })
  const alteration: Alteration = {
    renames: [...renames].map(([from, to]) => ({ from, to })),
    retypes,
    addedIndexes,
    droppedIndexes,
  }
  return { changes, inPlace: inPlace ? alteration : null }
}
