/** The ledger of seats, read back: who held which seat at an instant, and how it came to that. */
import { type Kysely, sql } from 'kysely'
import type { SeatEventKind } from '../db/seat-event-kind.ts'
import type { Tables } from '../db/tables.ts'
import { english, type Said, said } from '../texts/index.ts'
import { reasonOf, studentName } from './receipts.ts'
import type { SeatEventRow, SeatHolder, SeatsAt } from './types-seats.ts'
import { toNumber } from './values.ts'

type Db = Kysely<Tables>
type Kind = SeatEventKind

/** Whoever's last event of these is one of `begin` holds a seat; the same below for a place on the list. */
const seat = {
  begin: ['enrolled', 'promoted', 'swapped_in', 'imported'],
  end: ['dropped', 'swapped_out'],
} as const satisfies Record<string, readonly Kind[]>
/** Of these: what a student was given here, and not what an import found. */
const given = ['enrolled', 'promoted', 'swapped_in'] as const satisfies readonly (typeof seat.begin)[number][]
const place = {
  begin: ['wait_listed', 'skipped', 'reinstated'],
  end: ['left_list', 'promoted'],
} as const satisfies Record<string, readonly Kind[]>

const listed = 500

/** '2026-11-22 14:03:07.123456' → '2026-11-22T14:03:07.123456Z'; the microseconds tell which of two came first */
const toInstant = (text: string): string => `${text.replace(' ', 'T').padEnd(26, '0')}Z`

/** An ISO instant of at most microseconds, in UTC → the column's text. A second that is named stands for all of it. */
export const fromInstant = (at: string): string => {
  const [whole = '', fraction] = at.replace('T', ' ').replace(/Z$/, '').split('.')
  return `${whole}.${fraction === undefined ? '999999' : fraction.padEnd(6, '0')}`
}

const lastEvents = async (db: Db, sectionId: number, at: string | null, of: typeof seat | typeof place) => {
  const kinds: readonly Kind[] = [...of.begin, ...of.end]
  const latest = db
    .selectFrom('seat_event')
    .select((eb) => eb.fn.max('id').as('id'))
    .where('section_id', '=', sectionId)
    .where('student_id', 'is not', null)
    .where('event', 'in', kinds)
    .$if(at !== null, (query) => query.where('at', '<=', at ?? ''))
    .groupBy('student_id')
  const rows = await db
    .selectFrom('seat_event')
    .innerJoin(latest.as('latest'), 'latest.id', 'seat_event.id')
    .innerJoin('student', 'student.id', 'seat_event.student_id')
    .select([
      'seat_event.event',
      'seat_event.at',
      'seat_event.ticket',
      'seat_event.reason_code',
      'seat_event.reason_detail',
      'student.number',
      'student.given_name',
      'student.family_name',
      'student.preferred_name',
    ])
    .orderBy('seat_event.id')
    .execute()
  const begin: readonly Kind[] = of.begin
  return rows
    .filter((row) => begin.includes(row.event))
    .map(
      (row): SeatHolder => ({
        number: row.number,
        name: studentName(row),
        since: toInstant(row.at),
        ticket: row.ticket === null ? null : toNumber(row.ticket),
        permitted: row.reason_code === 'by_permission',
        // joined with a reason: passed over from the start
        passed:
          row.event === 'skipped' || row.event === 'wait_listed'
            ? reasonOf(row.reason_code, row.reason_detail)
            : null,
      }),
    )
}

const readEvents = async (db: Db, sectionId: number, at: string | null): Promise<readonly SeatEventRow[]> => {
  const rows = await db
    .selectFrom('seat_event')
    .leftJoin('student', 'student.id', 'seat_event.student_id')
    .leftJoin('staff', 'staff.id', 'seat_event.staff_id')
    .selectAll('seat_event')
    .select([
      'student.number',
      'student.given_name',
      'student.family_name',
      'student.preferred_name',
      'staff.number as staff_number',
    ])
    .where('seat_event.section_id', '=', sectionId)
    .$if(at !== null, (query) => query.where('seat_event.at', '<=', at ?? ''))
    .orderBy('seat_event.id', 'desc')
    .limit(listed + 1)
    .execute()
  return rows.map((row) => ({
    id: toNumber(row.id),
    event: row.event,
    at: toInstant(row.at),
    actor: row.actor,
    staffNumber: row.staff_number,
    student:
      row.number === null || row.given_name === null || row.family_name === null
        ? null
        : {
            number: row.number,
            name: studentName({
              given_name: row.given_name,
              family_name: row.family_name,
              preferred_name: row.preferred_name,
            }),
          },
    receipt: row.receipt,
    ticket: row.ticket === null ? null : toNumber(row.ticket),
    reason: reasonOf(row.reason_code, row.reason_detail),
    capacity: toNumber(row.capacity),
    enrolled: toNumber(row.enrolled),
    held: toNumber(row.held),
    waiting: toNumber(row.waiting),
  }))
}

/** @param at the column's text (`fromInstant`); null: now */
export const readSeatsAt = async (db: Db, sectionId: number, at: string | null): Promise<SeatsAt> => {
  const events = await readEvents(db, sectionId, at)
  const list = await lastEvents(db, sectionId, at, place)
  return {
    at: at === null ? null : toInstant(at),
    holders: await lastEvents(db, sectionId, at, seat),
    list: list.toSorted((a, b) => (a.ticket ?? 0) - (b.ticket ?? 0)),
    events: events.slice(0, listed),
    more: events.length > listed,
  }
}

export interface SeatFault {
  readonly sectionId: number
  readonly said: Said
  /** in English, for the command and for those who read JSON */
  readonly words: string
}

/** What can disagree with what, under the names of the texts. */
type Fault =
  | 'enrolments'
  | 'holders'
  | 'permitted'
  | 'overfull'
  | 'beyond'
  | 'waiting'
  | 'reserved'
  | 'reserve_taken'
  | 'list'
  | 'list_waiting'
  | `newest_${'enrolled' | 'waiting' | 'capacity' | 'held'}`

/**
 * Do counters, rows and ledger say the same? One statement, so one consistent view on every server, also while students
 * register. Empty when all is well.
 */
export const checkSeats = async (db: Db, sectionId?: number): Promise<readonly SeatFault[]> => {
  const only = (column: string) =>
    sectionId === undefined ? sql`` : sql`AND ${sql.ref(column)} = ${sectionId}`
  const member = (of: typeof seat | typeof place, alias: string) => sql`
    (SELECT e.section_id, SUM(CASE WHEN e.event IN (${sql.join(of.begin)}) THEN 1 ELSE 0 END) AS members,
            SUM(CASE WHEN e.event = 'reinstated' OR (e.event = 'wait_listed' AND e.reason_code IS NULL)
                     THEN 1 ELSE 0 END) AS in_force,
            SUM(CASE WHEN e.reason_code = 'by_permission' THEN 1 ELSE 0 END) AS permitted
       FROM seat_event e
       JOIN (SELECT MAX(id) AS id FROM seat_event
              WHERE student_id IS NOT NULL AND event IN (${sql.join([...of.begin, ...of.end])}) ${only('section_id')}
              GROUP BY section_id, student_id) last_one ON last_one.id = e.id
      GROUP BY e.section_id) ${sql.ref(alias)}`
  const { rows } = await sql<Record<string, number | string | null>>`
    SELECT s.id, s.enrolled, s.waiting, s.capacity, s.held, s.reserved, s.overfull,
           (SELECT COALESCE(SUM(CASE WHEN r.seats > r.taken THEN r.seats - r.taken ELSE 0 END), 0)
              FROM seat_reserve r WHERE r.section_id = s.id AND r.ended_at IS NULL) AS reserve_rows,
           (SELECT COALESCE(SUM(r.taken), 0) FROM seat_reserve r WHERE r.section_id = s.id) AS reserve_taken,
           (SELECT COUNT(*) FROM enrolment x WHERE x.section_id = s.id AND x.reserve_id IS NOT NULL) AS reserve_holders,
           (SELECT COUNT(*) FROM enrolment x WHERE x.section_id = s.id) AS enrolment_rows,
           (SELECT COUNT(*) FROM enrolment x WHERE x.section_id = s.id AND x.override_id IS NOT NULL) AS permitted_rows,
           (SELECT COUNT(*) FROM wait_entry w WHERE w.section_id = s.id) AS list_rows,
           (SELECT COUNT(*) FROM wait_entry w WHERE w.section_id = s.id AND w.passed_code IS NULL) AS force_rows,
           seats.members AS ledger_seats, seats.permitted AS ledger_permitted,
           beyond.events AS beyond_events, places.members AS ledger_list, places.in_force AS ledger_force,
           newest.enrolled AS told_enrolled, newest.waiting AS told_waiting,
           newest.capacity AS told_capacity, newest.held AS told_held
      FROM section s
      LEFT JOIN ${member(seat, 'seats')} ON seats.section_id = s.id
      LEFT JOIN ${member(place, 'places')} ON places.section_id = s.id
      LEFT JOIN (SELECT section_id, COUNT(*) AS events FROM seat_event
                  WHERE event IN (${sql.join(given)}) AND enrolled + held > capacity
                    AND COALESCE(reason_code, '') <> 'by_permission' ${only('section_id')}
                  GROUP BY section_id) beyond ON beyond.section_id = s.id
      LEFT JOIN (SELECT section_id, MAX(id) AS id FROM seat_event WHERE 1 = 1 ${only('section_id')} GROUP BY section_id) tip
             ON tip.section_id = s.id
      LEFT JOIN seat_event newest ON newest.id = tip.id
     WHERE 1 = 1 ${only('s.id')}
     ORDER BY s.id`.execute(db)
  return rows.flatMap((row) => {
    const of = (name: string): number => Number(row[name] ?? 0)
    const told = (name: string): number => (row['told_enrolled'] === null ? of(name) : of(`told_${name}`))
    const pairs: readonly (readonly [fault: Fault, one: number, other: number])[] = [
      ['enrolments', of('enrolled'), of('enrolment_rows')],
      ['holders', of('enrolled'), of('ledger_seats')],
      ['permitted', of('permitted_rows'), of('ledger_permitted')],
      ['overfull', of('overfull'), Math.max(0, of('enrolled') + of('held') - of('capacity'))],
      ['beyond', of('beyond_events'), 0],
      ['waiting', of('waiting'), of('force_rows')],
      ['reserved', of('reserved'), of('reserve_rows')],
      ['reserve_taken', of('reserve_taken'), of('reserve_holders')],
      ['list', of('list_rows'), of('ledger_list')],
      ['list_waiting', of('waiting'), of('ledger_force')],
      ['newest_enrolled', of('enrolled'), told('enrolled')],
      ['newest_waiting', of('waiting'), told('waiting')],
      ['newest_capacity', of('capacity'), told('capacity')],
      ['newest_held', of('held'), told('held')],
    ]
    return pairs
      .filter(([, one, other]) => one !== other)
      .map(([fault, one, other]) => {
        const what = said(`fault.${fault}`, { one, other })
        return { sectionId: of('id'), said: what, words: english.say(what) }
      })
  })
}
