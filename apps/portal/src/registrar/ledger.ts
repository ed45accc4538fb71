/**
 * The ledger of seats: one row for each event of a seat or a waiting list, written in the transaction that makes it so, after
 * the counters were changed and under the lock of the section's row. So the ids of a section's events, and their moments,
 * rise in the order in which the events became true, and each event tells the counters as it left them.
 */
import { type QueryExecutorProvider, sql, type Transaction } from 'kysely'
import type { SeatEventKind } from '../db/seat-event-kind.ts'
import { insertion, keyPlaces, sizeFor, statement } from '../db/statement.ts'
import type { SeatEventTable, Tables } from '../db/tables.ts'
import { heldRevision } from './revision.ts'
import type { Counters } from './seats.ts'

export interface SeatEvent {
  readonly sectionId: number
  readonly event: SeatEventKind
  readonly ticket?: number | undefined
  readonly reason?: { readonly code: string; readonly detail: string } | undefined
}

export interface Author {
  readonly actor: SeatEventTable['actor']
  /** null: the event concerns the section as a whole */
  readonly studentId: number | null
  readonly staffId?: number | undefined
  readonly receipt?: string | undefined
}

/** A locking read: what the rows are now, and not what the transaction's snapshot once saw. */
const readCounters = async (
  db: Transaction<Tables>,
  sectionIds: readonly number[],
): Promise<ReadonlyMap<number, Counters>> => {
  const rows = await db
    .selectFrom('section')
    .select(['id', 'capacity', 'enrolled', 'held', 'overfull', 'waiting'])
    .where('id', 'in', sectionIds)
    .orderBy('id')
    .forUpdate()
    .execute()
  return new Map(rows.map(({ id, ...rest }) => [id, rest]))
}

const insertEvents = insertion(
  'seat_event',
  [
    'section_id',
    'student_id',
    'event',
    'actor',
    'staff_id',
    'receipt',
    'ticket',
    'reason_code',
    'reason_detail',
    'capacity',
    'enrolled',
    'held',
    'overfull',
    'waiting',
  ],
  { at: sql`UTC_TIMESTAMP(6)` },
)

/** @param known the counters that the moves of this transaction left (seats.ts); without them they are read */
export const writeEvents = async (
  db: Transaction<Tables>,
  author: Author,
  events: readonly SeatEvent[],
  known?: ReadonlyMap<number, Counters>,
): Promise<void> => {
  if (events.length === 0) return
  const ids = [...new Set(events.map(({ sectionId }) => sectionId))].toSorted((a, b) => a - b)
  const counters = known ?? (await readCounters(db, ids))
  await insertEvents(
    db,
    events.map(({ sectionId, event, ticket, reason }) => {
      const after = counters.get(sectionId)
      if (after === undefined) throw new Error(`an event of section ${sectionId}, which is not there`)
      return {
        section_id: sectionId,
        student_id: author.studentId,
        event,
        actor: author.actor,
        staff_id: author.staffId ?? null,
        receipt: author.receipt ?? null,
        ticket: ticket ?? null,
        reason_code: reason?.code ?? null,
        reason_detail: reason?.detail ?? null,
        ...after,
      }
    }),
  )
}

interface Taken {
  readonly studentId: number
  readonly receipt: string
  readonly sectionIds: readonly number[]
  readonly revision: number
}

const insertTaken = statement<Taken, unknown>(
  (db, place, size) => ({
    compile: () =>
      sql`INSERT INTO seat_event
          (section_id, student_id, event, at, actor, receipt, capacity, enrolled, held, overfull, waiting)
        SELECT id, ${place(({ studentId }) => studentId)}, 'enrolled', UTC_TIMESTAMP(6), 'student',
               ${place(({ receipt }) => receipt)}, capacity, enrolled, held, overfull, waiting
          FROM section FORCE INDEX (PRIMARY)
         WHERE id IN (${sql.join(keyPlaces((value) => place(({ sectionIds }) => value(sectionIds)), size))})
           AND ${heldRevision} = ${place(({ revision }) => revision)}
         ORDER BY id`.compile(db),
  }),
  ({ sectionIds }) => sizeFor(sectionIds),
)

/**
 * The same of ordinary seats just taken: the counters are had from the sections' rows, which this transaction has locked.
 * @param revision of what was read when they were decided on @returns false where it is not that any more: nothing was written
 */
export const writeTaken = async (
  db: Transaction<Tables>,
  { studentId, receipt }: { readonly studentId: number; readonly receipt: string },
  sectionIds: readonly number[],
  revision: number,
): Promise<boolean> => {
  if (sectionIds.length === 0) return true
  const { numAffectedRows } = await insertTaken(db, { studentId, receipt, sectionIds, revision })
  return numAffectedRows === BigInt(sectionIds.length)
}

/** One event for each enrolment that the ledger does not know, with the enrolment's own moment: what was there from the start. */
export const writeImported = async (db: QueryExecutorProvider): Promise<void> => {
  await sql`INSERT INTO seat_event
      (section_id, student_id, event, at, actor, capacity, enrolled, held, overfull, waiting)
    SELECT e.section_id, e.student_id, 'imported', e.enrolled_at, 'system',
           s.capacity, s.enrolled, s.held, s.overfull, s.waiting
      FROM enrolment e JOIN section s ON s.id = e.section_id
     WHERE NOT EXISTS (SELECT 1 FROM seat_event x
                        WHERE x.section_id = e.section_id AND x.student_id = e.student_id)
     ORDER BY e.enrolled_at, e.id`.execute(db)
}
