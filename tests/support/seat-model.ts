/**
 * A section's seats and list as plain collections, fed with the ledger event by event. It shares no code with the registrar: each
 * event must be lawful for what the events before it made, and must tell the counters that then follow.
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
}

export class SectionModel {
  capacity: number
  readonly holders = new Set<number>()
  list: readonly Place[] = []
  #lastTicket = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get inForce(): number {
    return this.list.filter((place) => !place.passed).length
  }

  get seatLeft(): boolean {
    return this.holders.size < this.capacity
  }

  position(student: number): number {
    return this.list.findIndex((place) => place.student === student) + 1
  }

  /** What is unlawful in the event; nothing when all is well. The event takes effect all the same. */
  apply(line: LedgerLine): readonly string[] {
    const faults = this.#change(line).map((words) => `${line.id} ${line.event}: ${words}`)
    const told = [line.capacity, line.enrolled, line.waiting].join()
    const is = [this.capacity, this.holders.size, this.inForce].join()
    return told === is ? faults : [...faults, `${line.id} ${line.event}: told ${told}, but it is ${is}`]
  }

  #change({ event, student, ticket, capacity }: LedgerLine): readonly string[] {
    const who = student ?? 0
    const place = this.list.find((one) => one.student === who)
    const unless = (lawful: boolean, words: string) => (lawful ? [] : [words])
    switch (event) {
      case 'capacity_changed':
        this.capacity = capacity
        return []
      case 'enrolled':
      case 'swapped_in': {
        const faults = [
          ...unless(this.seatLeft, 'no seat was left'),
          ...unless(this.inForce === 0, 'somebody was waiting'),
          ...unless(!this.holders.has(who) && place === undefined, 'had it, or was waiting for it'),
        ]
        this.holders.add(who)
        return faults
      }
      case 'dropped':
      case 'swapped_out':
        return unless(this.holders.delete(who), 'did not hold it')
      case 'wait_listed': {
        const faults = [
          ...unless(!this.seatLeft || this.inForce > 0, 'there was a seat to be had'),
          ...unless(ticket === this.#lastTicket + 1, 'the ticket is not the next'),
          ...unless(!this.holders.has(who) && place === undefined, 'had it, or was waiting for it'),
        ]
        this.#lastTicket = ticket ?? 0
        this.list = [...this.list, { student: who, ticket: ticket ?? 0, passed: false }]
        return faults
      }
      case 'promoted': {
        const before = this.list.filter((one) => !one.passed && one.ticket < (ticket ?? 0))
        const faults = [
          ...unless(this.seatLeft, 'no seat was left'),
          ...unless(place?.ticket === ticket, 'was not on the list with this ticket'),
          ...unless(before.length === 0, 'overtook somebody'),
        ]
        this.list = this.list.filter((one) => one !== place)
        this.holders.add(who)
        return faults
      }
      case 'left_list': {
        this.list = this.list.filter((one) => one !== place)
        return unless(place !== undefined, 'was not on the list')
      }
      case 'skipped': {
        const faults = unless(
          place !== undefined && (place.passed || this.seatLeft),
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
