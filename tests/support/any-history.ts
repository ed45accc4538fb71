/** Lives a random history in the source, lets the mirror follow, and asks the independent comparer after every cycle. */
import { expect } from 'vitest'
import { onSource } from '../../packages/devstack/src/index.ts'
import { type AnyHistory, type AnyTable, type Change, createTableSql, quote } from './any-schema.ts'
import { compareSides } from './compare.ts'
import { mirror } from './mirror.ts'
import type { FreshDatabase, FreshTarget } from './servers.ts'

type Query = (sql: string) => Promise<unknown>

/** What a random statement may be refused for; the source decides, not the test. */
const refusals = new Map([
  [1062, 'double key'],
  [1048, 'NULL'],
  [1264, 'out of range'],
  [1265, 'cut'],
  [1292, 'no such time'],
  [1300, 'no text of the character set'],
  [1366, 'no text of the character set'],
  [1367, 'no such value'],
  [1406, 'too long'],
  [1411, 'no such value'],
  [1690, 'out of range'],
])

const attempt = async (query: Query, sql: string): Promise<boolean> => {
  try {
    await query(sql)
    return true
  } catch (error) {
    if (!refusals.has((error as { errno?: number }).errno ?? 0)) throw new Error(sql, { cause: error })
    return false
  }
}

/** A table and the handles of its rows. */
interface Living {
  readonly table: AnyTable
  readonly rows: number[]
  next: number
}

/** Not a handle of any row. */
const nobody = -1

const run = async (query: Query, living: readonly Living[], change: Change): Promise<void> => {
  const own = living[change.table]
  if (own === undefined) return
  const { table, rows } = own
  const name = quote(table.name)
  const handle = quote(table.handle)
  if (change.kind === 'insert') {
    const columns = table.columns
      .filter(({ value }) => value !== undefined)
      .map((column) => quote(column.name))
    const number = own.next++
    const inserted = await attempt(
      query,
      `INSERT INTO ${name} (${columns.join(', ')}, ${handle}) VALUES (${change.values.join(', ')}, ${number})`,
    )
    if (inserted) rows.push(number)
    return
  }
  const place = change.row % Math.max(1, rows.length)
  const row = rows[place]
  if (row === undefined) return
  const where = (number: number): string => `WHERE ${handle} = ${number}`
  if (change.kind === 'delete') {
    await query(`DELETE FROM ${name} ${where(row)}`)
    rows.splice(place, 1)
    return
  }
  const set = async (what: string, value: string, number: number): Promise<boolean> =>
    attempt(query, `UPDATE ${name} SET ${what} = ${value} ${where(number)}`)
  if (change.kind === 'swap unique') {
    const other = rows[change.other % rows.length] ?? row
    await query('START TRANSACTION')
    await set(handle, String(nobody), row)
    await set(handle, String(row), other)
    await set(handle, String(other), nobody)
    await query('COMMIT')
    return
  }
  const column = quote(table.columns[change.column]?.name ?? '')
  if (change.kind === 'update') await set(column, change.value, row)
  else if (change.kind === 'recase')
    await set(
      column,
      `IF(CAST(${column} AS BINARY) = CAST(UPPER(${column}) AS BINARY), LOWER(${column}), UPPER(${column}))`,
      row,
    )
  else {
    const other = rows[change.other % rows.length] ?? row
    await query('START TRANSACTION')
    await query(`SELECT ${column} INTO @first FROM ${name} ${where(row)}`)
    await query(`SELECT ${column} INTO @second FROM ${name} ${where(other)}`)
    await set(column, '@second', row)
    await set(column, '@first', other)
    await query('COMMIT')
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

/** Invalid and zero dates are kept, an ENUM takes its number 0, times are in UTC. */
const session = [
  "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'",
  "SET SESSION time_zone = '+00:00'",
  'SET NAMES utf8mb4',
]

/**
 * Fails on the first cycle after which the two sides differ, or the mirror counts wrongly what stands aside. Gives how many
 * values and rows do so in the end.
 */
export async function followHistory(
  { tables, batches }: AnyHistory,
  database: FreshDatabase,
  target: FreshTarget,
): Promise<{ readonly values: number; readonly rows: number }> {
  const aside = { values: 0, rows: 0 }
  const sides = { source: database.mirrorUrl, target: target.url }
  await onSource(database.adminUrl, async (connection) => {
    const query: Query = (sql) => connection.query(sql)
    for (const statement of session) await query(statement)
    for (const table of tables) await query(createTableSql(table))
    const living = tables.map((table): Living => ({ table, rows: [], next: 0 }))
    for (const batch of batches) {
      for (const change of batch) await run(query, living, change)
      const sync = await mirror(sides, 'sync')
      expect([sync.exit, sync.json.refused, sync.json.brakes], sync.out + sync.err).toEqual([0, {}, []])
      const compared = await compareSides({ source: database.adminUrl, target: target.adminUrl })
      expect(compared.differences).toEqual([])
      const counted = (await mirror(sides, 'status')).json.tables
      Object.assign(aside, {
        values: sum(Object.values(compared.aside).map(({ values }) => values)),
        rows: sum(Object.values(compared.aside).map(({ rows }) => rows)),
      })
      for (const [name, { values, rows }] of Object.entries(compared.aside))
        expect(counted[name]?.exactValues, `${name}: counted aside`).toBe(values + rows)
    }
    const verified = await mirror(sides, 'verify')
    expect(verified.json).toMatchObject({ equal: true })
    expect(verified.exit).toBe(0)
    // Nobody wrote into the copy: of all its values none is taken for somebody else's, as written or compared.
    expect((await mirror(sides, 'sync', '--drift-check', '1ms')).exit).toBe(0)
    expect((await mirror(sides, 'history')).json.conflicts).toEqual([])
  })
  return aside
}
