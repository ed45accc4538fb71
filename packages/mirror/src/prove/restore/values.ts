/** A value of the mirror → an expression of MySQL that stores it exactly, in the session of `destination.ts`. */
import { mysqlTextBytes } from '../../names.ts'
import type { SourceColumn } from '../../source/tables.ts'

const textTypes = new Set([
  'char',
  'varchar',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  'enum',
  'set',
  'json',
])

/** Numbers, dates and times: nothing in them needs escaping. */
const plain = (column: SourceColumn, text: string): string => {
  if (!/^[-+:. \da-f]*$/i.test(text)) throw new Error(`no value of ${column.columnType}`)
  return `'${text}'`
}

/** The source's own bytes, of a value that PostgreSQL's type cannot hold. */
export const exactSql = (column: SourceColumn, bytes: Buffer): string => {
  // The invalid ENUM value prints like a member ''; it has the number 0, and no bytes.
  if (column.dataType === 'enum' && bytes.length === 0) return '0'
  return textTypes.has(column.dataType) ? mysqlTextBytes(bytes) : plain(column, bytes.toString('latin1'))
}

/** PostgreSQL's text of a value that its type can hold. Throws when it is none of the column's. */
export const shownSql = (column: SourceColumn, shown: string): string => {
  const canonical = column.codec.decode(shown)
  if (column.codec.postgresType === 'bytea') return `x'${canonical.slice(2)}'`
  if (column.dataType === 'bit') return BigInt(`0b${canonical}`).toString()
  // An empty hexadecimal string is no member of an ENUM, not even of one with a member ''.
  if (canonical === '') return "''"
  return textTypes.has(column.dataType)
    ? mysqlTextBytes(Buffer.from(canonical, 'utf8'))
    : plain(column, canonical)
}
