/** What the history tells of the source's schema; part of the public answers of types.ts. */
export type SchemaChangeKind =
  | 'table added'
  | 'table renamed'
  /** another table has its name, and its rows are in no table any more */
  | 'table replaced'
  | 'table vanished'
  | 'column added'
  | 'column dropped'
  | 'column renamed'
  | 'column retyped'
  | 'columns reordered'
  | 'charset changed'
  | 'key changed'
  | 'index added'
  | 'index dropped'
  /** what, a record of an older version does not tell */
  | 'definition changed'

export interface SchemaChange {
  readonly cycle: number
  readonly at: string
  /** the table's name from then on */
  readonly table: string
  readonly kind: SchemaChangeKind
  /** what of the definition it was, in words: column, type, nullable … */
  readonly before: Readonly<Record<string, string | boolean | null | readonly string[]>> | null
  readonly after: SchemaChange['before']
  /** reload: loaded beside, and swapped in one cycle · in place: the copy was altered · kept: the copy stays as it was */
  readonly how: 'reload' | 'in place' | 'kept'
}
