/**
 * A section's seats and list as plain collections, fed with the ledger event by event. It shares no code with the registrar: each
 * event must be lawful for what the events before it made, and must tell the counters that then follow.
 *
 * Seats of a group: the ledger does not say which seat it was, so the model keeps every way in which it can have been, and an event
 * is lawful if it is in one of them. What the rows say at the end must be one of them, too.
 */
import type { SeatEventKind } from '../../apps/portal/src/db/seat-event-kind.ts'

interface Place {
  readonly student: number
  readonly ticket: number
  passed: boolean
}

export interface LedgerLine {
  readonly id: number
  readonly section: number
  readonly student: number | null
  readonly event: SeatEventKind
  readonly ticket: number | null
  readonly receipt: string | null
  readonly capacity: number
  readonly enrolled: number
  readonly held: number
  readonly waiting: number
  /** 'by_permission' where the seat could not be had otherwise; of 'wait_listed': why the place does not count yet */
  readonly reason: string | null
}

/** Seats of the section that are kept for the members of a group. */
export interface Kept {
  readonly seats: number
  readonly isMember: (student: number) => boolean
}

/** Where each holder's seat is from: true: of the group's. */
type Origins = ReadonlyMap<number, boolean>

interface Way {
  readonly ofGroup: boolean
  readonly origins: Origins
}

export class SectionModel {
  capacity: number
  readonly holders = new Set<number>()
  list: readonly Place[] = []
  #lastTicket = 0
  readonly #kept: Kept
  /** students with a permission for a full section, ever: a seat was there for them whenever they were passed over */
  readonly #permitted: ReadonlySet<number>
  #ways: readonly Origins[] = [new Map()]

  constructor(
    capacity: number,
    kept: Kept = { seats: 0, isMember: () => false },
    permitted: ReadonlySet<number> = new Set(),
  ) {
    this.capacity = capacity
    this.#kept = kept
    this.#permitted = permitted
  }

  get inForce(): number {
    return this.list.filter((place) => !place.passed).length
  }

  get left(): number {
    return this.capacity - this.holders.size
  }

  get seatLeft(): boolean {
    return this.left > 0
  }

  position(student: number): number {
    return this.list.findIndex((place) => place.student === student) + 1
  }

  /** Seats of the group that are not taken, if it is so. */
  #keptLeft(origins: Origins): number {
    return this.#kept.seats - [...origins.values()].filter((ofGroup) => ofGroup).length
  }

  /** @param ofGroup the holders whose seat is one of the group's */
  couldBe(ofGroup: ReadonlySet<number>): boolean {
    return this.#ways.some((way) => [...way].every(([student, group]) => group === ofGroup.has(student)))
  }

  /**
   * A seat that is free and that somebody in force could have.
   * @param ofGroup as for `couldBe` @param permits who has which permission now
   */
  leftOver(
    ofGroup: ReadonlySet<number>,
    permits: (student: number, rule: 'full' | 'reserved') => boolean,
  ): boolean {
    const waiting = this.list.filter((place) => !place.passed)
    const kept = this.#kept.seats - ofGroup.size
    const isAnybodys = this.left > kept && this.left > 0
    return waiting.some(
      ({ student }) =>
        isAnybodys ||
        (this.left <= 0 && permits(student, 'full')) ||
        (this.left > 0 && kept > 0 && (this.#kept.isMember(student) || permits(student, 'reserved'))),
    )
  }

  /** What is unlawful in the event; nothing when all is well. The event takes effect all the same. */
  apply(line: LedgerLine): readonly string[] {
    const faults = this.#change(line).map((words) => `${line.id} ${line.event}: ${words}`)
    const told = [line.capacity, line.enrolled, line.waiting].join()
    const is = [this.capacity, this.holders.size, this.inForce].join()
    return told === is ? faults : [...faults, `${line.id} ${line.event}: told ${told}, but it is ${is}`]
  }

  /** Every way in which the student may have got a seat now. */
  #waysOfSeat(who: number, byPermission: boolean): readonly Way[] {
    const member = this.#kept.isMember(who)
    return this.#ways.flatMap((origins) => {
      const kept = this.#keptLeft(origins)
      const ofGroup = this.left > 0 && kept > 0 && member !== byPermission
      const anybodys = byPermission ? this.left <= 0 : this.left > Math.max(0, kept)
      return [
        ...(ofGroup ? [{ ofGroup: true, origins }] : []),
        ...(anybodys ? [{ ofGroup: false, origins }] : []),
      ]
    })
  }

  #seat(who: number, ways: readonly Way[]): readonly string[] {
    this.holders.add(who)
    if (ways.length > 0) {
      const next = ways.map(({ ofGroup, origins }) => new Map([...origins, [who, ofGroup]]))
      const unlike = new Map(next.map((one) => [JSON.stringify([...one].toSorted(([a], [b]) => a - b)), one]))
      this.#ways = [...unlike.values()]
      return []
    }
    this.#ways = this.#ways.map((origins) => new Map([...origins, [who, false]]))
    return ['no seat was left']
  }

  #change({ event, student, ticket, capacity, reason }: LedgerLine): readonly string[] {
    const who = student ?? 0
    const place = this.list.find((one) => one.student === who)
    const unless = (lawful: boolean, words: string) => (lawful ? [] : [words])
    const byPermission = reason === 'by_permission'
    // a seat beyond the capacity is nobody's turn
    const beyond = byPermission && this.left <= 0
    switch (event) {
      case 'capacity_changed':
        this.capacity = capacity
        return []
      case 'enrolled':
      case 'swapped_in':
        return [
          ...unless(beyond || this.inForce === 0, 'somebody was waiting'),
          ...unless(!this.holders.has(who) && place === undefined, 'had it, or was waiting for it'),
          ...this.#seat(who, this.#waysOfSeat(who, byPermission)),
        ]
      case 'dropped':
      case 'swapped_out': {
        this.#ways = this.#ways.map((origins) => new Map([...origins].filter(([one]) => one !== who)))
        return unless(this.holders.delete(who), 'did not hold it')
      }
      case 'wait_listed': {
        const noSeat = this.#ways.some((origins) => this.left <= Math.max(0, this.#keptLeft(origins)))
        // one half of a choice of which the other is waited for: passed over from the start, and nobody is kept from the seat
        const half = reason === 'half_waits'
        const faults = [
          ...unless(half || noSeat || this.inForce > 0, 'there was a seat to be had'),
          ...unless(ticket === this.#lastTicket + 1, 'the ticket is not the next'),
          ...unless(!this.holders.has(who) && place === undefined, 'had it, or was waiting for it'),
        ]
        this.#lastTicket = ticket ?? 0
        this.list = [...this.list, { student: who, ticket: ticket ?? 0, passed: half }]
        return faults
      }
      case 'promoted': {
        const before = this.list.filter((one) => !one.passed && one.ticket < (ticket ?? 0))
        const memberBefore = before.some((one) => this.#kept.isMember(one.student))
        const ways = this.#waysOfSeat(who, byPermission)
        // who could have a seat of the group by a permission alone is not counted: it may have been given at this moment
        const inTurn = ways.filter(({ ofGroup }) => beyond || (ofGroup ? !memberBefore : before.length === 0))
        this.list = this.list.filter((one) => one !== place)
        return [
          ...unless(place?.ticket === ticket, 'was not on the list with this ticket'),
          ...unless(ways.length === 0 || inTurn.length > 0, 'overtook somebody'),
          ...this.#seat(who, inTurn.length > 0 ? inTurn : ways),
        ]
      }
      case 'left_list': {
        this.list = this.list.filter((one) => one !== place)
        return unless(place !== undefined, 'was not on the list')
      }
      case 'skipped': {
        const faults = unless(
          place !== undefined && (place.passed || this.seatLeft || this.#permitted.has(who)),
          'nothing to be passed over for',
        )
        if (place !== undefined) place.passed = true
        return faults
      }
      case 'reinstated': {
        const faults = unless(place?.passed === true, 'was not passed over')
        if (place !== undefined) place.passed = false
        return faults
      }
      case 'imported':
        return ['nothing is imported here']
      default:
        return event satisfies never
    }
  }
}
