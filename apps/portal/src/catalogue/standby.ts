/**
 * When did a receipt reach the standby? Read from the mirror's own record there, and from nowhere else: what it
 * says is what the standby really holds. Its schemas are a public contract of the mirror.
 */
import type { Pool } from 'pg'
import type { StandbyReader } from './index.ts'
import type { StandbyCopy } from './types.ts'

/**
 * The row must be there; its insert is in the ledger unless it came with a load of the whole table, which has one
 * entry. The row is looked up by number, so no receipt of another source can answer.
 */
const question = (schema: string) => `
  SELECT receipt.created_at::text AS created_at, entry.op, entry.cycle::text AS cycle,
         to_char(cycle.committed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
         extract(epoch FROM cycle.committed_at - (receipt.created_at AT TIME ZONE 'UTC'))::text AS later
    FROM "${schema.replaceAll('"', '""')}".receipt
    JOIN LATERAL (
      SELECT change.cycle, change.op FROM mirror.change
       WHERE change.source_id = $2 AND change.table_name = 'receipt'
         -- a load has no key; said so that both sides of the OR go by the ledger's index
         AND ((change.op = 'insert' AND change.key = ARRAY[receipt.id::text])
              OR (change.op = 'load' AND change.key IS NULL))
       ORDER BY (change.op = 'insert') DESC, change.cycle DESC
       LIMIT 1) entry ON true
    JOIN mirror.cycle ON cycle.source_id = $2 AND cycle.id = entry.cycle
   WHERE receipt.number = $1`

interface Answer {
  readonly op: string
  readonly cycle: string
  readonly at: string
  readonly later: string
}

/** PostgreSQL's code for a table or schema that is not there: the mirror has not loaded it yet. */
const notYet = new Set(['42P01', '3F000'])

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** What only a person can mend: a right that is missing, a wrong password, no such account or database. */
const misconfigured = new Set(['42501', '28P01', '28000', '3D000'])

/** A fault of the standby, for the log: PostgreSQL's SQLSTATE or the network's code, never an address. */
export interface StandbyFault {
  readonly code: string
  readonly kind: 'not_loaded' | 'misconfigured' | 'away'
}

const kindOf = (code: string): StandbyFault['kind'] =>
  notYet.has(code) ? 'not_loaded' : misconfigured.has(code) ? 'misconfigured' : 'away'

const noteEveryMs = 60_000

/** Pages ask several times a second: each code is passed on once a minute. */
const oncePerMinute = (note: (fault: StandbyFault) => void) => {
  const noted = new Map<string, number>()
  return (fault: StandbyFault): void => {
    const now = performance.now()
    const last = noted.get(fault.code)
    if (last !== undefined && now - last < noteEveryMs) return
    noted.set(fault.code, now)
    note(fault)
  }
}

/** @param onFault hears of each fault once a minute @param sourceId the mirror's name of the source, which is its database's; also the schema of the copy */
export const createStandbyReader = (
  pool: Pool | null,
  sourceId: string,
  onFault: (fault: StandbyFault) => void = () => undefined,
): StandbyReader => {
  const note = oncePerMinute(onFault)
  return {
    standbyCopy: async (receiptNumber): Promise<StandbyCopy> => {
      if (pool === null) return { state: 'off' }
      try {
        const { rows } = await pool.query<Answer>(question(sourceId), [receiptNumber, sourceId])
        const [row] = rows
        if (row === undefined) return { state: 'waiting', copied: false }
        return {
          state: 'copied',
          copied: true,
          at: row.at,
          // a load tells when the table arrived, which says nothing of this one receipt
          secondsLater: row.op === 'insert' ? Math.max(0, Number(Number(row.later).toFixed(3))) : null,
          cycle: Number(row.cycle),
        }
      } catch (error) {
        const code = codeOf(error)
        const kind = kindOf(code)
        note({ code, kind })
        return kind === 'not_loaded' ? { state: 'waiting', copied: false } : { state: 'away' }
      }
    },
    close: async () => {
      await pool?.end()
    },
  }
}
