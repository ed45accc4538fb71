/** What stands in the target under the names of mirrored tables: is it as the engine makes it? */
import type { Target } from '../postgres.ts'
import type { TargetTable } from './shape.ts'

const relations = `
  SELECT c.relname, c.relkind,
         (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
            FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
         (SELECT json_agg(a.attname ORDER BY k.n)
            FROM pg_index i, unnest(i.indkey::int[]) WITH ORDINALITY AS k(number, n), pg_attribute a
           WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.number),
         CASE WHEN NOT pg_has_role(c.relowner, 'USAGE') THEN pg_get_userbyid(c.relowner) END,
         (SELECT json_agg(h.inhrelid::regclass::text ORDER BY 1) FROM pg_inherits h WHERE h.inhparent = c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = ANY($2::text[])`

const kinds: Readonly<Record<string, string>> = {
  p: 'a partitioned table',
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
}

/** A type as PostgreSQL's catalogue prints it. */
const printed = (type: string): string => {
  const [, time, zone, precision = ''] = /^(timestamp|time)(tz)?(\(\d\))?$/.exec(type) ?? []
  if (time !== undefined) return `${time}${precision} with${zone === undefined ? 'out' : ''} time zone`
  return type.replace(/^numeric\((\d+)\)$/, 'numeric($1,0)')
}

const pairsOf = (json: string | null | undefined): readonly (readonly [string, string])[] =>
  JSON.parse(json ?? '[]') as [string, string][]

const namesOf = (json: string | null | undefined): readonly string[] => JSON.parse(json ?? '[]') as string[]

/**
 * What is otherwise than the engine makes it, in words, by the table's name in the target; tables that are as they should be, and
 * names under which nothing stands, are left out. Indexes, rights and constraints beside the key are the owner's own affair:
 * readers see the same rows with them and without.
 */
export const shapeDifferences = async (
  target: Target,
  schema: string,
  tables: readonly TargetTable[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const rows = await target.rows(relations, [schema, tables.map(({ name }) => name)])
  const wanted = new Map(tables.map((table) => [table.name, table]))
  const found = new Map<string, readonly string[]>()
  for (const [name = '', kind, columns, key, owner, children] of rows) {
    const table = wanted.get(name ?? '')
    if (table === undefined) continue
    const there = new Map(pairsOf(columns))
    const expected = new Map(table.columns.map((column) => [column.name, printed(column.type)]))
    const keyNames = table.key.map((index) => table.columns[index]?.name ?? '')
    const keyThere = namesOf(key)
    const isKeyed = keyThere.join('\0') === keyNames.join('\0')
    const other = kinds[kind ?? '']
    const words = [
      ...(other === undefined ? [] : [`${other} stands in its place`]),
      ...[...expected].flatMap(([column, type]) => {
        const now = there.get(column)
        if (now === undefined) return [`column ${column} is not there`]
        return now === type ? [] : [`column ${column} is ${now}, not ${type}`]
      }),
      ...[...there.keys()]
        .filter((column) => !expected.has(column))
        .map((column) => `column ${column} is of no mirror’s making`),
      ...(other !== undefined || isKeyed
        ? []
        : [`its primary key is (${keyThere.join(', ')}), not (${keyNames.join(', ')})`]),
      ...(owner === null || owner === undefined ? [] : [`it belongs to role ${owner}`]),
      ...namesOf(children).map((child) => `table ${child} inherits from it, and its rows show in it`),
    ]
    if (words.length > 0) found.set(table.name, words)
  }
  return found
}
