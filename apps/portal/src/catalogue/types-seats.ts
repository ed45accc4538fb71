/** Of types.ts: what the ledger of seats tells. */
import type { SeatEventKind } from '../db/seat-event-kind.ts'
import type { Reason } from '../policy/reasons.ts'

/** One line of the ledger. Counters are as the event left them. */
export interface SeatEventRow {
  readonly id: number
  readonly event: SeatEventKind
  /** 'YYYY-MM-DDTHH:MM:SS.mmmmmmZ' */
  readonly at: string
  readonly actor: 'student' | 'staff' | 'system'
  readonly staffNumber: string | null
  readonly student: { readonly number: string; readonly name: string } | null
  readonly receipt: string | null
  readonly ticket: number | null
  readonly reason: Reason | null
  readonly capacity: number
  readonly enrolled: number
  readonly held: number
  readonly waiting: number
}

export interface SeatHolder {
  readonly number: string
  readonly name: string
  readonly since: string
  /** of the list: in its order */
  readonly ticket: number | null
  /** the seat was given by a permission, although none was free for others */
  readonly permitted: boolean
  /** of the list: why the last free seat went past */
  readonly passed: Reason | null
}

/** Who held which seat, and who waited in which order, at one instant: from the ledger alone. */
export interface SeatsAt {
  /** the instant that was asked about; null: now */
  readonly at: string | null
  readonly holders: readonly SeatHolder[]
  readonly list: readonly SeatHolder[]
  /** up to that instant, newest first */
  readonly events: readonly SeatEventRow[]
  /** more events than are listed */
  readonly more: boolean
}
