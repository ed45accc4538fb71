/** Names and literals as either server writes them. The only place where SQL text is quoted. */
import { createHash } from 'node:crypto'

/** PostgreSQL cuts longer names silently (NAMEDATALEN − 1). */
const postgresNameBytes = 63

export const quoteMysql = (name: string): string => `\`${name.replaceAll('`', '``')}\``

export const quotePostgres = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A hexadecimal literal needs no escaping, whatever sql_mode says of backslashes and quotes. */
export const mysqlText = (text: string): string => mysqlTextBytes(Buffer.from(text, 'utf8'))

export const mysqlTextBytes = (bytes: Buffer): string => `_utf8mb4 x'${bytes.toString('hex')}'`

/** The beginning of a name and a digest of the whole. */
const cutName = (name: string): string => {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12)
  let head = name
  while (Buffer.byteLength(head) > postgresNameBytes - 13) head = Array.from(head).slice(0, -1).join('')
  return `${head}~${digest}`
}

/**
 * The name under which something of the source stands in PostgreSQL: the same, unless it is too long there;
 * then its beginning and a digest of the whole. The source's own name is recorded beside it, so the way back is a
 * look-up.
 */
export const postgresName = (name: string): string =>
  Buffer.byteLength(name) <= postgresNameBytes ? name : cutName(name)

/** PostgreSQL's own columns of every table; no other column may be called so. */
const systemColumns = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'])

/** The same for a column, which may bear any name but these. */
export const postgresColumnName = (name: string): string =>
  systemColumns.has(name) ? cutName(name) : postgresName(name)

/** A glob over table names: `*` any run, `?` one character; everything else stands for itself. */
export const globToRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'su',
  )

/** True when the table takes part: named by `tables` (all, when empty) and not by `exclude`. */
export const tableSelector = (
  tables: readonly string[],
  exclude: readonly string[],
): ((table: string) => boolean) => {
  const wanted = tables.map(globToRegExp)
  const unwanted = exclude.map(globToRegExp)
  return (table) =>
    (wanted.length === 0 || wanted.some((glob) => glob.test(table))) &&
    !unwanted.some((glob) => glob.test(table))
}
