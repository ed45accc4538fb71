/**
 * Which seat a student would take: one that is kept for a group that the student belongs to, else one that anybody can have.
 * While somebody waits for the section, nobody takes a seat past the list.
 */
import type { SectionRow } from '../catalogue/types.ts'
import { belongs } from './group.ts'
import { type Reason, reason } from './reasons.ts'
import type { Reserve, StudentFacts } from './rules.ts'

export interface SeatChoice {
  /** there is a seat to be had now */
  readonly free: boolean
  /** it comes from this reserve; null: it is anybody's */
  readonly reserveId: number | null
  /** why there is none */
  readonly reason: Reason | null
}

/** The reserve whose seats are the student's: the first that fits and has one left. */
export const ownReserve = (reserves: readonly Reserve[], student: StudentFacts): Reserve | undefined =>
  reserves.find((reserve) => reserve.taken < reserve.seats && belongs(student, reserve))

export const chooseSeat = (
  { seats }: Pick<SectionRow, 'seats'>,
  reserves: readonly Reserve[],
  student: StudentFacts,
): SeatChoice => {
  const left = seats.capacity - seats.taken
  const kept = reserves.reduce((sum, reserve) => sum + Math.max(0, reserve.seats - reserve.taken), 0)
  const own = ownReserve(reserves, student)
  if (left <= 0 || seats.waiting > 0)
    return { free: false, reserveId: own?.id ?? null, reason: reason('full') }
  if (own !== undefined) return { free: true, reserveId: own.id, reason: null }
  if (left > kept) return { free: true, reserveId: null, reason: null }
  const labels = reserves.filter(({ taken, seats }) => taken < seats).map(({ label }) => label)
  return { free: false, reserveId: null, reason: reason('reserved', String(left), labels.join(', ')) }
}
