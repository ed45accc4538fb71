/**
 * An independent comparer of two MySQL or MariaDB databases. Plain SQL writes each value as hexadecimal digits of its
 * bytes; definitions are the server's own, but for the number that AUTO_INCREMENT gives next, and for the character set that
 * MySQL writes before a collation of that set or leaves out, as the statement was once worded.
 */
import { onSource } from '../../packages/devstack/src/index.ts'

const backticks = (name: string): string => `\`${name.replaceAll('`', '``')}\``

/** A value's text with nothing lost: FLOAT prints six digits by itself, and a bad ENUM prints like an empty member. */
const textOf = (type: string, column: string): string => {
  switch (type) {
    case 'float':
      return `CAST(${column} * 1e0 AS CHAR)`
    case 'double':
      return `CONCAT(${column})`
    case 'enum':
      return `CONCAT(${column} + 0, ':', CAST(${column} AS BINARY))`
    case 'bit':
      return `(${column} + 0)`
    case 'json':
      return `CAST(${column} AS CHAR)`
    default:
      return `CAST(${column} AS BINARY)`
  }
}

export interface Dump {
  readonly defaults: string
  /** table → its definition */
  readonly definitions: Readonly<Record<string, string>>
  /** table → rows as sorted lines */
  readonly rows: Readonly<Record<string, readonly string[]>>
  /** table → the next number */
  readonly numbers: Readonly<Record<string, bigint>>
}

export async function dumpOf(url: string): Promise<Dump> {
  return onSource(url, async (connection) => {
    const ask = async (sql: string): Promise<readonly (readonly (string | null)[])[]> => {
      const [rows] = await connection.query({ sql, rowsAsArray: true, typeCast: (field) => field.string() })
      return rows as unknown as (string | null)[][]
    }
    await connection.query(
      "SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00', sql_quote_show_create = 1",
    )
    await connection.query('SET SESSION sql_select_limit = 18446744073709551615')
    const [defaults] = await ask('SELECT @@character_set_database, @@collation_database')
    const tables = await ask(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'",
    )
    const definitions: Record<string, string> = {}
    const rows: Record<string, readonly string[]> = {}
    const numbers: Record<string, bigint> = {}
    for (const [name] of tables) {
      const table = String(name)
      const [created] = await ask(`SHOW CREATE TABLE ${backticks(table)}`)
      const definition = String(created?.[1])
      const number = /^\) .*?AUTO_INCREMENT=(\d+)/m.exec(definition)?.[1]
      if (number !== undefined) numbers[table] = BigInt(number)
      definitions[table] = definition
        .replace(/^(\) .*?) AUTO_INCREMENT=\d+/m, '$1')
        .replaceAll(/ CHARACTER SET (\w+) COLLATE \1_/g, ' COLLATE $1_')
      const columns = await ask(
        `SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
          WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${connection.escape(table)} ORDER BY ORDINAL_POSITION`,
      )
      const list = columns.map(([column, type]) => {
        const text = textOf(String(type).toLowerCase(), backticks(String(column)))
        return `IFNULL(HEX(${text}), 'NULL')`
      })
      const found = await ask(`SELECT CONCAT_WS(' ', ${list.join(', ')}) FROM ${backticks(table)}`)
      rows[table] = found.map(([line]) => String(line)).sort()
    }
    return { defaults: String(defaults), definitions, rows, numbers }
  })
}
