/**
 * Which seat a student would take: one that is kept for a group that the student belongs to, else one that anybody can have.
 * While somebody waits for the section, nobody takes a seat past the list. Two permissions of the office change that:
 *
 *   full       a seat beyond the capacity where none is left; and, when the list is not served any more, past the list
 *   reserved   a seat of a group that the student does not belong to, where no other is left
 *
 * A permission takes no seat that somebody on the list is about to get, one of a group's included, and none of a group's without the
 * second one. Where only a group's seats are left and somebody waits, whoever could have one of them joins the list as everybody, and
 * gets it in turn; once they are gone, the permission for a full section gives the one beyond.
 */
import type { SectionRow } from '../catalogue/types.ts'
import { belongs } from './group.ts'
import { fullReason, type Reason, reason } from './reasons.ts'
import type { Reserve, StudentFacts } from './rules.ts'

export interface SeatChoice {
  /** there is a seat to be had now */
  readonly free: boolean
  /** it comes from this reserve; null: it is anybody's */
  readonly reserveId: number | null
  /** how it is taken: as everybody does, beyond the capacity, or past a list that is not served any more */
  readonly take: 'take' | 'take_over' | 'take_past'
  /** the permission without which it could not be had */
  readonly overrideId: number | null
  /** why there is none */
  readonly reason: Reason | null
}

/** Ids of the permissions for this section, if the student has them; and whether the list still gets what comes free. */
export interface SeatRights {
  readonly full: number | null
  readonly reserved: number | null
  readonly listServed: boolean
}

export const noRights: SeatRights = { full: null, reserved: null, listServed: true }

const hasLeft = ({ seats, taken }: Reserve): boolean => taken < seats

export const chooseSeat = (
  { seats }: Pick<SectionRow, 'seats'>,
  reserves: readonly Reserve[],
  student: StudentFacts,
  { full, reserved, listServed }: SeatRights = noRights,
): SeatChoice => {
  const left = seats.capacity - seats.taken
  const kept = reserves.reduce((sum, reserve) => sum + Math.max(0, reserve.seats - reserve.taken), 0)
  const own = reserves.find((reserve) => hasLeft(reserve) && belongs(student, reserve))
  const plain = { free: true, reserveId: null, take: 'take', overrideId: null, reason: null } as const
  const none = { ...plain, free: false, reserveId: own?.id ?? null } as const
  const lent = reserved === null ? undefined : reserves.find(hasLeft)
  if (left <= 0 || seats.waiting > 0) {
    // what is free goes to the list first, in a moment; the seat beyond the capacity is had after that
    if (full !== null && (left <= 0 || (listServed && left > kept)))
      return { ...plain, take: 'take_over', overrideId: full }
    // a group's seats go to the list first as well: one of the same group may stand on it
    if (full === null || (listServed && (own ?? lent) !== undefined))
      return own === undefined && lent !== undefined && left > 0 && left <= kept
        ? { ...none, reserveId: lent.id, overrideId: reserved, reason: fullReason(seats) }
        : { ...none, reason: fullReason(seats) }
  }
  const take = seats.waiting > 0 ? 'take_past' : 'take'
  const overrideId = seats.waiting > 0 ? full : null
  if (own !== undefined) return { ...plain, reserveId: own.id, take, overrideId }
  if (left > kept) return { ...plain, take, overrideId }
  if (lent !== undefined) return { ...plain, reserveId: lent.id, take, overrideId: reserved }
  const labels = reserves.filter(hasLeft).map(({ label }) => label)
  return { ...none, reserveId: null, reason: reason('reserved', String(left), labels.join(', ')) }
}
