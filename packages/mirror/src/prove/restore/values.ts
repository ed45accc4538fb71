/** Canonical value → the source's bytes → an expression of MySQL, until every codec brings its own two functions. */
import { mysqlTextBytes } from '../../names.ts'
import type { SourceColumn } from '../../source/tables.ts'

const textTypes = new Set([
  'char',
  'varchar',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  'set',
  'json',
  'enum',
])

export const bytesOf = (column: SourceColumn, canonical: string): Buffer => {
  if (column.codec.postgresType === 'bytea') return Buffer.from(canonical.slice(2), 'hex')
  if (column.dataType === 'bit') return Buffer.from(BigInt(`0b${canonical}`).toString(10))
  return Buffer.from(canonical, 'utf8')
}

export const insertSql = (column: SourceColumn, bytes: Buffer): string => {
  if (column.codec.postgresType === 'bytea') return `x'${bytes.toString('hex')}'`
  if (textTypes.has(column.dataType)) return mysqlTextBytes(bytes)
  const text = bytes.toString('latin1')
  if (!/^[-+:. \da-fe]*$/i.test(text)) throw new Error(`not a value of ${column.columnType}`)
  return column.dataType === 'bit' ? text : `'${text}'`
}
