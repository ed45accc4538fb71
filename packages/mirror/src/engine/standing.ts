/** What stands in the way, as every answer tells it: brakes that hold, tables that are refused. */
import { type ErrorCode, errorTable } from '../errors.ts'
import type { TableRecord } from '../record/tables.ts'
import type { Brake, Refusal } from '../types.ts'
import type { MirrorState } from './state.ts'

const describe = (table: string | null, code: string, reason: string, since: string): Brake => {
  const entry = errorTable[code as ErrorCode]
  return { table, code: code as ErrorCode, reason, remedy: entry.remedy, since }
}

/** The brakes that hold now, as everyone reports them. */
export const brakesOf = (state: Pick<MirrorState, 'source' | 'tables'>): Brake[] => {
  const { source, tables } = state
  const whole =
    source.brake === null ? [] : [describe(null, source.brake.code, source.brake.reason, source.brake.since)]
  return [
    ...whole,
    ...[...tables.values()].flatMap((table) =>
      table.brake === null
        ? []
        : [describe(table.name, table.brake.code, table.brake.reason, table.brake.since)],
    ),
  ]
}

export const refusalsOf = (tables: ReadonlyMap<string, TableRecord>): Record<string, Refusal> =>
  Object.fromEntries(
    [...tables.values()].flatMap((table) => {
      if (table.state !== 'refused' || table.refusal === null) return []
      const code = table.refusal.code as ErrorCode
      return [[table.name, { code, reason: table.refusal.reason, remedy: errorTable[code].remedy }]]
    }),
  )
