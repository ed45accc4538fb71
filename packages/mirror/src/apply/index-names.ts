/** Names of a table's indexes as PostgreSQL itself would give them: whoever looks at the copy looks for those. */
import { quotePostgres } from '../names.ts'
import type { Target } from '../postgres.ts'

/** PostgreSQL's NAMEDATALEN, without the end */
const mostBytes = 63
/** Further names to try where one is taken, as PostgreSQL does: `…_idx1` */
const tries = 9

/** Whole characters of at most so many bytes. */
const clip = (text: string, bytes: number): string => {
  const whole = Buffer.from(text, 'utf8')
  if (whole.length <= bytes) return text
  let end = bytes
  while (end > 0 && ((whole[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return whole.toString('utf8', 0, end)
}

/** `table_columns_label`, cut as PostgreSQL cuts it (makeObjectName): the longer part first. */
export const objectName = (table: string, columns: string, label: string): string => {
  const room = mostBytes - Buffer.byteLength(label) - 1 - (columns === '' ? 0 : 1)
  let first = Buffer.byteLength(table)
  let second = Buffer.byteLength(columns)
  while (first + second > room) {
    if (first > second) first -= 1
    else second -= 1
  }
  const parts = [clip(table, first), ...(columns === '' ? [] : [clip(columns, second)]), label]
  return parts.join('_')
}

type Place = { readonly schema: string; readonly name: string }

/** Gives the indexes that the condition picks (over `x`, the index, and `c`, its table) the first name that is free. */
const rename = async (target: Target, schema: string, condition: string, values: readonly string[]) => {
  const indexes = await target.rows(
    `SELECT x.relname, c.relname, i.indisprimary,
            (SELECT string_agg(a.attname, '_' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = x.oid)
       FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = x.relnamespace
      WHERE n.nspname = $1 AND ${condition} ORDER BY x.oid`,
    [schema, ...values],
  )
  if (indexes.length === 0) return
  const wanted = indexes.map(([found, table, isPrimary, columns]) => ({
    found: found ?? '',
    names: Array.from({ length: tries + 1 }, (_, pass) =>
      isPrimary === 't'
        ? objectName(table ?? '', '', `pkey${pass || ''}`)
        : objectName(table ?? '', columns ?? '', `idx${pass || ''}`),
    ),
  }))
  const rows = await target.rows(
    'SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND relname = ANY($2::text[])',
    [schema, wanted.flatMap(({ names }) => names)],
  )
  const taken = new Set(rows.map(([relation]) => relation))
  for (const { found, names } of wanted) {
    const free = names.find((each) => !taken.has(each))
    if (free === undefined) continue
    taken.add(free)
    await target.run(
      `ALTER INDEX ${quotePostgres(schema)}.${quotePostgres(found)} RENAME TO ${quotePostgres(free)}`,
    )
  }
}

/** Renames those indexes of the table that still bear the name under which it was loaded. */
export const nameIndexes = async (target: Target, { schema, name }: Place, loadedAs: string): Promise<void> =>
  rename(target, schema, 'c.relname = $2 AND starts_with(x.relname, $3)', [name, loadedAs])

/** Tables and indexes share their names, and the source may have a table `course_pkey`: an index that is called so gives way. */
export const freeName = async (target: Target, { schema, name }: Place): Promise<void> =>
  rename(target, schema, 'x.relname = $2', [name])
