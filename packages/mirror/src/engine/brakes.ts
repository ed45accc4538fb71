/**
 * Brakes: what is never applied without a decision. Pure. An emptied, replaced or rolled-back source must not empty
 * the backup; people delete rows in small numbers and drop tables seldom, so that asking costs little.
 */
import type { ErrorCode } from '../errors.ts'
import type { SourceRecord } from '../record/source.ts'
import type { TableRecord } from '../record/tables.ts'

export interface BrakeDecision {
  readonly code: ErrorCode
  readonly reason: string
}

/** Below this many rows a large share means little. */
export const fewestDeletes = 1_000

/** A decision takes off the brake that it was asked about, and no other. */
export const isAccepted = (record: { readonly accepted: string | null }, code: ErrorCode): boolean =>
  record.accepted?.split(' ').includes(code) ?? false

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(whole, 1)).toFixed(1)} %`

export const brakeOnDeletes = (
  table: TableRecord,
  deletes: number,
  maxDelete: number,
): BrakeDecision | undefined => {
  if (isAccepted(table, 'MIRROR_4101') || deletes <= fewestDeletes || deletes <= maxDelete * table.rows)
    return undefined
  return {
    code: 'MIRROR_4101',
    reason: `${deletes} of ${table.rows} rows (${percent(deletes, table.rows)}) would be deleted`,
  }
}

export const brakeOnColumns = (table: TableRecord, columns: readonly string[]): BrakeDecision | undefined => {
  const missing = table.columns.filter((column) => !columns.includes(column))
  if (missing.length === 0 || isAccepted(table, 'MIRROR_4103')) return undefined
  return { code: 'MIRROR_4103', reason: `column ${missing.join(', ')} is no longer there` }
}

export interface SourceNow {
  readonly server: string | null
  /** as the address names it */
  readonly database: string
  readonly lostGround: boolean
  readonly tableTimes: ReadonlyMap<string, string>
}

/** Judged before anything of the source's data is looked at. */
export const brakeOnIdentity = (
  source: SourceRecord,
  tables: readonly TableRecord[],
  now: SourceNow,
): BrakeDecision | undefined => {
  if (source.accepted !== null || source.cycle === null) return undefined
  if (now.database !== source.databaseName)
    return { code: 'MIRROR_4104', reason: `database ${now.database}, before ${source.databaseName}` }
  if (source.identity !== null && now.server !== source.identity) {
    return { code: 'MIRROR_4104', reason: `server ${now.server ?? 'unknown'}, before ${source.identity}` }
  }
  const followed = tables.filter(
    (table) =>
      table.state === 'live' ||
      table.state === 'braked' ||
      (table.state === 'loading' && table.fingerprint !== null),
  )
  if (followed.length > 1 && followed.every((table) => !now.tableTimes.has(table.name))) {
    return { code: 'MIRROR_4104', reason: `all ${followed.length} tables are gone` }
  }
  if (now.lostGround)
    return { code: 'MIRROR_4105', reason: `transactions up to ${source.position} are no longer in its log` }
  return undefined
}

export interface TableOutlook {
  readonly record: TableRecord
  readonly deletes: number
  readonly changed: number
  readonly createdAt: string
  /** its definition is another one: somebody altered it, which makes it anew */
  readonly isAltered: boolean
}

/** In so small a database “every table” is one or two, as somebody's ALTER leaves them. */
const fewestTables = 3

/**
 * Rows that speak for a replaced source where every table was made anew. Of one or two small tables whose definitions changed as well they say
 * nothing: that is an ALTER, which makes a table anew. Unless all of them are gone.
 */
const replacedRows = (
  known: readonly TableOutlook[],
  sums: { readonly rows: number; readonly deletes: number; readonly changed: number },
): number => {
  const isSmall = known.length < fewestTables && sums.rows <= fewestDeletes
  const isAlter = isSmall && known.every((table) => table.isAltered) && sums.deletes < sums.rows
  return isAlter ? 0 : sums.deletes + sums.changed
}

/**
 * Judged over all tables together, but those about which a decision was taken: an emptied or replaced source need not
 * trip any table's own brake when its tables are small. Where the server has no identity of its own, that every table
 * was made anew says the same, also when the same keys come back with other rows.
 */
export const brakeOnWhole = (
  source: SourceRecord,
  all: readonly TableOutlook[],
  maxDelete: number,
): BrakeDecision | undefined => {
  if (source.accepted !== null) return undefined
  const tables = all.filter((table) => table.record.accepted === null)
  const rows = tables.reduce((sum, table) => sum + table.record.rows, 0)
  const deletes = tables.reduce((sum, table) => sum + table.deletes, 0)
  const changed = tables.reduce((sum, table) => sum + table.changed, 0)
  const affected = tables.filter((table) => table.deletes > 0).length
  if (deletes > maxDelete * rows && deletes > fewestDeletes && affected > 1) {
    return {
      code: 'MIRROR_4104',
      reason: `${deletes} of ${rows} rows (${percent(deletes, rows)}) of ${affected} tables would be deleted at once`,
    }
  }
  const known = tables.filter((table) => Object.hasOwn(source.tableTimes, table.record.name))
  const madeAnew =
    known.length > 0 && known.every((table) => source.tableTimes[table.record.name] !== table.createdAt)
  // The times alone prove nothing: MariaDB takes them from the files, which a restore, a chown or an ALTER makes anew.
  if (madeAnew && replacedRows(known, { rows, deletes, changed }) > maxDelete * rows) {
    return {
      code: 'MIRROR_4104',
      reason: `every table was made anew; of ${rows} rows ${deletes} would be deleted and ${changed} overwritten`,
    }
  }
  return undefined
}
