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

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(whole, 1)).toFixed(1)} %`

export const brakeOnDeletes = (
  table: TableRecord,
  deletes: number,
  maxDelete: number,
): BrakeDecision | undefined => {
  if (table.brakeAccepted || deletes <= fewestDeletes || deletes <= maxDelete * table.rows) return undefined
  return {
    code: 'MIRROR_4101',
    reason: `${deletes} of ${table.rows} rows (${percent(deletes, table.rows)}) would be deleted`,
  }
}

export const brakeOnColumns = (table: TableRecord, columns: readonly string[]): BrakeDecision | undefined => {
  const missing = table.columns.filter((column) => !columns.includes(column))
  if (missing.length === 0 || table.brakeAccepted) return undefined
  return { code: 'MIRROR_4103', reason: `column ${missing.join(', ')} is no longer there` }
}

export interface SourceNow {
  readonly server: string | null
  readonly lostGround: boolean
  readonly tableTimes: ReadonlyMap<string, string>
}

/** Judged before anything of the source's data is looked at. */
export const brakeOnIdentity = (
  source: SourceRecord,
  tables: readonly TableRecord[],
  now: SourceNow,
): BrakeDecision | undefined => {
  if (source.brakeAccepted || source.cycle === null) return undefined
  if (source.identity !== null && now.server !== source.identity) {
    return { code: 'MIRROR_4104', reason: `server ${now.server ?? 'unknown'}, before ${source.identity}` }
  }
  const followed = tables.filter((table) => table.state === 'live' || table.state === 'braked')
  if (followed.length > 1 && followed.every((table) => !now.tableTimes.has(table.name))) {
    return { code: 'MIRROR_4104', reason: `all ${followed.length} tables are gone` }
  }
  if (now.lostGround)
    return { code: 'MIRROR_4105', reason: `transactions up to ${source.position} are no longer in its log` }
  return undefined
}

/**
 * Judged over all tables together: an emptied or replaced source need not trip any table's own brake when its tables
 * are small. Where the server has no identity of its own, that every table was made anew says the same.
 */
export const brakeOnWhole = (
  source: SourceRecord,
  tables: readonly { readonly record: TableRecord; readonly deletes: number; readonly createdAt: string }[],
  maxDelete: number,
): BrakeDecision | undefined => {
  if (source.brakeAccepted || tables.some((table) => table.record.brakeAccepted)) return undefined
  const rows = tables.reduce((sum, table) => sum + table.record.rows, 0)
  const deletes = tables.reduce((sum, table) => sum + table.deletes, 0)
  if (deletes <= maxDelete * rows) return undefined
  const affected = tables.filter((table) => table.deletes > 0).length
  if (deletes > fewestDeletes && affected > 1) {
    return {
      code: 'MIRROR_4104',
      reason: `${deletes} of ${rows} rows (${percent(deletes, rows)}) of ${affected} tables would be deleted at once`,
    }
  }
  const known = tables.filter((table) => source.tableTimes[table.record.name] !== undefined)
  if (known.length > 0 && known.every((table) => source.tableTimes[table.record.name] !== table.createdAt)) {
    return {
      code: 'MIRROR_4104',
      reason: `every table was made anew, and ${deletes} of ${rows} rows would be deleted`,
    }
  }
  return undefined
}
