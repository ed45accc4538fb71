/** What the restored rows would not be allowed to be, were they put in anew: told, and kept, since the source had them so. */
import { quoteMysql } from '../../names.ts'
import type { Violation } from '../../types.ts'
import type { Destination } from './destination.ts'

const text = (field: Buffer | null | undefined): string => field?.toString('utf8') ?? ''

interface ForeignKey {
  readonly table: string
  readonly constraint: string
  readonly parent: string
  readonly pairs: { readonly child: string; readonly parent: string }[]
}

const foreignKeys = async (destination: Destination): Promise<readonly ForeignKey[]> => {
  const rows = await destination.rows(
    `SELECT CONSTRAINT_NAME, TABLE_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
       FROM information_schema.KEY_COLUMN_USAGE
      WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL
      ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION`,
  )
  const keys = new Map<string, ForeignKey>()
  for (const [name, table, column, schema, parent, parentColumn] of rows) {
    const id = JSON.stringify([text(table), text(name)])
    const key = keys.get(id) ?? {
      table: text(table),
      constraint: text(name),
      parent: `${quoteMysql(text(schema))}.${quoteMysql(text(parent))}`,
      pairs: [],
    }
    key.pairs.push({ child: quoteMysql(text(column)), parent: quoteMysql(text(parentColumn)) })
    keys.set(id, key)
  }
  return [...keys.values()]
}

/** All tables of the server, quoted: a foreign key may point into another database. */
const tablesThere = async (destination: Destination): Promise<ReadonlySet<string>> => {
  const rows = await destination.rows('SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES')
  return new Set(rows.map(([schema, name]) => `${quoteMysql(text(schema))}.${quoteMysql(text(name))}`))
}

/** Rows of which a foreign key or (on MariaDB) a check of the restored table would not take a new one. */
export const findViolations = async (destination: Destination): Promise<readonly Violation[]> => {
  const violations: Violation[] = []
  const keys = await foreignKeys(destination)
  const there = keys.length === 0 ? new Set<string>() : await tablesThere(destination)
  const count = async (table: string, constraint: string, sql: string): Promise<void> => {
    const [row] = await destination.rows(sql)
    const rows = Number(text(row?.[0]))
    if (rows > 0) violations.push({ table, constraint, rows })
  }
  for (const { table, constraint, parent, pairs } of keys) {
    const set = pairs.map(({ child }) => `c.${child} IS NOT NULL`).join(' AND ')
    const met = pairs.map(({ child, parent }) => `p.${parent} = c.${child}`).join(' AND ')
    // where the parent is no table of this server, every row points at nothing
    const orphan = there.has(parent) ? ` AND NOT EXISTS (SELECT 1 FROM ${parent} AS p WHERE ${met})` : ''
    await count(table, constraint, `SELECT COUNT(*) FROM ${quoteMysql(table)} AS c WHERE ${set}${orphan}`)
  }
  // MySQL has judged each row as it came; only MariaDB can be told not to.
  if (destination.flavour.name === 'mariadb') {
    const checks = await destination.rows(
      `SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = DATABASE()`,
    )
    for (const [table, name, clause] of checks) {
      await count(
        text(table),
        text(name),
        `SELECT COUNT(*) FROM ${quoteMysql(text(table))} WHERE NOT (${text(clause)})`,
      )
    }
  }
  return violations
}
